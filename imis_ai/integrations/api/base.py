"""What every address under /api/v1/ is."""

from rest_framework.views import APIView

from imis_ai.integrations.api.reach import Reaches


class ReadView(APIView):
    """`right` in accounts.rights, and for a client `scope` in integrations.scopes."""

    right = ""
    scope = ""
    permission_classes = [Reaches]
