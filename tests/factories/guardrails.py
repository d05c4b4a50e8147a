"""Guardrails and the people around them for tests."""

import datetime as dt

import factory
from factory.django import DjangoModelFactory

from imis_ai.governance.guardrails import kinds
from imis_ai.governance.models import Guardrail, GuardrailVersion, Proposal
from imis_ai.rules.tree import both
from imis_ai.rules.wire import to_json
from tests.factories.accounts import UserFactory

NOW = dt.datetime(2026, 6, 1, 12, tzinfo=dt.UTC)


class PastProposalFactory(DjangoModelFactory):
    """A proposal as it was made, with the facts its scope names."""

    class Meta:
        model = Proposal

    kind = "test"
    area = "retention"
    title = "An item"
    payload = factory.Dict({})
    digest = factory.Sequence(lambda n: f"{n:064d}")
    created_at = NOW - dt.timedelta(days=10)


def administrator(**fields):
    return UserFactory(role="admin", **fields)


def guardrail_owner(**fields):
    return UserFactory(role="finance", is_guardrail_owner=True, **fields)


def live_guardrail(kind: str, *, name: str = "A rule of ours", owner=None, is_off: bool = False, **entered):
    """A live first version, as a second person left it."""
    guardrail = Guardrail.objects.create(name=name, kind=kind, owner=owner)
    scope = kinds.scope_of(entered)
    return GuardrailVersion.objects.create(
        guardrail=guardrail,
        number=1,
        state="live",
        is_off=is_off,
        settings=entered,
        scope=to_json(scope),
        rule=to_json(both(scope, kinds.find(kind).build(entered))),
        proposed_at=NOW,
        live_from=NOW,
    )
