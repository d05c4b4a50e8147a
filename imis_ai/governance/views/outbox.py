"""The write-back queue: what is about to change in iMIS or leave us, what was refused, what came of it."""

from datetime import datetime

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from imis_ai.accounts.rights import names_revealed, needs
from imis_ai.governance.models import OutboxMessage
from imis_ai.governance.outbox import listing, people
from imis_ai.governance.outbox.turn import has_write_account
from imis_ai.governance.refusals import NotAllowed
from imis_ai.mirror import access
from imis_ai.mirror.queries import merged_into
from imis_ai.ui import words
from imis_ai.ui.tables import Column, Pages, heads

COLUMNS = [
    Column("What"),
    Column("Target"),
    Column("Before and after"),
    Column("Count", "", "num"),
    Column("Approved by"),
    Column("Leaves", "leaves"),
    Column("Tries", "", "num"),
    Column("State"),
]


@require_safe
@needs("outbox.read")
def queue(request: HttpRequest) -> HttpResponse:
    """One tab; lines of one approval together, or one by one for a single approval."""
    now = timezone.now()
    tab = request.GET.get("tab", "waiting")
    tab = tab if tab in listing.TABS else "waiting"
    chosen = {
        "target": request.GET.get("target", "")[:60],
        "problem": request.GET.get("problem", "")[:40] if tab == "refused" else "",
        "approver": _number(request.GET.get("approver")),
        "proposal": _number(request.GET.get("proposal")),
    }
    rows = listing.narrowed(tab, **chosen)
    context = _page(request, tab, rows, chosen["proposal"]) | {
        "tab": tab,
        "tab_word": listing.TABS[tab],
        "tabs": _tabs(tab),
        "chosen": chosen,
        "targets": listing.targets_in(tab),
        "approvers": listing.approvers_in(tab),
        "groups": listing.groups(rows) if tab == "refused" else [],
        "findings": listing.findings()[:20] if tab == "refused" else [],
        "narrowed": any(chosen.values()),
        "needs_account": not has_write_account(),
        "may_act": request.user.may("outbox.act"),
        "may_name": request.user.may("outbox.names"),
        "now": now,
    }
    template = "governance/outbox/_queue.html" if request.htmx.target == "queue" else None
    return render(request, template or "governance/outbox/queue.html", context)


def _page(request: HttpRequest, tab: str, rows, proposal: int) -> dict:
    """Lines and page numbers."""
    sort = request.GET.get("sort", "")
    newest_first = sort == "-leaves" or (tab in {"sent", "undone"} and sort != "leaves")
    if proposal:
        found = rows.select_related("proposal").order_by("-pk" if newest_first else "pk")
    else:
        found = listing.bundles(rows, newest_first=newest_first)
    pages = Pages.of(_number(request.GET.get("page")) or 1, found.count())
    shown = list(found[pages.start : pages.stop])
    hidden = _hidden(request)
    lines = listing.singles(shown, hidden=hidden) if proposal else listing.lines(shown, hidden=hidden)
    return {
        "rows": [(line, _state(line)) for line in lines],
        "pages": pages,
        "heads": heads(COLUMNS, sort),
    }


def _hidden(request: HttpRequest) -> frozenset[str]:
    """Fields that hold words about people, for those who do not see who is who."""
    sees = access.sees_names(request.user) or names_revealed(request)
    return frozenset() if sees else listing.PERSONAL


def _tabs(tab: str) -> list[dict]:
    counted = listing.counts()
    return [
        {
            "label": label,
            "address": f"{reverse('outbox')}?tab={name}",
            "is_current": name == tab,
            "number": counted[name],
            "fragment": True,
        }
        for name, label in listing.TABS.items()
    ]


def _state(line: listing.Line) -> tuple[str, str]:
    """Badge text and colour of a line."""
    return state_badge(line.only) if line.only else ("", "")


def state_badge(message: OutboxMessage) -> tuple[str, str]:
    """The state in the words of a decision."""
    state = OutboxMessage.State
    match message.state:
        case state.QUEUED:
            return "Waiting", ""
        case state.SENDING:
            return "Sending", "sug"
        case state.UNKNOWN:
            return "Answer unclear", "warn"
        case state.DONE if message.problem == "differs":
            return "Differs in iMIS", "crit"
        case state.DONE:
            return ("Confirmed", "good") if message.receipt else ("Sent", "good")
        case state.DEAD | state.PARKED:
            return listing.problem_words(message.problem), "crit"
    return ("Undone", "") if message.problem in {"undone", "dropped"} else ("Not sent", "")


