"""A small association with scores, texts and offers, for the tests of outreach."""

import datetime as dt

from imis_ai.governance.messages import defaults
from imis_ai.governance.models import RolloutStep
from imis_ai.rules.tree import ALWAYS
from imis_ai.rules.wire import to_json
from tests.factories.accounts import UserFactory
from tests.factories.messages import NOW, reachable
from tests.factories.mirror import ActivityFactory, ConsentFactory, MemberFactory, PaymentFactory, TermFactory
from tests.factories.retention import QUIET, RiskScoreFactory, ScoreRunFactory

TODAY = NOW.date()
SOON = TODAY + dt.timedelta(days=30)
NO_EVENTS = QUIET | {"feature": "events.attended_365", "sentence": "Declined the last two invitations"}


def ready(now=NOW):
    """Retention may send what a person approved; shipped texts and offers are approved; a run is on show."""
    RolloutStep.objects.create(area="retention", level=1, scope=to_json(ALWAYS), since=now)
    defaults.load(now=now)
    defaults.approve_waiting(by=UserFactory(password=None), now=now)
    rich = MemberFactory(
        name="Rich Patron"
    )  # the tenth of the tenth: everybody else is not the most valuable
    PaymentFactory(member=rich, received_on=now.date() - dt.timedelta(days=200), amount="90000.00")
    return ScoreRunFactory(is_current=True, as_of=now.date())


def scored(run, *, risk, renews_on=SOON, uses=(), sms_only=False, factors=(QUIET,), now=NOW, **fields):
    """A member with a score; `uses` are benefits used in the past year."""
    make = _sms_only if sms_only else reachable
    member = make(**({"paid_through": renews_on, "first_name": "Dana"} | fields))
    TermFactory(member=member, start_on=renews_on - dt.timedelta(days=364), end_on=renews_on)
    for number, name in enumerate(uses):
        at = now - dt.timedelta(days=10 + number)
        ActivityFactory(member=member, kind="benefit_use", reference=name, at=at)
    RiskScoreFactory(run=run, member=member, risk=risk, renews_on=renews_on, factors=list(factors))
    return member


def _sms_only(**fields):
    member = MemberFactory(phone="+1 312 555 0142", **fields)
    ConsentFactory(member=member, channel="email", granted=False)
    ConsentFactory(member=member, channel="sms")
    return member
