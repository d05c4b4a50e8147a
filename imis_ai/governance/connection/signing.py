"""The privacy checklist: what a person answers for before anything is read from an iMIS."""

from dataclasses import dataclass
from datetime import datetime

from django.db import transaction

from imis_ai.accounts.models import User
from imis_ai.governance import audit
from imis_ai.governance.models import SignedChecklist
from imis_ai.governance.refusals import Blocked, NotAllowed, WhyNot

RIGHT = "connection.change"


@dataclass(frozen=True)
class Question:
    """`asks` is what the signer confirms; `hint` what to write beside it."""

    name: str
    label: str
    asks: str
    hint: str


QUESTIONS = (
    Question(
        "licence",
        "Licence",
        "Our licence of iMIS and our contract with its host allow reading by this account.",
        "Which agreement says so, or who at the host confirmed it.",
    ),
    Question(
        "privacy_notice",
        "Privacy notice",
        "Our privacy notice tells members that their data is analysed and suggestions are made from it.",
        "Where the notice is, and since when it says so.",
    ),
    Question(
        "retention",
        "Retention",
        "The periods for which this product keeps data are ours too.",
        "Who agreed to them. The table of periods shows each.",
    ),
    Question(
        "lawful_basis",
        "Lawful basis",
        "There is a lawful basis for this use of members' data.",
        "Which one, such as legitimate interests or consent, and where it is written down.",
    ),
)


def signature(*, address: str) -> SignedChecklist | None:
    """The newest for this iMIS."""
    return SignedChecklist.objects.filter(address=address).select_related("signed_by").first()


def is_signed(address: str) -> bool:
    return bool(address) and SignedChecklist.objects.filter(address=address).exists()


@transaction.atomic
def sign(*, address: str, answers: dict[str, str], by: User, now: datetime) -> SignedChecklist:
    """Answer for all four questions, for one iMIS. Raises NotAllowed, Blocked naming what is missing."""
    if not by.may(RIGHT):
        raise NotAllowed(
            WhyNot("Your role may not sign this.", rule=RIGHT, next_step="Ask an administrator.")
        )
    if not address:
        raise Blocked(
            WhyNot(
                "No iMIS is set, so there is nothing to sign for.",
                rule="checklist",
                next_step="Set IMIS_URL.",
            )
        )
    open_ones = [each.label for each in QUESTIONS if not answers.get(each.name, "").strip()]
    if open_ones:
        raise Blocked(
            WhyNot(
                f"Not answered: {', '.join(open_ones).lower()}.",
                rule="checklist",
                next_step="Write a few words for each; together they are your record.",
            )
        )
    kept = {each.name: answers[each.name].strip()[:1000] for each in QUESTIONS}
    signed = SignedChecklist.objects.create(address=address, answers=kept, signed_by=by, signed_at=now)
    audit.record(
        action="connection.signed",
        by=by,
        now=now,
        about=("connection", address),
        detail={"answers": kept},
    )
    return signed
