"""Rollout: how far each area has gone, for whom and on which evidence; feedback, blind test, the stop."""

from datetime import datetime

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_POST, require_safe

from imis_ai.accounts.rights import needs
from imis_ai.governance.forms.rollout import FeedbackForm, StepForm
from imis_ai.governance.models import BlindTest, RolloutChange
from imis_ai.governance.proposals import automatic
from imis_ai.governance.refusals import Blocked, Changed, NotAllowed, Refused
from imis_ai.governance.rollout import actions, blind, evidence, feedback, read
from imis_ai.governance.rollout.areas import ACTIONS, AREAS, AUTOMATIC, LEVELS, READ_ONLY, Area, phase

STATUS = {NotAllowed: 403, Changed: 409, Blocked: 422}


@require_safe
@needs("rollout.read")
def overview(request: HttpRequest) -> HttpResponse:
    """All areas with their phase, and the stop for everything."""
    context = {
        "areas": [(area, _switch(area)) for area in AREAS.values()],
        "stop": read.standstill(),
        "table": [(each.says, each.level, each.leaves) for each in ACTIONS.values()],
        "levels": [(level, phase(level)) for level in LEVELS],
        "may_pause": request.user.may("outgoing.pause"),
        "may_lower": request.user.may("rollout.lower"),
    }
    return render(request, "governance/rollout/overview.html", context)


@needs("rollout.read")
def area(request: HttpRequest, name: str) -> HttpResponse:
    """Go or no-go for the next phase: evidence, blind test, feedback, history, and the step itself."""
    found, now = _find(name), timezone.now()
    form = _form(found, request.POST if request.method == "POST" else None)
    if request.method != "POST":
        return render(request, "governance/rollout/area.html", _context(request, found, form, now))
    why, status = None, 422
    if form.is_valid():
        try:
            actions.ask(
                area=found.name,
                to_level=_number(request.POST.get("to_level")),
                scope=form.scope(),
                reason=form.cleaned_data["reason"],
                most_per_day=form.cleaned_data.get("most_per_day") or actions.PER_DAY,
                by=request.user,
                now=now,
            )
        except Refused as refusal:
            why, status = refusal.why, STATUS[type(refusal)]
        else:
            messages.success(request, f"Asked. {read.owners_of(found.name).capitalize()} decide.")
            return redirect("rollout_area", found.name)
    context = _context(request, found, form, now) | {"why": why}
    return render(request, "governance/rollout/area.html", context, status=status)


@require_POST
@needs("rollout.read")
def decide(request: HttpRequest, name: str) -> HttpResponse:
    """The second person's yes or no to the change that waits."""
    found, now = _find(name), timezone.now()
    change = RolloutChange.objects.filter(pk=_number(request.POST.get("change")), area=found.name).first()
    if change is None:
        messages.warning(request, "That request is not there any more. What waits is shown here.")
        return redirect("rollout_area", found.name)
    return _done(request, found, lambda: _decided(request, change, now), now)


@require_POST
@needs("rollout.lower")
def lower(request: HttpRequest, name: str) -> HttpResponse:
    """Back to an earlier phase, at once."""
    found, now = _find(name), timezone.now()
    to_level = max(_number(request.POST.get("to_level")), READ_ONLY)  # without a number: all the way

    def act() -> str:
        actions.lower(
            area=found.name,
            to_level=to_level,
            reason=request.POST.get("reason", "")[:300],
            by=request.user,
            now=now,
        )
        return f"{found.label} is back in {phase(to_level).lower()}. What waited to leave stays here."

    return _done(request, found, act, now)


@require_POST
@needs("outgoing.pause")
def pause(request: HttpRequest) -> HttpResponse:
    """Stop everything that leaves, or let it go on."""
    now, reason = timezone.now(), request.POST.get("reason", "")[:300]
    try:
        if request.POST.get("do") == "resume":
            actions.resume(reason=reason, by=request.user, now=now)
            messages.success(request, "It goes on. What waited leaves as it was approved.")
        else:
            actions.pause(reason=reason, by=request.user, now=now)
            messages.success(request, "Everything that leaves is paused. Nothing is lost; it waits here.")
    except Refused as refusal:
        messages.error(request, str(refusal.why))
    back = request.POST.get("next", "")
    safe = url_has_allowed_host_and_scheme(
        back, allowed_hosts={request.get_host()}, require_https=request.is_secure()
    )
    return redirect(back if safe else "/")


@needs("rollout.answer")
def give_feedback(request: HttpRequest, name: str) -> HttpResponse:
    """What a person who works with the area says about it."""
    found, now = _find(name), timezone.now()
    level = actions.top(area=found.name)
    before = feedback.own(area=found.name, level=level, by=request.user)
    initial = before.answers | {"minutes": before.minutes, "note": before.note} if before else None
    form = FeedbackForm(request.POST if request.method == "POST" else None, initial=initial)
    if form.is_bound and form.is_valid():
        feedback.give(
            area=found.name,
            level=level,
            answers=form.answers(),
            minutes=form.cleaned_data["minutes"],
            note=form.cleaned_data["note"],
            by=request.user,
            now=now,
        )
        messages.success(request, "Your answers are kept. They stand beside the next step.")
        return redirect("rollout_feedback", found.name)
    context = {"area": found, "form": form, "phase_words": phase(level), "crumbs": _crumbs(request, found)}
    status = 422 if form.is_bound else 200
    return render(request, "governance/rollout/feedback.html", context, status=status)