@require_safe
@needs("outbox.read")
def item(request: HttpRequest, message_id: int) -> HttpResponse:
    """One message: request as sent, answer, read-back, receipt, and the decision behind it."""
    message = get_object_or_404(OutboxMessage.objects.select_related("proposal", "reverses"), pk=message_id)
    context = {
        "message": message,
        "state": state_badge(message),
        "fields": listing.field_lines(message, hidden=_hidden(request)),
        "target_words": listing.TARGET_WORDS.get(message.target, message.target),
        "approvers": listing.approved_by([message.proposal_id]).get(message.proposal_id, ""),
        "retained": merged_into(message.imis_id) if message.problem == "merged" else "",
        "reversed_by": message.reversed_by.order_by("pk").first(),
        "may_act": request.user.may("outbox.act"),
        "crumbs": [("Write-back queue", reverse("outbox"))],
        "now": timezone.now(),
    }
    return render(request, "governance/outbox/item.html", context)


@require_POST
@needs("outbox.act")
def act(request: HttpRequest) -> HttpResponse:
    """Chosen lines of a tab: undo, send again, drop; or all of one reason."""
    tab = request.POST.get("tab", "waiting")
    back = f"{reverse('outbox')}?tab={tab if tab in listing.TABS else 'waiting'}"
    now, by, what = timezone.now(), request.user, request.POST.get("do", "")
    if problem := request.POST.get("problem"):
        done = people.retry_all(problem=problem, by=by, now=now)
        messages.success(request, f"{words.plural(done, 'write')} will be sent again.")
        return redirect(back)
    ids = listing.picked(tab if tab in listing.TABS else "waiting", request.POST.getlist("pick"))
    if not ids:
        messages.warning(request, "Choose at least one line first. Those that have left already stay.")
    else:
        messages.success(request, _many(what, ids, by, now))
    return redirect(back)


def _many(what: str, ids: list[int], by, now: datetime) -> str:
    """Do it and report per item."""
    if what == "undo":
        undone = people.undo_many(ids=ids, by=by, now=now)
        rest = len(ids) - undone
        late = f" {words.plural(rest, 'write')} had left already." if rest else ""
        return f"{words.plural(undone, 'write')} undone.{late}"
    if what == "drop":
        return f"{words.plural(people.drop(ids=ids, by=by, now=now), 'write')} dropped."
    sent = people.retry(ids=ids, by=by, now=now)
    rest = len(ids) - sent
    kept = f" {words.plural(rest, 'write')} need a look of their own; open them." if rest else ""
    return f"{words.plural(sent, 'write')} will be sent again.{kept}"


@require_POST
@needs("outbox.act")
def decide(request: HttpRequest, message_id: int, step: str) -> HttpResponse:
    """What a person does with one message; a refusal says why."""
    message = get_object_or_404(OutboxMessage.objects.select_related("proposal"), pk=message_id)
    try:
        messages.success(request, _one(step, message, request, timezone.now()))
    except NotAllowed as refusal:
        messages.warning(request, str(refusal))
    return redirect("outbox_item", message_id)


def _one(step: str, message: OutboxMessage, request: HttpRequest, now: datetime) -> str:
    by = request.user
    match step:
        case "undo":
            is_out = people.undo(message=message, by=by, now=now)
            return (
                "Undone. It has not left."
                if is_out
                else "It is on its way; a reversal is suggested when done."
            )
        case "retry":
            sent = people.retry(ids=[message.pk], by=by, now=now)
            return "It will be sent again." if sent else "This cannot be sent again as it is."
        case "redirect":
            return f"It goes to member {people.send_to_retained(message=message, by=by, now=now)} now."
        case "drop":
            people.drop(ids=[message.pk], by=by, reason=request.POST.get("reason", "")[:200], now=now)
            return "Dropped. It will not be sent."
        case "confirm":
            people.confirm_by_hand(message=message, imis_key=request.POST.get("key", ""), by=by, now=now)
            return "Confirmed. It counts as sent."
        case "ours":
            people.keep_ours(message=message, by=by, now=now)
            return "Ours will be written again."
        case "theirs":
            people.keep_theirs(message=message, by=by, now=now)
            return "iMIS' value is kept."
    raise Http404


def _number(text: str | None) -> int:
    return int(text) if text and text.isdigit() and len(text) < 10 else 0
