"""Wrong? on a card, on several rows of a list, and the list of everything that staff said."""

from collections.abc import Callable
from datetime import datetime

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from imis_ai.accounts.rights import names_revealed, needs
from imis_ai.governance import corrections
from imis_ai.governance.corrections import Topic, read
from imis_ai.governance.forms.corrections import CorrectionForm, Source
from imis_ai.governance.refusals import Blocked, Changed, NotAllowed, Refused
from imis_ai.mirror import access
from imis_ai.ui import words
from imis_ai.ui.tables import Column, Pages, heads

STATUS = {NotAllowed: 403, Changed: 409, Blocked: 422}
MOST = 500  # members at once
COLUMNS = [
    Column("Member"),
    Column("It said"),
    Column("Staff say"),
    Column("By"),
    Column("Until", classes="nowrap"),
    Column("Actions"),
]


@require_http_methods(["GET", "HEAD", "POST"])
@needs("members.correct")
def wrong(request: HttpRequest, imis_id: str, card: str) -> HttpResponse:
    """The form for one card, in the dialog or as a page, and what is sent from it."""
    member = get_object_or_404(access.members(request.user), imis_id=imis_id)
    topic, now = _topic(card), timezone.localtime()
    form = _form(request, topic, now)
    why, status = None, 422 if form.is_bound else 200
    shown = topic.shown(request.user, [imis_id]).get(imis_id, corrections.Shown(""))
    if form.is_bound and form.is_valid():
        try:
            corrections.say(
                topic=topic,
                imis_id=imis_id,
                statement=form.statement(Source.CARD),
                shown=shown,
                by=request.user,
                now=now,
            )
        except Refused as refusal:
            why, status = refusal.why, STATUS[type(refusal)]
        else:
            messages.success(request, "Kept. It stands on the card, where it can be taken back.")
            return redirect(_back(request, reverse("member", args=[imis_id])))
    clear = access.sees_names(request.user) or names_revealed(request)
    context = {
        "form": form,
        "topic": topic,
        "why": why,
        "name": str(member) if clear else words.masked(str(member)),
        "imis_id": imis_id,
        "shown": shown,
        "before": corrections.standing(card=card, imis_id=imis_id, on=now.date()),
        "back": _back(request, reverse("member", args=[imis_id])),
        "crumbs": [("Members", reverse("members")), (imis_id, reverse("member", args=[imis_id]))],
        "title": f"{topic.label}: what is wrong?",
    }
    context["before_words"] = context["before"] and _in_words(context["before"], clear)
    template = "_wrong.html" if request.htmx.target == "dialog" else "wrong.html"
    return render(request, f"governance/corrections/{template}", context, status=status)


@require_http_methods(["GET", "HEAD", "POST"])
@needs("members.correct")
def several(request: HttpRequest, card: str) -> HttpResponse:
    """The same said of several members of a list."""
    topic, now = _topic(card), timezone.localtime()
    picked = list(dict.fromkeys((request.POST or request.GET).getlist("pick")))[:MOST]
    form = _form(request, topic, now)
    why, status = None, 422 if form.is_bound else 200
    shown = topic.shown(request.user, picked)
    if form.is_bound and form.is_valid():
        try:
            done = corrections.say_of_many(
                topic=topic,
                imis_ids=picked,
                statement=form.statement(Source.LIST),
                shown=shown,
                by=request.user,
                now=now,
            )
        except Refused as refusal:
            why, status = refusal.why, STATUS[type(refusal)]
        else:
            messages.success(request, _report(done))
            return redirect(_back(request, reverse("corrections")))
    context = {
        "form": form,
        "topic": topic,
        "why": why,
        "picked": picked,
        "going": len(shown),
        "limit": corrections.MOST_A_DAY,
        "back": _back(request, reverse("corrections")),
        "crumbs": [("Corrections", reverse("corrections"))],
        "title": f"{topic.label} of {words.plural(len(picked), 'member')}: what is wrong?",
    }
    return render(request, "governance/corrections/several.html", context, status=status)


@require_safe
@needs("corrections.read")
def listed(request: HttpRequest) -> HttpResponse:
    """Everything that staff said, that stands, waits for a second person or is over."""
    tab = request.GET.get("tab", "")
    tab = tab if tab in read.TABS else "standing"
    counts = read.counts(viewer=request.user)
    asked = request.GET.get("page", "")
    pages = Pages.of(int(asked) if asked.isdecimal() and len(asked) < 7 else 1, counts[tab])
    context = {
        "rows": read.listed(viewer=request.user, tab=tab, start=pages.start, stop=pages.stop),
        "pages": pages,
        "heads": heads(COLUMNS, ""),
        "tab": tab,
        "limit": corrections.MOST_A_DAY,
        "tabs": [
            {"label": label, "address": f"?tab={key}", "number": counts[key], "is_current": key == tab}
            for key, label in read.TABS.items()
        ],
    }
    return render(request, "governance/corrections/list.html", context)


@require_POST
@needs("members.correct")
def withdraw(request: HttpRequest, correction_id: int) -> HttpResponse:
    return _move(request, correction_id, corrections.withdraw, "Taken back.")


@require_POST
@needs("members.correct")
def agree(request: HttpRequest, correction_id: int) -> HttpResponse:
    return _move(request, correction_id, corrections.agree, "Agreed. The next model learns from it.")


def _move(request: HttpRequest, correction_id: int, act: Callable[..., None], said: str) -> HttpResponse:
    correction = get_object_or_404(read.visible(viewer=request.user), pk=correction_id)
    right = corrections.topic_for(card=correction.card).right
    try:
        act(correction=correction, by=request.user, now=timezone.now(), right=right)
    except Refused as refusal:
        context = {"why": refusal.why, "crumbs": [("Corrections", reverse("corrections"))]}
        return render(request, "governance/corrections/refused.html", context, status=STATUS[type(refusal)])
    messages.success(request, said)
    return redirect(_back(request, reverse("corrections")))


def _topic(card: str) -> Topic:
    if not corrections.is_card(card):
        raise Http404
    return corrections.topic_for(card=card)


def _form(request: HttpRequest, topic: Topic, now: datetime) -> CorrectionForm:
    data = request.POST if request.method == "POST" else None
    return CorrectionForm(data, topic=topic, today=now.date(), initial={"says": request.GET.get("says", "")})


def _report(done: corrections.Outcome) -> str:
    left = f" {len(done.left)} not: {done.left[0][1]}." if done.left else ""
    return f"{words.plural(len(done.done), 'member')} corrected.{left}"


def _in_words(row, is_clear: bool) -> str:
    text = row.text if is_clear else ""
    return corrections.in_words(card=row.card, says=row.says, reason=row.reason, text=text)


def _back(request: HttpRequest, default: str) -> str:
    """Where the person came from, if that is a page of ours."""
    asked = (request.POST.get("back") or request.GET.get("back") or "")[:500]
    is_ours = asked.startswith("/") and url_has_allowed_host_and_scheme(asked, allowed_hosts=None)
    return asked if is_ours else default