@needs("rollout.answer")
def blind_test(request: HttpRequest, name: str) -> HttpResponse:
    """One member at a time, without the model's answer; at the end, how often both agree."""
    found, now = _find(name), timezone.now()
    if found.blind is None:
        raise Http404
    context = {"area": found, "crumbs": _crumbs(request, found), "number": blind.NUMBER}
    if request.method == "POST":
        try:
            test = blind.start(area=found.name, by=request.user, now=now)
            if says := request.POST.get("says"):
                blind.answer(test=test, number=_number(request.POST.get("number")), says=says, now=now)
        except Refused as refusal:
            status = STATUS[type(refusal)]
            return render(
                request, "governance/rollout/blind.html", context | {"why": refusal.why}, status=status
            )
        return redirect("rollout_blind", found.name)
    return render(request, "governance/rollout/blind.html", context | _blind(request, found))


def _blind(request: HttpRequest, found: Area) -> dict:
    test = BlindTest.objects.filter(area=found.name, by=request.user).order_by("-started_at").first()
    if test is None:
        return {}
    answers = list(test.answers.all())
    current = next((each for each in answers if not each.staff_says), None)
    words = dict(found.blind.choices) | {blind.UNSURE: "Cannot tell"}
    if current is None:
        rows = [
            (each.imis_id, words.get(each.staff_says), words.get(each.model_says), each.shown)
            for each in answers
        ]
        return {"test": test, "rows": rows, "agreement": blind.agreement(tests=[test])}
    return {
        "test": test,
        "current": current,
        "facts": found.blind.facts(request.user, current.imis_id),
        "choices": [*found.blind.choices, (blind.UNSURE, "Cannot tell")],
    }


def _form(found: Area, data=None) -> StepForm:
    """With a limit per day where the step is to automatic."""
    return StepForm(data, with_limit=actions.top(area=found.name) + 1 >= AUTOMATIC)


def _context(request: HttpRequest, found: Area, form: StepForm, now: datetime) -> dict:
    reached = actions.top(area=found.name)
    following = min(reached + 1, max(LEVELS))
    change = read.waiting(found.name)
    return {
        "area": found,
        "crumbs": [("Rollout", reverse("rollout"))],
        "switch": _switch(found),
        "reached": reached,
        "following": following,
        "next_phase": phase(following),
        "is_last": reached == max(LEVELS),
        "evidence": evidence.measured(area=found.name, to_level=following, now=now),
        "summary": feedback.summary(area=found.name, level=reached),
        "agreement": blind.agreement(tests=blind.finished(found.name)),
        "change": change,
        "change_scope": read.in_words(change.scope) if change else "",
        "why_not_mine": actions.why_not_agree(change=change, by=request.user) if change else None,
        "history": read.history(found.name),
        "policy": automatic.standing(area=found.name, now=now),
        "owners": read.owners_of(found.name),
        "form": form,
        "may_ask": request.user.may("rollout.ask"),
        "may_lower": request.user.may("rollout.lower"),
        "may_answer": request.user.may("rollout.answer"),
    }


def _switch(found: Area) -> list[dict]:
    """The three steps of one area: reached or not, for whom, and what each allows."""
    steps = {step.level: step for step in read.steps(found.name)}
    top = max(steps, default=0)
    return [
        {
            "level": level,
            "phase": phase(level),
            "is_current": level == top,
            "is_reached": level <= top,
            "scope": read.in_words(steps[level].scope) if level in steps else "",
            "since": steps[level].since if level in steps else None,
            "allows": [(each.says, each.leaves) for each in ACTIONS.values() if each.level == level],
        }
        for level in LEVELS
    ]


def _decided(request: HttpRequest, change: RolloutChange, now: datetime) -> str:
    if request.POST.get("do") == "agree":
        actions.agree(change=change, by=request.user, now=now)
        return f"{AREAS[change.area].label} is now in {phase(change.to_level).lower()}."
    actions.decline(change=change, by=request.user, reason=request.POST.get("reason", "")[:300], now=now)
    return "Declined. Everything stays as it is."


def _done(request: HttpRequest, found: Area, act, now: datetime) -> HttpResponse:
    try:
        messages.success(request, act())
    except Refused as refusal:
        context = _context(request, found, _form(found), now) | {"why": refusal.why}
        return render(request, "governance/rollout/area.html", context, status=STATUS[type(refusal)])
    return redirect("rollout_area", found.name)


def _crumbs(request: HttpRequest, found: Area) -> list[tuple[str, str]]:
    if not request.user.may("rollout.read"):
        return []
    return [("Rollout", reverse("rollout")), (found.label, reverse("rollout_area", args=[found.name]))]


def _find(name: str) -> Area:
    try:
        return AREAS[name]
    except KeyError:
        raise Http404 from None


def _number(text: str | None) -> int:
    return int(text) if text and text.isdecimal() and len(text) < 10 else -1
