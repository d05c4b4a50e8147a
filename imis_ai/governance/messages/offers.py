"""The catalogue of what staff may give: written by one, approved by another, within ceiling and budget."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.db.models import Max, Sum
from django.utils.timezone import localtime

from imis_ai.accounts.models import User
from imis_ai.governance import audit
from imis_ai.governance.messages import facts
from imis_ai.governance.messages.compose import Fact
from imis_ai.governance.models import Offer, OfferUse, OfferVersion, Proposal
from imis_ai.governance.refusals import Blocked, Changed, NotAllowed, WhyNot

State = OfferVersion.State
RIGHT_WRITE, RIGHT_APPROVE = "messages.write", "messages.approve"
FACTS = {"offer": "Offer", "offer_until": "Last day of the offer"}


@dataclass(frozen=True)
class Terms:
    """What a person enters; the columns of `OfferVersion`."""

    what: str
    cost: Decimal
    ceiling: Decimal
    budget: Decimal
    needs_approval_above: Decimal
    price_effect: Decimal = Decimal(0)
    expires_after_days: int = 14
    reasons: Sequence[str] = field(default_factory=tuple)
    parts: int = 0


def register_facts() -> None:
    """Fields that an offer fills; nobody has them without one."""
    for name, words in FACTS.items():
        facts.register(name, words, "offer catalogue", lambda imis_ids, now: {}, is_gift=True)


@transaction.atomic
def write(*, offer: Offer, terms: Terms, by: User | None, now: datetime, note: str = "") -> OfferVersion:
    """A new version, as a draft; an own open draft is rewritten. `by` is None for what we ship."""
    _refuse(by, RIGHT_WRITE)
    Offer.objects.select_for_update().get(pk=offer.pk)
    version = offer.versions.filter(state=State.DRAFT, written_by=by).first() if by else None
    if version is None:
        number = (offer.versions.aggregate(last=Max("number"))["last"] or 0) + 1
        version = OfferVersion(offer=offer, number=number, written_by=by)
    for name, value in vars(terms).items():
        setattr(version, name, list(value) if name == "reasons" else value)
    version.note, version.written_at = note[:300], now
    version.save()
    _audit("offer.written", version, by, now)
    return version


@transaction.atomic
def save(*, offer: Offer, terms: Terms, by: User, now: datetime, note: str = "") -> OfferVersion:
    """The name as entered, then a version of its terms."""
    _refuse(by, RIGHT_WRITE)
    offer.save()
    return write(offer=offer, terms=terms, by=by, now=now, note=note)


@transaction.atomic
def submit(*, version: OfferVersion, by: User | None, now: datetime) -> OfferVersion:
    """Ask a second person."""
    _refuse(by, RIGHT_WRITE)
    _move(version, State.DRAFT, state=State.WAITING)
    _audit("offer.submitted", version, by, now)
    return version


@transaction.atomic
def approve(*, version: OfferVersion, by: User, now: datetime) -> OfferVersion:
    """Put it into the catalogue in place of the version before. Raises NotAllowed for its writer, Changed."""
    _refuse(by, RIGHT_APPROVE)
    if version.written_by_id == by.pk:
        raise NotAllowed(
            WhyNot(
                "You wrote this, so someone else approves it.", rule="four eyes", next_step="Ask a colleague."
            )
        )
    OfferVersion.objects.filter(offer=version.offer_id, state=State.APPROVED).update(
        state=State.RETIRED, retired_at=now
    )
    _move(version, State.WAITING, state=State.APPROVED, approved_by=by, approved_at=now)
    _audit("offer.approved", version, by, now)
    return version


@transaction.atomic
def send_back(*, version: OfferVersion, by: User, now: datetime, note: str) -> OfferVersion:
    """Not approved: its writer may change it."""
    _refuse(by, RIGHT_APPROVE)
    _move(version, State.WAITING, state=State.DRAFT, note=note[:300])
    _audit("offer.sent back", version, by, now)
    return version


@transaction.atomic
def retire(*, version: OfferVersion, by: User, now: datetime) -> OfferVersion:
    """Nobody is offered it any more; what was promised stays promised."""
    _refuse(by, RIGHT_APPROVE)
    _move(version, State.APPROVED, State.WAITING, State.DRAFT, state=State.RETIRED, retired_at=now)
    _audit("offer.retired", version, by, now)
    return version


def live(name: str) -> OfferVersion | None:
    """The approved version of an offer by name."""
    return OfferVersion.objects.filter(offer__name=name, state=State.APPROVED).select_related("offer").first()


def catalogue() -> list[OfferVersion]:
    """Every approved offer whose budget pays for one more, cheapest first; payment plans stand apart."""
    rows = (
        OfferVersion.objects.filter(state=State.APPROVED, parts=0)
        .select_related("offer")
        .order_by("cost", "pk")
    )
    return [row for row in rows if left_of_budget(row) >= row.cost]


def open_uses(imis_ids: Collection[str]) -> set[tuple[str, int]]:
    """Pairs of member and offer where the member has it already."""
    rows = OfferUse.objects.filter(imis_id__in=imis_ids, given_back_at=None)
    return set(rows.values_list("imis_id", "offer_id"))


def fitting(*, reason: str) -> list[OfferVersion]:
    """Approved offers that fit a reason and whose budget is not used up, cheapest first."""
    return [row for row in catalogue() if _fits(row, reason)]


def plans(*, reason: str) -> list[OfferVersion]:
    """Approved payment plans that fit a reason, fewest parts first."""
    rows = OfferVersion.objects.filter(state=State.APPROVED, parts__gte=2).select_related("offer")
    return [row for row in rows.order_by("parts", "pk") if _fits(row, reason)]


def may_give(*, version: OfferVersion, amount: Decimal, reason: str, now: datetime) -> WhyNot | None:
    """Why this offer may not be made over this amount; None when it may."""
    if version.state != State.APPROVED:
        return WhyNot(f"The offer “{version.offer}” is not approved.", "offers", next_step="Choose another.")
    if not _fits(version, reason):
        fits = ", ".join(version.reasons)
        return WhyNot(f"The offer “{version.offer}” is for: {fits}.", "offers", next_step="Choose another.")
    if amount <= 0:
        return WhyNot("An offer is worth more than nothing.", "offers", next_step="Enter an amount.")
    if amount > version.ceiling:
        return WhyNot(
            f"{amount:,.2f} is over the ceiling of {version.ceiling:,.2f} for “{version.offer}”.",
            "offer ceiling",
            next_step=f"Offer {version.ceiling:,.2f} or less.",
        )
    left = left_of_budget(version)
    if amount > left:
        return WhyNot(
            f"The budget of “{version.offer}” has {left:,.2f} left.",
            "offer budget",
            next_step="Ask for a larger one.",
        )
    return None


def needs_second(*, version: OfferVersion, amount: Decimal) -> bool:
    """Whether this amount goes to a second person."""
    return amount > version.needs_approval_above


def left_of_budget(version: OfferVersion) -> Decimal:
    """What is left; every version draws on the same purse."""
    used = OfferUse.objects.filter(offer=version.offer_id, given_back_at=None).aggregate(sum=Sum("amount"))
    return version.budget - (used["sum"] or Decimal(0))


@transaction.atomic
def reserve(
    *,
    version: OfferVersion,
    imis_id: str,
    amount: Decimal,
    reason: str,
    now: datetime,
    proposal: Proposal | None = None,
) -> OfferUse:
    """Set the money aside, one open offer per member. Raises Blocked with the rule.

    The budget cannot be beaten by asking twice at once: the catalogue's row is locked.
    """
    Offer.objects.select_for_update().get(pk=version.offer_id)
    version.refresh_from_db()
    if why := may_give(version=version, amount=amount, reason=reason, now=now):
        raise Blocked(why)
    if OfferUse.objects.filter(offer=version.offer_id, imis_id=imis_id, given_back_at=None).exists():
        raise Blocked(WhyNot("This member has this offer already.", "offers", next_step="Withdraw it first."))
    use = OfferUse.objects.create(
        offer_id=version.offer_id,
        version=version,
        imis_id=imis_id,
        proposal=proposal,
        amount=amount,
        at=now,
        expires_at=now + timedelta(days=version.expires_after_days),
    )
    detail = {"offer": version.offer.name, "amount": amount, "reason": reason}
    audit.record(
        action="offer.reserved",
        by=None,
        now=now,
        about=("offer", str(version.pk)),
        imis_id=imis_id,
        detail=detail,
    )
    return use


@transaction.atomic
def give_back(*, use: OfferUse, now: datetime) -> None:
    """The offer was withdrawn, refused or ran out: its money is free again."""
    if OfferUse.objects.filter(pk=use.pk, given_back_at=None).update(given_back_at=now):
        about = ("offer", str(use.version_id))
        audit.record(action="offer.given back", by=None, now=now, about=about, imis_id=use.imis_id)


def give_back_dropped(*, now: datetime) -> int:
    """Offers of drafts that were rejected, undone or never decided on: their money is free again."""
    dropped = (Proposal.State.REJECTED, Proposal.State.UNDONE, Proposal.State.EXPIRED)
    open_ones = OfferUse.objects.filter(given_back_at=None, proposal__state__in=dropped)
    found = list(open_ones.select_related("proposal"))
    for use in found:
        give_back(use=use, now=now)
    return len(found)


@transaction.atomic
def attach(*, use: OfferUse, proposal: Proposal) -> None:
    """The suggestion that the money was set aside for."""
    OfferUse.objects.filter(pk=use.pk).update(proposal=proposal)


def use_of(pk: int) -> OfferUse:
    """Money set aside, by its number."""
    return OfferUse.objects.get(pk=pk)


def facts_of(version: OfferVersion, now: datetime) -> dict[str, Fact]:
    """What a text may say about an offer: its own approved words, and until when."""
    until = localtime(now + timedelta(days=version.expires_after_days)).date()
    at = localtime(version.approved_at).isoformat(timespec="seconds") if version.approved_at else ""
    said = {
        "offer": (version.pk, version.what),
        "offer_until": (until.isoformat(), f"{until.day} {until:%B} {until.year}"),
    }
    return {
        name: Fact(name, FACTS[name], value, text, "offer catalogue", at)
        for name, (value, text) in said.items()
    }


def _audit(action: str, version: OfferVersion, by: User | None, now: datetime) -> None:
    names = (*Terms.__dataclass_fields__, "number", "state")
    detail: dict[str, Any] = {"offer": version.offer.name, "reason": version.note}
    detail["after"] = {name: getattr(version, name) for name in names}
    audit.record(action=action, by=by, now=now, about=("offer", str(version.pk)), detail=detail)


def _fits(version: OfferVersion, reason: str) -> bool:
    return not version.reasons or reason in version.reasons


def _refuse(by: User | None, right: str) -> None:
    if by is not None and not by.may(right):
        raise NotAllowed(WhyNot("Your role does not change templates and offers.", rule=right))


def _move(version: OfferVersion, *sources: str, **values: Any) -> None:
    if not OfferVersion.objects.filter(pk=version.pk, state__in=sources).update(**values):
        raise Changed(
            WhyNot(
                "Somebody decided on this version already.", rule="states of an offer", next_step="Reload."
            )
        )
    version.refresh_from_db()
