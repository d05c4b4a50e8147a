"""Rows of the mirror for tests, made directly; the product writes them only through `mirror.actions`."""

import datetime as dt
import uuid
from decimal import Decimal

import factory
from factory.django import DjangoModelFactory

from imis_ai.mirror import models

NOW = dt.datetime(2026, 6, 1, 12, tzinfo=dt.UTC)


class ChapterFactory(DjangoModelFactory):
    class Meta:
        model = models.Chapter
        django_get_or_create = ("code",)

    code = factory.Sequence(lambda n: f"CH{n}")
    name = factory.LazyAttribute(lambda chapter: f"Chapter {chapter.code}")


class TierFactory(DjangoModelFactory):
    class Meta:
        model = models.Tier
        django_get_or_create = ("code",)

    code = factory.Sequence(lambda n: f"TIER{n}")
    name = factory.LazyAttribute(lambda tier: f"Tier {tier.code}")
    rank = factory.Sequence(lambda n: n)


class MirroredFactory(DjangoModelFactory):
    class Meta:
        abstract = True

    key = factory.Sequence(lambda n: f"key-{n}")
    updated_on = NOW
    seen_at = NOW
    row_hash = 1


class TierPriceFactory(MirroredFactory):
    class Meta:
        model = models.TierPrice

    tier = factory.SubFactory(TierFactory)
    effective_on = dt.date(2024, 1, 1)
    price = Decimal("250.00")


class BenefitFactory(MirroredFactory):
    class Meta:
        model = models.Benefit

    name = factory.Sequence(lambda n: f"Benefit {n}")


class TierBenefitFactory(MirroredFactory):
    class Meta:
        model = models.TierBenefit

    tier = factory.SubFactory(TierFactory)
    benefit_name = factory.Sequence(lambda n: f"Benefit {n}")


class MemberFactory(MirroredFactory):
    class Meta:
        model = models.Member

    key = factory.SelfAttribute("imis_id")
    imis_id = factory.Sequence(lambda n: str(10_000 + n))
    pseudonym = factory.LazyFunction(uuid.uuid4)
    salt = factory.LazyFunction(uuid.uuid4)
    first_name = factory.Sequence(lambda n: f"First{n}")
    last_name = factory.Sequence(lambda n: f"Last{n}")
    name = factory.LazyAttribute(lambda member: f"{member.first_name} {member.last_name}")
    email = factory.LazyAttribute(lambda member: f"member{member.imis_id}@example.org")
    chapter = factory.SubFactory(ChapterFactory)
    tier = factory.SubFactory(TierFactory)
    status = "active"
    joined_on = dt.date(2020, 1, 1)


class OfMemberFactory(MirroredFactory):
    class Meta:
        abstract = True

    member = factory.SubFactory(MemberFactory)


class TermFactory(OfMemberFactory):
    class Meta:
        model = models.Term

    tier = factory.SelfAttribute("member.tier")
    start_on = dt.date(2026, 1, 1)
    end_on = dt.date(2026, 12, 31)
    price = Decimal("250.00")
    method = "card"


class ActivityFactory(OfMemberFactory):
    class Meta:
        model = models.Activity

    kind = "login"
    at = NOW


class EventFactory(MirroredFactory):
    class Meta:
        model = models.Event

    name = factory.Sequence(lambda n: f"Event {n}")
    kind = "webinar"
    starts_at = NOW


class RegistrationFactory(OfMemberFactory):
    class Meta:
        model = models.Registration

    event = factory.SubFactory(EventFactory)
    registered_at = NOW
    attended = True


class InvoiceFactory(OfMemberFactory):
    class Meta:
        model = models.Invoice

    kind = "dues"
    issued_on = dt.date(2026, 1, 1)
    due_on = dt.date(2026, 1, 31)
    amount = Decimal("250.00")
    balance = Decimal("0.00")
    paid_on = dt.date(2026, 1, 20)


class InvoiceLineFactory(OfMemberFactory):
    class Meta:
        model = models.InvoiceLine

    invoice = factory.SubFactory(InvoiceFactory, member=factory.SelfAttribute("..member"))
    number = 1
    amount = Decimal("250.00")


class PaymentFactory(MirroredFactory):
    class Meta:
        model = models.Payment

    member = factory.SubFactory(MemberFactory)
    received_on = dt.date(2026, 1, 20)
    amount = Decimal("250.00")
    method = "card"


class PaymentAttemptFactory(OfMemberFactory):
    class Meta:
        model = models.PaymentAttempt

    at = NOW
    amount = Decimal("250.00")
    succeeded = True


class CommitteeRoleFactory(OfMemberFactory):
    class Meta:
        model = models.CommitteeRole

    committee = "Education committee"
    role = "Member"
    start_on = dt.date(2025, 1, 1)


class TextFactory(OfMemberFactory):
    class Meta:
        model = models.Text

    source = "survey"
    at = NOW
    body = "The annual meeting was well run."


class ConsentFactory(OfMemberFactory):
    class Meta:
        model = models.Consent

    channel = models.Consent.Channel.EMAIL
    granted = True


class RelationshipFactory(OfMemberFactory):
    class Meta:
        model = models.Relationship

    kind = "staff_owner"
    other_imis_id = "1"


class ProgrammeChangeFactory(MirroredFactory):
    class Meta:
        model = models.ProgrammeChange

    on = dt.date(2025, 1, 1)
    what = "Dues rose by 12 %"


class FeedFactory(DjangoModelFactory):
    class Meta:
        model = models.Feed
        django_get_or_create = ("name",)

    name = "members"
    health = models.Feed.Health.FRESH
    last_success_at = NOW
    last_try_at = NOW


class RejectFactory(DjangoModelFactory):
    class Meta:
        model = models.Reject

    feed = "terms"
    key = factory.Sequence(lambda n: f"reject-{n}")
    reason = "The term ends before it starts."
    payload = factory.LazyFunction(lambda: {"type": "", "record": {}})
    first_seen_at = NOW
    last_seen_at = NOW
