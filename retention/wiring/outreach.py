"""What outreach adds to the product: its kind of proposal, texts, offers, and facts that it may state."""

from datetime import datetime

from imis_ai.governance import kinds, outreach
from imis_ai.governance.guardrails import facts as guardrail_facts
from imis_ai.governance.kinds import Automatic
from imis_ai.governance.messages import defaults, facts
from imis_ai.governance.privacy import register_holder
from retention.calc import outreach as calc
from retention.queries import guarded, held, promises
from retention.queries.candidates import AREA
from retention.wiring.texts import OFFERS, TEXTS

MOST_AUTOMATIC = 50  # a day; people may allow fewer


def connect() -> None:
    """Called once at start."""
    kinds.register(MESSAGE)
    register_holder("retention.outreach", export=held.sections)
    guardrail_facts.add_source(words=guarded.WORDS, read=guarded.facts)
    defaults.ship(texts=TEXTS, offers=OFFERS)
    facts.register(
        "webinar",
        "Webinar with a free seat",
        "iMIS events and seats set aside",
        promises.seats_of,
        say=promises.said_of_event,
        is_gift=True,
    )
    facts.register(
        "peer",
        "Member to be introduced",
        "agreements to be introduced",
        promises.peers_of,
        is_name=True,
        is_gift=True,
    )


def only_early_reminders(proposal: object, now: datetime) -> str:
    """What the policy of the third phase may approve of retention: nothing but the early reminder."""
    if getattr(proposal, "made_from", {}).get("purpose") == calc.REMINDER:
        return ""
    return "only the early renewal reminder leaves without a person."


MESSAGE = outreach.message_kind(
    area=AREA,
    label="Message to a member",
    reads="retention.members",
    decides="retention.outreach",
    queue="outreach",
    automatic=Automatic(MOST_AUTOMATIC, only_early_reminders),
)
