"""Which version is live is decided by two people; after the hold it takes effect."""

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

from django.db import transaction

from imis_ai.accounts.models import User
from imis_ai.governance import proposals
from imis_ai.governance.refusals import Blocked, WhyNot
from imis_ai.registry import artefact, cards, queries
from imis_ai.registry.actions import checks, versions
from imis_ai.registry.models import Finding, ModelCheck, Switch, TrainedModel
from imis_ai.ui import words

if TYPE_CHECKING:
    from imis_ai.governance.models import Proposal

KIND = "models.live"
LARGE_ERROR = 0.05
State = TrainedModel.State


def propose(*, model: TrainedModel, by: User | None, now: datetime) -> "Proposal":
    """Suggest that a version goes live: a candidate that is no worse, or one that was live before.

    Raises Blocked for a candidate that is not better and for a file without our seal.
    """
    live = _live(model)
    if live.pk == model.pk:
        raise Blocked(WhyNot(f"{model} is live already.", rule="models", next_step="Choose another version."))
    is_back = model.promoted_at is not None
    if not is_back:
        _refuse_worse(model, live)
    _refuse_broken(model)
    effect = _effect(model, live, now)
    verb = "Go back to" if is_back else "Promote"
    draft = proposals.Draft(
        kind=KIND,
        title=f"{verb} {cards.find(model.name).label.lower()} model {model.version}",
        payload={
            "name": model.name,
            "version": model.version,
            "checksum": model.digest,
            "instead_of": live.version,
            "is_back": is_back,
        },
        made_from={"effect": effect, "model": model.version},
        checks=_checks(model, live),
        replay=None if is_back else _replay(model, live, now),
    )
    return proposals.propose(draft=draft, by=by, now=now)


def still_true(*, proposal: "Proposal", now: datetime) -> list[str]:
    """What changed since it was suggested."""
    model = queries.version(proposal.payload["name"], proposal.payload["version"])
    live = _live(model)
    if live.version != proposal.payload["instead_of"]:
        return [f"{live} went live meanwhile, so this is decided on old figures."]
    if model.digest != proposal.payload["checksum"]:
        return [f"The file of {model} is not the one that was looked at."]
    return []


def due(*, now: datetime) -> "Sequence[Proposal]":
    """Approved, held long enough, not carried out."""
    approved = proposals.of_kind(kind=KIND).filter(state=proposals.State.APPROVED, hold_until__lte=now)
    done = set(Switch.objects.exclude(proposal=None).values_list("proposal", flat=True))
    return [proposal for proposal in approved.order_by("pk") if proposal.pk not in done]


def take_effect(*, now: datetime) -> list[TrainedModel]:
    """Make live what was decided on. What is not better any more is refused, and the refusal kept."""
    return [model for proposal in due(now=now) if (model := _carry_out(proposal, now)) is not None]


def _carry_out(proposal: "Proposal", now: datetime) -> TrainedModel | None:
    model = queries.version(proposal.payload["name"], proposal.payload["version"])
    by = " and ".join(_who(proposal))
    act = versions.put_back if proposal.payload["is_back"] else versions.promote
    try:
        with transaction.atomic():
            _refuse_stale(proposal, now)
            queries.load(model)
            act(model=model, by=by, now=now, proposal=proposal.pk)
            cards.find(model.name).went_live(model, now)
    except (versions.NotBetter, artefact.Refused) as refusal:
        Switch.objects.create(
            model=model, at=now, by=by, proposal=proposal.pk, digest=model.digest, refused=str(refusal)[:400]
        )
        return None
    return model


def _refuse_stale(proposal: "Proposal", now: datetime) -> None:
    if stale := still_true(proposal=proposal, now=now):
        raise versions.NotBetter(stale[0])


def _who(proposal: "Proposal") -> list[str]:
    approved = [decision.by for decision in proposal.decisions.filter(what="approve").select_related("by")]
    people = [proposal.proposed_by, *approved]
    return list(dict.fromkeys(str(person) for person in people if person))


def _live(model: TrainedModel) -> TrainedModel:
    try:
        return queries.live(model.name)
    except queries.NoModel as missing:
        raise Blocked(WhyNot(str(missing), rule="models")) from None


def _refuse_worse(model: TrainedModel, live: TrainedModel) -> None:
    try:
        versions.refuse_worse(model=model, live=live)
    except versions.NotBetter as reason:
        raise Blocked(
            WhyNot(str(reason), rule="proof before live", next_step="Train again when more has happened.")
        ) from None


def _refuse_broken(model: TrainedModel) -> None:
    try:
        queries.load(model)
    except artefact.Refused as reason:
        raise Blocked(WhyNot(str(reason), rule="sealed files")) from None


def _effect(model: TrainedModel, live: TrainedModel, now: datetime) -> dict[str, Any] | None:
    """As the last check counted it, unless another version was live then."""
    known = ModelCheck.objects.filter(model=model).exclude(effect=None).order_by("-on").first()
    if known is not None and live.promoted_at and str(live.promoted_at.date()) <= str(known.on):
        return known.effect
    return checks.effect_of(model=model, live=live, today=now.date())


def _checks(model: TrainedModel, live: TrainedModel) -> tuple[proposals.Check, ...]:
    found = [proposals.Check("sealed", f"The file carries our seal: {model.digest[:12]}.")]
    n, error = model.evaluation.get("members"), model.evaluation.get("calibration_error")
    if n:
        found.append(proposals.Check("measured", f"Measured on {words.count(n)} later decisions."))
    if error is not None:
        said = f"What it says and what happened differ by {error * 100:.1f} points on average."
        found.append(proposals.Check("calibrated", said, "ok" if error <= LARGE_ERROR else "warn"))
    gaps = Finding.objects.filter(name=live.name, kind=Finding.Kind.GAP, gone_at=None, accepted_at=None)
    if number := gaps.count():
        said = f"{words.plural(number, 'group')} of members fare worse under the live model."
        found.append(proposals.Check("groups", said, "warn"))
    return tuple(found)


def _replay(model: TrainedModel, live: TrainedModel, now: datetime) -> proposals.Replay | None:
    new, old = versions.skill(model=model), versions.skill(model=live)
    if new is None or old is None:
        return None
    return proposals.Replay(
        measured="of 1,000 parts of the error of the best plain rule, those taken away",
        present=round(old * 1000),
        proposed=round(new * 1000),
        n=model.evaluation.get("members", 0),
        as_of=now,
        verdict="better" if new > old else "no better",
        sentence=(
            f"On later time {model.version} takes {new * 100:.1f} of 100 parts off the best plain rule's "
            f"error, {live.version} takes {old * 100:.1f}."
        ),
    )
