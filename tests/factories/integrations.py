"""Other systems for tests."""

import datetime as dt

import factory
from django.test import Client
from django.utils import timezone
from factory.django import DjangoModelFactory

from imis_ai.integrations.actions import clients
from imis_ai.integrations.models import ApiClient
from imis_ai.integrations.scopes import SCOPES
from tests.factories.accounts import UserFactory


class ApiClientFactory(DjangoModelFactory):
    """Registered, its token not taken yet."""

    class Meta:
        model = ApiClient

    name = factory.Sequence(lambda n: f"System {n}")
    owner = factory.SubFactory(UserFactory)
    scopes = factory.LazyFunction(lambda: list(SCOPES))
    registered_by = factory.SubFactory(UserFactory, role="admin")
    registered_at = factory.LazyFunction(timezone.now)
    expires_at = factory.LazyFunction(lambda: timezone.now() + dt.timedelta(days=90))


def system(owner=None, **fields) -> Client:
    """A system that asks with a fresh token; `.api_client` is its row."""
    row = ApiClientFactory(owner=owner or UserFactory(role="membership"), **fields)
    token = clients.make_token(client=row, by=row.owner, now=timezone.now())
    row.refresh_from_db()
    return asking(token, row)


def asking(token: str, row: ApiClient | None = None) -> Client:
    client = Client(headers={"Authorization": f"Bearer {token}"})
    client.api_client = row
    return client
