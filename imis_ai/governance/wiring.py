"""What governance adds to the frame, and how its parts know each other's values."""

from datetime import timedelta
from functools import partial

from django.utils import timezone

from imis_ai.governance import guardrails, kinds, proposals
from imis_ai.governance.messages import limits, offers, pauses, senders, shipped, tone
from imis_ai.governance.outbox import followers
from imis_ai.governance.outbox.senders import register
from imis_ai.governance.privacy import own
from imis_ai.mirror.tasks import Look
from imis_ai.ui import navigation


def connect() -> None:
    """Called once at start."""
    kinds.register(proposals.REVERSAL)
    navigation.add(
        navigation.Place(
            "Approvals",
            "approvals",
            "tick",
            "approvals.read",
            order=20,
            group="",
            key="a",
            prefix="/approvals/",
        )
    )
    shipped.register()
    offers.register_facts()
    pauses.register_shipped()
    own.register()
    tone.terms_from(guardrails.prohibited_terms)
    limits.from_source(contact_limits)

    navigation.add(
        navigation.Place(
            "Waiting for a person", "answers", "person", "messages.answers", order=30, prefix="/answers/"
        )
    )
    for way in senders.WAYS:
        register(way=way, make=partial(senders.opened, timezone.now, Look))
    followers.on_done(name="messages.log", follow=senders.log_on_record)


def contact_limits() -> limits.Limits:
    """The live guardrails on contacts; what none of them says keeps its default."""
    live = guardrails.contact_limits()
    said = {
        "most": live.most,
        "period": live.days and timedelta(days=live.days),
        "most_per_area": live.most_per_area,
        "area_period": live.area_days and timedelta(days=live.area_days),
        "people_only_share": live.people_only_percent and live.people_only_percent / 100,
        "owner": live.owner or None,
    }
    return limits.Limits(**{name: value for name, value in said.items() if value is not None})
