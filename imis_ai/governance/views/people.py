"""People and rights: the list, one person, inviting, agreeing, removing."""

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from imis_ai.accounts import duties
from imis_ai.accounts.models import RightsChange, User
from imis_ai.accounts.rights import needs
from imis_ai.accounts.second_step import confirmed
from imis_ai.governance.people import changes, held, inviting, leaving, listing, review, words
from imis_ai.governance.people.forms import InviteForm, LeavingForm, RightsForm
from imis_ai.governance.refusals import Refused
from imis_ai.mirror import access
from imis_ai.ui import tables

COLUMNS = (
    tables.Column("Person"),
    tables.Column("Role"),
    tables.Column("Chapters"),
    tables.Column("Limit", "limit", "num", falls=True),
    tables.Column("Extra rights"),
    tables.Column("Last seen", "seen"),
    tables.Column("Two-step sign-in"),
    tables.Column("Decisions in 90 days", "decisions", "num", falls=True),
)


@require_safe
@needs("people.read")
def people(request: HttpRequest) -> HttpResponse:
    now, sort = timezone.now(), request.GET.get("sort", "")
    chosen = {name: request.GET.get(name, "") for name in ("role", "chapter", "dormant")}
    lines = listing.lines(
        now=now, role=chosen["role"], chapter=chosen["chapter"], only_dormant=bool(chosen["dormant"])
    )
    names = access.chapter_names()
    context = {
        "lines": _sorted(lines, sort),
        "mfa_required": settings.MFA_REQUIRED,
        "heads": tables.heads(COLUMNS, sort),
        "waiting": listing.waiting(names),
        "may_change": request.user.may("people.change"),
        "review_due": review.is_due(now=now),
        "quarter": review.quarter(now),
        "roles": User.Role.choices,
        "chapters": names.items(),
        "chosen": chosen,
        "dormant": sum(line.is_dormant for line in lines),
    }
    return render(request, "governance/people/people.html", context)


def _sorted(lines: list[listing.Line], sort: str) -> list[listing.Line]:
    keys = {
        "limit": lambda line: line.person.approval_limit,
        "seen": lambda line: line.person.last_seen_at.timestamp() if line.person.last_seen_at else 0,
        "decisions": lambda line: line.decisions,
    }
    key = keys.get(sort.lstrip("-"))
    return sorted(lines, key=key, reverse=sort.startswith("-")) if key else lines


@require_safe
@needs("people.read")
def person(request: HttpRequest, person_id: int) -> HttpResponse:
    """What one person holds and how it came."""
    found = get_object_or_404(User, pk=person_id)
    context = _person_context(request, found, RightsForm.of(held.now_of(found)))
    return render(request, "governance/people/person.html", context)


@require_POST
@needs("people.change")
@confirmed
def change(request: HttpRequest, person_id: int) -> HttpResponse:
    """A change is first shown in words, then made or asked for."""
    found = get_object_or_404(User, pk=person_id)
    before = held.now_of(found)
    form = RightsForm.of(before, request.POST)
    context = _person_context(request, found, form)
    if not form.is_valid():
        return render(request, "governance/people/person.html", context, status=422)
    after = form.held()
    if request.POST.get("step") != "do":
        gains, losses = words.gains_and_losses(before, after, access.chapter_names())
        context |= {"gains": gains, "losses": losses, "by_two": duties.by_two(before, after), "shown": True}
        return render(request, "governance/people/person.html", context)
    try:
        made = changes.change(
            person=found, after=after, reason=form.cleaned_data["reason"], by=request.user, now=timezone.now()
        )
    except Refused as refusal:
        form.add_error(None, str(refusal))
        return render(request, "governance/people/person.html", context, status=422)
    _say(request, made, found)
    return redirect("people")


def _say(request: HttpRequest, made: RightsChange, person: User) -> None:
    if made.state == RightsChange.State.DONE:
        messages.success(request, f"The rights of {person} are changed. They sign in anew.")
    else:
        messages.success(request, f"Asked. A second administrator agrees before {person}'s rights change.")


