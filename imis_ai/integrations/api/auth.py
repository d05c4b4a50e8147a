"""Who asks: a client by its token. A client's person is its owner, looked up anew at each call."""

from django.utils import timezone
from rest_framework.authentication import BaseAuthentication, get_authorization_header
from rest_framework.exceptions import AuthenticationFailed, Throttled
from rest_framework.request import Request

from imis_ai.accounts.models import User
from imis_ai.integrations.actions import clients as actions
from imis_ai.integrations.models import ApiClient
from imis_ai.integrations.queries import clients


class ClientAuthentication(BaseAuthentication):
    """`Authorization: Bearer imisai_…`. Nothing of a browser's session counts beside it."""

    def authenticate(self, request: Request) -> tuple[User, ApiClient] | None:
        words = get_authorization_header(request).split()
        if not words or words[0].lower() != b"bearer":
            return None
        now = timezone.now()
        text = words[1].decode("latin-1") if len(words) == 2 else ""
        client = clients.by_token(text, now=now)
        if client is None:
            raise AuthenticationFailed("This token is not known, has ended, or its owner has left.")
        if wait := actions.count_call(client=client, now=now):
            sentence = f"This client may ask {client.per_minute} times a minute. Ask again in {wait} seconds."
            refusal = Throttled(detail=sentence)
            refusal.wait = wait
            raise refusal
        return client.owner, client

    def authenticate_header(self, request: Request) -> str:
        return 'Bearer realm="imis_ai"'
