"""Proposals and outbox messages for tests, made directly; the product makes them through its actions."""

import datetime as dt
import hashlib
import json

import factory
from factory.django import DjangoModelFactory

from imis_ai.governance import audit
from imis_ai.governance.models import (
    AuditEntry,
    AuditHead,
    AuditSeal,
    Correction,
    Delegation,
    Erasure,
    Notification,
    OutboxMessage,
    Proposal,
    ReviewItem,
    SeveralDecided,
)
from imis_ai.imis.targets import new_reference
from tests.factories.accounts import UserFactory

NOW = dt.datetime(2026, 11, 21, 16, 0, tzinfo=dt.UTC)


def digest(kind: str, payload: dict) -> str:
    """SHA-256 of kind and payload."""
    return hashlib.sha256(json.dumps([kind, payload], sort_keys=True).encode()).hexdigest()


class ProposalFactory(DjangoModelFactory):
    class Meta:
        model = Proposal

    kind = "test.kind"
    area = "retention"
    title = factory.Sequence(lambda n: f"Suggestion {n}")
    payload = factory.LazyFunction(dict)
    digest = factory.LazyAttribute(lambda p: digest(p.kind, p.payload))
    created_at = NOW


class ApprovedFactory(ProposalFactory):
    """Approved a moment ago, its hold over."""

    state = Proposal.State.APPROVED
    decided_at = NOW
    hold_until = NOW


class OutboxMessageFactory(DjangoModelFactory):
    class Meta:
        model = OutboxMessage

    proposal = factory.SubFactory(ApprovedFactory)
    number = factory.Sequence(lambda n: n + 1)
    way = OutboxMessage.Way.SET
    target = "tag"
    imis_id = "101"
    fields = factory.LazyFunction(lambda: {"segment": "Advocates"})
    reference = factory.LazyFunction(new_reference)
    digest = factory.SelfAttribute("proposal.digest")
    not_before = NOW


class CorrectionFactory(DjangoModelFactory):
    """A membership manager says that iMIS holds an old tier."""

    class Meta:
        model = Correction

    area = "members"
    card = "tier"
    imis_id = "101"
    says = "old"
    reason = "told"
    by = factory.SubFactory(UserFactory, role="membership")
    at = NOW


class ReviewItemFactory(DjangoModelFactory):
    """A risk that the model is not sure of."""

    class Meta:
        model = ReviewItem

    queue = "risk"
    area = "retention"
    imis_id = "101"
    as_of = dt.date(2026, 6, 1)
    model_says = "likely"
    shown = "31 of 100 within 90 days, range 18 to 47"
    why = "Its range holds the line."
    hardness = 0.2
    entered_at = NOW


class SeveralDecidedFactory(DjangoModelFactory):
    """Asked for by somebody, not begun."""

    class Meta:
        model = SeveralDecided

    by = factory.SubFactory(UserFactory, role="membership")
    at = NOW
    do = "approve"
    kind = "retention.scores"
    chosen = factory.LazyFunction(dict)


class ErasureFactory(DjangoModelFactory):
    """A finished one."""

    class Meta:
        model = Erasure

    state = Erasure.State.DONE
    reason = "asked by letter"
    asked_by = "Priya Nair"
    agreed_by = "Marta Silva"
    began_at = NOW
    done_at = NOW
    physical_until = NOW + dt.timedelta(days=35)
    steps = factory.LazyFunction(lambda: [{"number": 1, "at": NOW.isoformat(), "said": "Stopped."}])


def passed_on(person, stand_in, **fields) -> Delegation:
    """One person's decisions, passed on for a week, made directly."""
    days = {"from_on": NOW.date(), "to_on": NOW.date() + dt.timedelta(days=7)}
    return Delegation.objects.create(person=person, stand_in=stand_in, made_at=NOW, **(days | fields))


def told(person, **fields) -> Notification:
    """One thing that a person was told and has not read."""
    said = {"kind": "job", "key": "planted", "text": "Read iMIS: done", "address": "/data/"}
    return Notification.objects.create(person=person, at=NOW, **(said | fields))


def sealed_entry() -> AuditEntry:
    """The first entry of the log, by the machine, and its seal in the database."""
    entry = audit.record(action="test.done", by=None, now=NOW, detail={"reason": "planted"})
    AuditSeal.objects.create(seq=entry.seq, at=NOW, head=AuditHead.objects.get().head, count=1, mac="0" * 64)
    return entry