def _person_context(request: HttpRequest, person: User, form: RightsForm) -> dict:
    invited = person.invitations.filter(accepted_at=None, withdrawn_at=None).first()
    return {
        "person": person,
        "form": form,
        "holds": listing.held_words(person=person),
        "history": listing.history(person=person),
        "invited": invited,
        "may_change": request.user.may("people.change") and request.user != person,
        "is_own": request.user == person,
        "crumbs": [("People and rights", reverse("people"))],
    }


@needs("people.change")
@require_http_methods(["GET", "POST"])
@confirmed
def invite(request: HttpRequest) -> HttpResponse:
    form = InviteForm(request.POST or None, initial={"role": User.Role.MEMBERSHIP})
    if form.is_bound and form.is_valid():
        given = form.cleaned_data
        try:
            new = inviting.invite(
                username=given["username"],
                name=given["name"],
                email=given["email"],
                after=form.held(),
                by=request.user,
                now=timezone.now(),
            )
        except Refused as refusal:
            form.add_error(None, str(refusal))
        else:
            waits = "" if new.is_active else " once a second administrator has agreed"
            messages.success(request, f"{new} gets a link by e-mail{waits}. It works for 7 days.")
            return redirect("people")
    context = {"form": form, "crumbs": [("People and rights", reverse("people"))]}
    status = 422 if form.is_bound else 200
    return render(request, "governance/people/invite.html", context, status=status)


@require_POST
@needs("people.change")
@confirmed
def agree(request: HttpRequest, change_id: int) -> HttpResponse:
    """The second administrator's yes."""
    asked = get_object_or_404(RightsChange, pk=change_id)
    now = timezone.now()
    _do(request, "The rights are changed.", lambda: changes.agree(change=asked, by=request.user, now=now))
    return redirect("people")


@require_POST
@needs("people.change")
@confirmed
def decline(request: HttpRequest, change_id: int) -> HttpResponse:
    """The second administrator's no, or the first one's second thought."""
    asked = get_object_or_404(RightsChange, pk=change_id)
    now = timezone.now()
    _do(request, "Nothing changes.", lambda: changes.decline(change=asked, by=request.user, now=now))
    return redirect("people")


@require_POST
@needs("people.change")
@confirmed
def again(request: HttpRequest, person_id: int) -> HttpResponse:
    """Send a new link for choosing a password."""
    found = get_object_or_404(User, pk=person_id)
    _do(
        request,
        f"{found} gets a new link by e-mail. Earlier ones stop working.",
        lambda: inviting.invite_again(person=found, by=request.user, now=timezone.now()),
    )
    return redirect("person", person_id)


@require_POST
@needs("people.change")
@confirmed
def forget_second_step(request: HttpRequest, person_id: int) -> HttpResponse:
    found = get_object_or_404(User, pk=person_id)
    _do(
        request,
        f"{found} sets up a new second step at the next sign-in.",
        lambda: inviting.forget_second_step(person=found, by=request.user, now=timezone.now()),
    )
    return redirect("person", person_id)


@needs("people.change")
@require_http_methods(["GET", "POST"])
@confirmed
def remove(request: HttpRequest, person_id: int) -> HttpResponse:
    """End somebody's access; what is open goes to a colleague."""
    found = get_object_or_404(User, pk=person_id)
    form = LeavingForm(request.POST or None, people=leaving.successors(person=found))
    if form.is_bound and form.is_valid():
        chosen = form.cleaned_data["successor"]
        try:
            moved = leaving.remove(person=found, successor=chosen, by=request.user, now=timezone.now())
        except Refused as refusal:
            form.add_error("successor" if refusal.why.rule == "leaving" else None, str(refusal))
        else:
            over = f" {moved} open items went to {chosen}." if moved else ""
            messages.success(request, f"{found} can no longer sign in.{over}")
            return redirect("people")
    context = {
        "person": found,
        "title": f"Remove {found}",
        "form": form,
        "waiting": leaving.open_items(person=found),
        "crumbs": [
            ("People and rights", reverse("people")),
            (str(found), reverse("person", args=[found.pk])),
        ],
    }
    return render(request, "governance/people/remove.html", context, status=422 if form.is_bound else 200)


def _do(request: HttpRequest, said: str, act) -> None:
    try:
        act()
    except Refused as refusal:
        messages.warning(request, str(refusal))
    else:
        messages.success(request, said)
