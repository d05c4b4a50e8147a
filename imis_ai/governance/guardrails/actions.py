"""How a guardrail changes: drafted with its effect, shown to a second person, made live by that person."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import Max

from imis_ai.accounts.models import User
from imis_ai.governance import audit
from imis_ai.governance.guardrails import kinds, read, switching
from imis_ai.governance.guardrails.check import would_have_stopped
from imis_ai.governance.models import Guardrail, GuardrailSignature, GuardrailVersion
from imis_ai.governance.refusals import Changed, NotAllowed, WhyNot
from imis_ai.rules.tree import both
from imis_ai.rules.wire import to_json

State = GuardrailVersion.State
EDIT, AGREE = "guardrails.edit", "guardrails.agree"


@transaction.atomic
def create(
    *,
    name: str,
    kind: str,
    owner: User | None,
    entered: Mapping[str, Any],
    reason: str,
    by: User,
    now: datetime,
) -> GuardrailVersion:
    """A new guardrail with its first draft. It objects to nothing before a second person agreed."""
    guardrail = Guardrail.objects.create(name=name, kind=kind, owner=owner)
    return draft(guardrail=guardrail, entered=entered, reason=reason, by=by, now=now)


@transaction.atomic
def draft(
    *,
    guardrail: Guardrail,
    entered: Mapping[str, Any],
    reason: str,
    by: User,
    now: datetime,
    is_off: bool = False,
) -> GuardrailVersion:
    """What it should say, and what that would have stopped. The author's own draft is written over.

    Raises NotAllowed without the right, Changed while somebody's change is on its way.
    """
    _need(by, EDIT)
    Guardrail.objects.select_for_update().get(pk=guardrail.pk)
    version = read.on_its_way(guardrail)
    if version and (version.state != State.DRAFT or version.proposed_by_id != by.pk):
        raise Changed(
            WhyNot(
                f"A change by {version.proposed_by} is on its way.",
                rule="one change at a time",
                next_step="Agree to it, decline it, or wait until it is withdrawn.",
            )
        )
    version = version or GuardrailVersion(guardrail=guardrail, number=_next_number(guardrail))
    scope = kinds.scope_of(entered)
    version.settings, version.is_off, version.reason = dict(entered), is_off, reason
    version.scope = to_json(scope)
    version.rule = to_json(both(scope, kinds.find(guardrail.kind).build(entered)))
    version.proposed_by, version.proposed_at = by, now
    nothing = {"days": 90, "of": 0, "items": 0, "examples": []}
    version.effect = nothing if is_off else would_have_stopped(version=version, now=now)
    switched_on = switching.switched_on(version=version, before=read.live_of(guardrail))
    version.effect |= {"switched_on": switching.told(sorted(switched_on), now)} if switched_on else {}
    version.save()
    _record("guardrail.drafted", version, by, now)
    return version


@transaction.atomic
def submit(*, version: GuardrailVersion, by: User, now: datetime) -> None:
    """Ask the second person. Only the author can. Raises NotAllowed, Changed."""
    _need(by, EDIT)
    if version.proposed_by_id != by.pk:
        raise NotAllowed(
            WhyNot(f"This is the draft of {version.proposed_by}.", rule="drafts", next_step="Let them ask.")
        )
    _move(version, from_states=[State.DRAFT], to=State.WAITING)
    _record("guardrail.asked", version, by, now)


@transaction.atomic
def agree(*, version: GuardrailVersion, by: User, now: datetime) -> bool:
    """Sign. With the last signature needed the version goes live and the former one retires.

    Returns whether it is live. Raises NotAllowed, Changed.
    """
    version = (
        GuardrailVersion.objects.select_for_update(of=["self"]).select_related("guardrail").get(pk=version.pk)
    )
    if version.state != State.WAITING:
        raise _too_late(version)
    why = why_not_agree(version=version, by=by)
    if why:
        raise NotAllowed(why)
    GuardrailSignature.objects.create(version=version, by=by, proposed_by=version.proposed_by, at=now)
    _record("guardrail.signed", version, by, now)
    if version.signatures.count() < signatures_needed(version=version):
        return False
    version.guardrail.versions.filter(state=State.LIVE).update(state=State.RETIRED, ended_at=now)
    _move(version, from_states=[State.WAITING], to=State.LIVE, live_from=now)
    _record("guardrail.live", version, by, now)
    return True


@transaction.atomic
def decline(*, version: GuardrailVersion, by: User, now: datetime, reason: str) -> None:
    """The second person says no, or the author takes it back. Raises NotAllowed, Changed."""
    if by.pk != version.proposed_by_id:
        _need(by, AGREE)
    _move(version, from_states=[State.DRAFT, State.WAITING], to=State.DECLINED, ended_at=now)
    _record("guardrail.declined", version, by, now, why=reason)


@transaction.atomic
def give(*, guardrail: Guardrail, owner: User, by: User, now: datetime) -> None:
    """Hand a guardrail to another owner. Its owner does; while there is none, any guardrail owner."""
    _need(by, AGREE)
    if guardrail.owner_id not in (None, by.pk):
        raise NotAllowed(
            WhyNot(
                f"{guardrail.owner} owns this guardrail.", rule="owners", next_step=f"Ask {guardrail.owner}."
            )
        )
    if not owner.may(AGREE):
        raise NotAllowed(
            WhyNot(
                f"{owner} is no guardrail owner.",
                rule="owners",
                next_step="An administrator gives that right under People.",
            )
        )
    before, guardrail.owner = guardrail.owner, owner
    guardrail.save(update_fields=["owner"])
    audit.record(
        action="guardrail.given",
        by=by,
        now=now,
        about=("guardrail", str(guardrail.pk)),
        detail={"before": str(before or ""), "after": str(owner)},
    )


def signatures_needed(*, version: GuardrailVersion) -> int:
    """Two to switch on what may be unfair, one otherwise; each by somebody else than the author."""
    return 2 if switching.switched_on(version=version, before=read.live_of(version.guardrail)) else 1


def why_not_agree(*, version: GuardrailVersion, by: User) -> WhyNot | None:
    """Why this person may not sign this version; None when they may."""
    if by.pk == version.proposed_by_id:
        return WhyNot(
            "You wrote this change, so someone else agrees to it.",
            rule="four eyes",
            next_step=f"Asked: {read.owner_of(version)}.",
        )
    if not by.may(AGREE):
        return WhyNot(
            "Only guardrail owners agree to a changed guardrail.",
            rule=AGREE,
            next_step=f"Asked: {read.owner_of(version)}.",
        )
    if version.signatures.filter(by=by).exists():
        return WhyNot("You signed this already; a second signature is needed.", rule="two signatures")
    owner = version.guardrail.owner
    has_active_owner = owner is not None and owner.is_active and owner.may(AGREE)
    others_turn = has_active_owner and by.pk != owner.pk and version.proposed_by_id != owner.pk
    signed = version.signatures.filter(by=owner).exists() if others_turn else True
    if others_turn and not signed:
        return WhyNot(
            f"{owner} owns this guardrail and signs first.", rule="owners", next_step=f"Ask {owner}."
        )
    return None


def _need(by: User, right: str) -> None:
    if not by.may(right):
        raise NotAllowed(
            WhyNot("You may not change guardrails.", rule=right, next_step="Ask an administrator.")
        )


def _next_number(guardrail: Guardrail) -> int:
    return (guardrail.versions.aggregate(most=Max("number"))["most"] or 0) + 1


def _move(version: GuardrailVersion, *, from_states: list[str], to: str, **fields: Any) -> None:
    changed = GuardrailVersion.objects.filter(pk=version.pk, state__in=from_states).update(state=to, **fields)
    if not changed:
        raise _too_late(version)
    version.refresh_from_db()


def _too_late(version: GuardrailVersion) -> Changed:
    state = GuardrailVersion.objects.get(pk=version.pk).get_state_display().lower()
    return Changed(
        WhyNot(f"This version is {state} already.", rule="states of a guardrail", next_step="Open it again.")
    )


def _record(action: str, version: GuardrailVersion, by: User, now: datetime, why: str = "") -> None:
    before = read.live_of(version.guardrail)
    audit.record(
        action=action,
        by=by,
        now=now,
        about=("guardrail", str(version.guardrail_id)),
        detail={
            "name": version.guardrail.name,
            "before": before.settings if before else None,
            "after": version.settings,
            "is_off": version.is_off,
            "effect": version.effect,
            "reason": why or version.reason,
        },
        versions={"rule": str(version.number)},
    )
