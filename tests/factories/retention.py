"""Scores for tests, as a scoring run would store them."""

import datetime as dt
from decimal import Decimal

import factory
from factory.django import DjangoModelFactory

from retention.models import Call, LapseReason, RiskScore, ScoreRun
from tests.factories.mirror import MemberFactory

AS_OF = dt.date(2026, 6, 1)
QUIET = {
    "feature": "portal.days_since_login",
    "chip": "No portal visit, 92 days",
    "sentence": "No portal visit for 92 days",
    "evidence": "Used to visit every 12 days",
    "weight": 0.8,
    "direction": "raises",
}
DECLINED = {
    "feature": "payments.failed_attempts_120",
    "chip": "Two failed card payments",
    "sentence": "Two card payments failed in the last 120 days",
    "evidence": "Always paid on time before",
    "weight": 0.5,
    "direction": "raises",
}
SEATED = {
    "feature": "committee.roles_now",
    "chip": "On a committee",
    "sentence": "Serves on a committee",
    "evidence": "",
    "weight": 0.3,
    "direction": "lowers",
}


class ScoreRunFactory(DjangoModelFactory):
    class Meta:
        model = ScoreRun

    as_of = AS_OF
    model_name = "churn"
    model_version = "2026.6.1"
    created_at = factory.LazyAttribute(
        lambda run: dt.datetime.combine(run.as_of, dt.time(5, 45), tzinfo=dt.UTC)
    )


class RiskScoreFactory(DjangoModelFactory):
    class Meta:
        model = RiskScore
        exclude = ("risk",)

    risk = 0.66
    run = factory.SubFactory(ScoreRunFactory)
    member = factory.SubFactory(MemberFactory)
    risk_30 = factory.LazyAttribute(lambda s: round(s.risk * 0.4, 4))
    risk_60 = factory.LazyAttribute(lambda s: round(s.risk * 0.7, 4))
    risk_90 = factory.SelfAttribute("risk")
    risk_renewal = factory.LazyAttribute(lambda s: min(0.99, round(s.risk * 1.05, 4)))
    low_30 = factory.LazyAttribute(lambda s: s.risk_30 * 0.8)
    high_30 = factory.LazyAttribute(lambda s: min(1, s.risk_30 * 1.2))
    low_60 = factory.LazyAttribute(lambda s: s.risk_60 * 0.8)
    high_60 = factory.LazyAttribute(lambda s: min(1, s.risk_60 * 1.2))
    low_90 = factory.LazyAttribute(lambda s: s.risk_90 * 0.8)
    high_90 = factory.LazyAttribute(lambda s: min(1, s.risk_90 * 1.2))
    low_renewal = factory.LazyAttribute(lambda s: s.risk_renewal * 0.8)
    high_renewal = factory.LazyAttribute(lambda s: min(1, s.risk_renewal * 1.2))
    lapse_on = factory.LazyAttribute(lambda s: s.renews_on)
    lapse_from = factory.LazyAttribute(lambda s: s.renews_on - dt.timedelta(days=7))
    lapse_to = factory.LazyAttribute(lambda s: s.renews_on + dt.timedelta(days=30))
    renews_on = AS_OF + dt.timedelta(days=45)
    dues = Decimal("620.00")
    value = Decimal("4120.00")
    factors = factory.LazyFunction(lambda: [QUIET, DECLINED, SEATED])


class UnscoredFactory(RiskScoreFactory):
    """A member about whom there is too little to say."""

    risk_30 = risk_60 = risk_90 = risk_renewal = None
    low_30 = high_30 = low_60 = high_60 = low_90 = high_90 = low_renewal = high_renewal = None
    lapse_on = lapse_from = lapse_to = value = None
    factors = factory.LazyFunction(list)
    abstained = "Only 2 months of history; scored from 3."


class LapseReasonFactory(DjangoModelFactory):
    """A lapse whose outcome is certain on the day of the pages."""

    class Meta:
        model = LapseReason

    member = factory.SubFactory(MemberFactory)
    lapsed_on = dt.date(2026, 2, 10)
    reason = "unused"
    confidence = 0.81
    evidence = factory.LazyFunction(
        lambda: [{"reason": "unused", "text": "Last of 14 portal visits in 18 months", "on": "2025-10-03"}]
    )
    dues = Decimal("250.00")
    found_at = dt.datetime(2026, 6, 1, 6, 0, tzinfo=dt.UTC)


class CallFactory(DjangoModelFactory):
    """A call of the week of AS_OF, ready to be made."""

    class Meta:
        model = Call

    member = factory.SubFactory(MemberFactory)
    period = AS_OF
    why = "worth"
    place = 1
    worth = Decimal("410.00")
    method = "estimate"
    points = factory.LazyFunction(
        lambda: [{"text": "Came to Spring meeting", "source": "event registrations", "on": "2026-04-02"}]
    )
    best_hour = "10:00 to 12:00, from 7 of 9 logins and opened e-mails"
    facts_at = factory.LazyFunction(lambda: dt.datetime(2026, 6, 1, 6, tzinfo=dt.UTC))
