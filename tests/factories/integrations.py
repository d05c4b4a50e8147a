"""Other systems for tests."""

import datetime as dt

import factory
from django.test import Client
from django.utils import timezone
from factory.django import DjangoModelFactory

from imis_ai.integrations.actions import clients
from imis_ai.integrations.models import ApiClient, Delivery, Export, Webhook
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


class WebhookFactory(DjangoModelFactory):
    """On, and told up to the start of the log."""

    class Meta:
        model = Webhook

    name = factory.Sequence(lambda n: f"Receiver {n}")
    address = "https://hooks.example.org/imis"
    events = factory.LazyFunction(lambda: ["proposal.decided", "writeback.confirmed", "writeback.refused"])
    nonce = factory.Sequence(lambda n: f"nonce{n}")
    told_seq = 0
    registered_by = factory.SubFactory(UserFactory, role="admin")
    registered_at = factory.LazyFunction(timezone.now)


class DeliveryFactory(DjangoModelFactory):
    class Meta:
        model = Delivery

    webhook = factory.SubFactory(WebhookFactory)
    event = "webhook.test"
    message_id = factory.Sequence(lambda n: f"msg_{n}")
    body = "{}"
    made_at = factory.LazyFunction(timezone.now)
    next_try_at = factory.SelfAttribute("made_at")


class ExportFactory(DjangoModelFactory):
    """Ready a moment ago."""

    class Meta:
        model = Export

    asked_by = factory.SubFactory(UserFactory)
    form = "parquet"
    with_names = False
    state = Export.State.READY
    asked_at = factory.LazyFunction(timezone.now)
    ready_at = factory.SelfAttribute("asked_at")
    expires_at = factory.LazyAttribute(lambda export: export.asked_at + dt.timedelta(hours=24))
    rows = factory.LazyFunction(lambda: {"members": 1})
    content = b"PK"


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
