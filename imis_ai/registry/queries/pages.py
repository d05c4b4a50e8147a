"""What the pages on models show: the list, one version beside the live one, findings, decisions."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any

from django.db.models import QuerySet

from imis_ai.accounts.models import User
from imis_ai.governance import proposals
from imis_ai.registry import cards
from imis_ai.registry.calc import reading
from imis_ai.registry.models import Finding, ModelCheck, Switch, TrainedModel

if TYPE_CHECKING:
    from imis_ai.governance.models import Proposal

KIND = "models.live"
LATELY = 10
State = TrainedModel.State


@dataclass(frozen=True)
class Line:
    """One model of the list. `right` is what happened to those given 20 to 30 of 100, None where too few."""

    card: cards.Card
    live: TrainedModel | None
    right: "Ten | None"
    beats: cards.Beats | None
    findings: int
    moved: int
    checked_on: date | None
    candidate: TrainedModel | None


@dataclass(frozen=True)
class Ten:
    """Members given a chance within one ten of 100, and how many of 100 it happened to."""

    low: int
    high: int
    members: int
    said: float
    share: float


def overview() -> list[Line]:
    """Every registered model. Three queries."""
    models = list(
        TrainedModel.objects.filter(name__in=cards.CARDS).defer("artefact").order_by("-trained_at", "-pk")
    )
    live = {model.name: model for model in models if model.state == State.LIVE}
    checks = {
        check.model_id: check
        for check in ModelCheck.objects.filter(model__in=list(live.values())).order_by("on")
    }
    found = list(open_findings())
    return [
        _line(card, [model for model in models if model.name == name], live.get(name), checks, found)
        for name, card in cards.CARDS.items()
    ]


def open_findings(name: str | None = None) -> QuerySet[Finding]:
    """What a person should still look at, newest first."""
    found = Finding.objects.filter(gone_at=None, accepted_at=None).order_by("-found_at", "pk")
    return found.filter(name=name) if name else found


def accepted_findings(name: str) -> QuerySet[Finding]:
    """What a person left as it is, with the reason, while it lasts."""
    return Finding.objects.filter(name=name, gone_at=None).exclude(accepted_at=None).order_by("-accepted_at")


def finding(pk: int) -> Finding | None:
    return Finding.objects.filter(pk=pk).first()


@dataclass(frozen=True)
class Version:
    """One version with all that its page shows. `reading` is `{}` where nothing is known."""

    card: cards.Card
    model: TrainedModel
    live: TrainedModel | None
    others: list[TrainedModel]
    check: ModelCheck | None
    reading: Mapping[str, Any]
    switches: list[Switch]
    decisions: "list[Proposal]"


def version(name: str, version: str, *, viewer: User) -> Version | None:
    """None where there is no such version of a registered model."""
    models = list(TrainedModel.objects.filter(name=name).defer("artefact").order_by("-trained_at", "-pk"))
    model = next((each for each in models if each.version == version), None)
    if model is None or name not in cards.CARDS:
        return None
    check = ModelCheck.objects.filter(model=model).order_by("-on").first()
    decided = proposals.visible(viewer=viewer).filter(kind=KIND, payload__name=name, payload__version=version)
    return Version(
        card=cards.find(name),
        model=model,
        live=next((each for each in models if each.state == State.LIVE), None),
        others=models,
        check=check,
        reading=(check.reading if check else {}) or model.reading,
        switches=list(Switch.objects.filter(model=model).order_by("-at")),
        decisions=list(decided.select_related("proposed_by").order_by("-pk")[:LATELY]),
    )


def reading_of(model: TrainedModel) -> Mapping[str, Any]:
    """Said beside happened, of the newest check or else of the training."""
    check = ModelCheck.objects.filter(model=model).order_by("-on").first()
    return (check.reading if check else {}) or model.reading


def ten(found: Mapping[str, Any], low: int) -> Ten | None:
    """Those given `low` to `low + 10` of 100; None where they are under ten."""
    for row in found.get("tens", []):
        if row["low"] == low and row["members"] >= reading.SMALLEST_GROUP:
            return Ten(low, row["high"], row["members"], row["said"], row["happened"] / row["members"])
    return None


def groups(found: Mapping[str, Any]) -> dict[str, list[dict[str, Any]]]:
    """Rows by kind of group, largest first; small ones are left out, and never one alone, or it could be had
    by subtraction.
    """
    by_kind: dict[str, list[dict[str, Any]]] = {}
    for row in found.get("groups", []):
        by_kind.setdefault(row["by"], []).append(row)
    shown = {}
    for kind, rows in by_kind.items():
        rows = sorted(rows, key=lambda row: row["members"])
        small = sum(row["members"] < reading.SMALLEST_GROUP for row in rows)
        hidden = small if small != 1 else min(2, len(rows))
        shown[kind] = rows[hidden:][::-1]
    return {kind: rows for kind, rows in shown.items() if rows}


def open_decision(*, model: TrainedModel) -> "Proposal | None":
    """The suggestion about this version that waits for people, or for the end of its hold."""
    alive = (*proposals.OPEN, proposals.State.APPROVED)
    found = proposals.of_kind(kind=KIND).filter(
        payload__name=model.name, payload__version=model.version, state__in=alive
    )
    done = set(Switch.objects.filter(model=model).values_list("proposal", flat=True))
    return next((each for each in found if each.pk not in done), None)


def _line(
    card: cards.Card,
    models: Sequence[TrainedModel],
    live: TrainedModel | None,
    checks: Mapping[int, ModelCheck],
    found: Sequence[Finding],
) -> Line:
    own = [each for each in found if each.name == card.name]
    check = checks.get(live.pk) if live else None
    newer = [each for each in models if each.state == State.CANDIDATE and live and _is_newer(each, live)]
    return Line(
        card=card,
        live=live,
        right=ten((check.reading if check else {}) or live.reading, 20) if live else None,
        beats=card.beats(live) if live else None,
        findings=len(own),
        moved=sum(each.kind != Finding.Kind.GAP for each in own),
        checked_on=check.on if check else None,
        candidate=newer[0] if newer else None,
    )


def _is_newer(candidate: TrainedModel, live: TrainedModel) -> bool:
    return candidate.trained_at > live.trained_at
