"""Texts, contacts and pauses for tests."""

import datetime as dt

import factory
from factory.django import DjangoModelFactory

from imis_ai.governance import models
from tests.factories.accounts import UserFactory
from tests.factories.governance import ProposalFactory
from tests.factories.mirror import ConsentFactory, MemberFactory

NOW = dt.datetime(2026, 6, 1, 15, tzinfo=dt.UTC)  # 10:00 in Chicago
BODY = (
    "Dear {{ first_name }},\n\nIn the past year you attended {{ events_attended }}."
    "[[ Your most used benefit was {{ top_benefit }}, {{ top_benefit_uses }}.]]\n\n"
    "Renew at https://alder.example/renew or call 555 0100.\n\nKind regards[[\n{{ staff_owner }}]]"
)


class TemplateFactory(DjangoModelFactory):
    class Meta:
        model = models.Template

    name = factory.Sequence(lambda n: f"Text {n}")
    area = "retention"
    channel = "email"


class VersionFactory(DjangoModelFactory):
    """Approved, unless asked otherwise."""

    class Meta:
        model = models.TemplateVersion

    template = factory.SubFactory(TemplateFactory)
    number = factory.Sequence(lambda n: n + 1)
    subject = "Your year, {{ first_name }}"
    body = BODY
    state = "approved"
    written_by = factory.SubFactory(UserFactory, password=None)
    written_at = NOW
    approved_by = factory.SubFactory(UserFactory, password=None)
    approved_at = NOW


class ContactFactory(DjangoModelFactory):
    class Meta:
        model = models.ContactEntry

    imis_id = "1"
    channel = "email"
    area = "retention"
    reference = factory.Sequence(lambda n: f"IAI-{n:013d}")
    state = "sent"
    planned_at = factory.SelfAttribute("sent_at")
    sent_at = NOW
    state_at = factory.SelfAttribute("sent_at")


def reachable(**fields):
    """A member who agreed to e-mail and SMS and has both."""
    member = MemberFactory(**({"phone": "+1 312 555 0142"} | fields))
    for channel in ("email", "sms"):
        ConsentFactory(member=member, channel=channel)
    return member


def drafted(pk: int, imis_id: str):
    """A draft of retention to one member, planted without the product's actions."""
    text = {"subject": "Your year", "body": "Dear member,\n\nReply if we can help."}
    version = VersionFactory()
    payload = {
        "imis_id": imis_id,
        "channel": "email",
        "area": "retention",
        "template_version": version.pk,
        "offer_version": None,
        "facts": [],
        "made": text,
        "channel_reason": "E-mail: the member agreed to it.",
    } | text
    return ProposalFactory(
        pk=pk, kind="retention.message", area="retention", payload=payload, imis_id=imis_id, members=1
    )
