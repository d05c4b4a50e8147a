"""What scores add to the product: their page, model, kind of proposal, columns and what is kept of them."""

from datetime import datetime

from imis_ai.governance import kinds, rollout
from imis_ai.governance.audit.story import register_teller
from imis_ai.governance.experiments import audience
from imis_ai.governance.privacy import Subject, register_holder
from imis_ai.governance.privacy.periods import MONTH, register_period
from imis_ai.governance.rollout import evidence
from imis_ai.integrations.warehouse import catalogue
from imis_ai.integrations.webhooks import events
from imis_ai.mirror import followers, member_page
from imis_ai.mirror.groups import groups_of
from imis_ai.mirror.members import Extra, add_columns
from imis_ai.registry import cards
from imis_ai.ui import navigation, today
from imis_ai.ui.tables import Column
from retention import actions
from retention.actions.propose import SCORES
from retention.calc import bands
from retention.queries import card, columns, comparing, insights, member, personal, story, warehouse
from retention.queries import rollout as proof
from retention.queries import today as first_page

SCORES_KIND = kinds.Kind(
    name=SCORES,
    area="retention",
    label="Scores to iMIS",
    reads="retention.members",
    decides="retention.publish",
    friction=kinds.Friction.SINGLE,
    messages=insights.messages,
    effect=lambda proposal: f"{proposal.members:,} scores",
    consequence=lambda proposal: (
        f"Writes score, range, date and reasons of {proposal.members:,} members to iMIS after the hold. "
        "Staff see them on the member's page there; members do not."
    ),
    template="retention/_scores_proposal.html",
    context=lambda proposal, viewer: {"insights": proposal.payload["rows"][:10]},
    needs_proof=True,
)


AREA = rollout.Area(
    "retention",
    "Retention",
    owners=("membership",),
    prefix="/retention/",
    blind=rollout.Blind(
        question="Is this member likely to lapse within 90 days?",
        choices=((proof.LIKELY, "Likely to lapse"), (proof.UNLIKELY, "Likely to stay")),
        sample=proof.sample,
        facts=proof.facts,
    ),
)
Measure = cards.Measure
MEASURES = (
    Measure("auc", "Right order", "Of 100 pairs, those in which the one who lapsed stands first", "of_100"),
    Measure("lift_10", "Lapses in the first tenth", "As many as among members drawn by lot", "times"),
    Measure("average_precision", "Precision", "Average share of lapses among those put first", "of_100"),
    Measure("calibration_error", "Said against happened", "Average distance", "points", is_less_better=True),
    Measure("brier", "Brier score", "Squared distance from what happened", is_less_better=True),
    Measure("range_coverage", "Ranges that hold", "Of 100 groups of 50; 80 are meant to", "of_100"),
)
CARD = cards.Card(
    name="churn",
    label="Lapse",
    what=(
        "For each active member: the chance that the membership lapses within 30, 60 and 90 days and at the "
        "next renewal, with its range, the likely date and up to three reasons. Staff decide whom to contact."
    ),
    not_for=(
        "Contacts without a membership term.",
        "Deciding anything by itself: prices, tiers, access or the end of a membership.",
        "Saying why one person left.",
    ),
    limits=(
        "Members of under 30 days and those of whom nothing but the membership is known get no score.",
        "The level of a coming year is not known: a price rise or a crisis moves all chances together.",
        "What iMIS does not hold (a new employer, an illness, a talk at the bar) it cannot see.",
    ),
    happened="lapsed",
    measures=MEASURES,
    train="retention.train",
    line=bands.USUAL.share_bounds("md")[0],
    beats=card.beats,
    outcomes=card.outcomes,
    rates=card.rates,
    groups=lambda members, today: groups_of(pseudonyms=members, today=today),
    seen=card.seen,
    effect=card.effect,
    went_live=lambda model, now: actions.went_live(model=model, now=now),
    labels=card.new_labels,
    replay=card.replay,
)
NEEDS = "On decisions later than its training, the model is better than what can be done without it"

AT_RISK = audience.Audience(
    comparing.AT_RISK,
    "Members at risk whose term ends in the period",
    "retention",
    comparing.at_risk,
    comparing.chance,
)

COLUMNS = Extra(
    "retention",
    (
        Column("Risk, of 100", "risk", "c-score", falls=True, hint="To lapse within 90 days"),
        Column(
            "Value", "value", "c-value num", falls=True, hint="What this member paid in the last 12 months"
        ),
    ),
    "retention/_columns.html",
    "retention.members",
    columns.cells,
    {"risk": columns.by("risk_90"), "value": columns.by("value")},
    ("risk_of_100", "low_of_100", "high_of_100", "value"),
    columns.line,
)


def connect() -> None:
    """Called once at start."""
    rollout.add_area(AREA)
    for level in (rollout.ASSISTED, rollout.AUTOMATIC):
        evidence.add(area="retention", kind="accuracy", to_level=level, needs=NEEDS, measure=proof.accuracy)
    kinds.register(SCORES_KIND)
    cards.register(CARD)
    navigation.add(
        navigation.Place(
            "Retention", "risk_list", "pulse", "retention.totals", order=40, key="r", prefix="/retention/"
        )
    )
    today.add("retention", first_page.part)
    audience.add(AT_RISK)
    audience.grouped_by("retention", comparing.groups)
    add_columns(COLUMNS)
    member_page.add("retention", member.told)
    followers.add("retention.rescore")
    catalogue.register(warehouse.views)
    events.register(
        events.Event("score.published", "new scores are published", "score_run", ("retention.scored",))
    )
    register_holder("retention", export=personal.sections, erase=_erase, step=4)  # scores go with the member
    register_teller("retention", story.tell)
    register_period(
        "retention.scores",
        what="Scores of retention",
        days=round(36 * MONTH),
        then="removed",
        purge=lambda before, now: actions.prune(before=before),
    )


def _erase(subject: Subject, now: datetime) -> str:
    if subject.pseudonym:
        actions.forget(pseudonyms=[subject.pseudonym])
    return "Removed from the inputs kept for computing scores again."
