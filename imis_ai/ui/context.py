"""What every page knows: the association, navigation, freshness."""

from django.conf import settings


def frame(request):
    return {"association": settings.ASSOCIATION, "is_demo": settings.DEMO}
