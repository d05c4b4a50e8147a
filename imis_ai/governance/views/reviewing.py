"""The review queue: one case at a time, the model's answer afterwards; agreement so far beside it."""

from datetime import datetime

from django.contrib import messages
from django.core import signing
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from imis_ai.accounts.rights import needs
from imis_ai.governance.models import ReviewItem
from imis_ai.governance.refusals import Blocked, Changed, NotAllowed, Refused, WhyNot
from imis_ai.governance.reviewing import read
from imis_ai.governance.reviewing import say as actions
from imis_ai.governance.reviewing.queues import QUEUES, Queue
from imis_ai.ui import words

STATUS = {NotAllowed: 403, Changed: 409, Blocked: 422}
SHOWN = 30
SALT = "review.opened"


@require_safe
@needs("review.judge")
def queues(request: HttpRequest) -> HttpResponse:
    """The queues of this person; a single one at once."""
    own = [queue for queue in QUEUES.values() if request.user.may(queue.right)]
    if len(own) == 1:
        return redirect("review_queue", own[0].name)
    rows = [(queue, read.waiting(queue=queue, viewer=request.user).count()) for queue in own]
    return render(request, "governance/reviewing/queues.html", {"rows": rows})


@require_http_methods(["GET", "HEAD", "POST"])
@needs("review.judge")
def queue_page(request: HttpRequest, queue: str) -> HttpResponse:
    """The next case; a judgement is kept and the following case shown."""
    found, now = _find(request, queue), timezone.now()
    if request.method != "POST":
        return _shown(request, found, now)
    try:
        item = _item(request, found)
        said = actions.say(
            queue=found,
            item=item,
            says=request.POST.get("says", ""),
            opened_at=_opened(request),
            by=request.user,
            now=now,
        )
    except Refused as refusal:
        return _shown(request, found, now, refusal)
    messages.success(request, _told(found, said))
    return redirect("review_queue", found.name)


@require_POST
@needs("review.judge")
def take(request: HttpRequest, queue: str) -> HttpResponse:
    """Put one's name on the next ones."""
    found = _find(request, queue)
    taken = actions.take(queue=found, by=request.user, now=timezone.now())
    messages.success(request, f"{words.plural(taken, 'case')} taken." if taken else "Nothing is free.")
    return redirect("review_queue", found.name)


def _shown(request: HttpRequest, queue: Queue, now: datetime, refusal: Refused | None = None) -> HttpResponse:
    rows = list(read.waiting(queue=queue, viewer=request.user)[:SHOWN])
    current = rows[0] if rows else None
    context = {
        "queue": queue,
        "rows": rows,
        "number": read.waiting(queue=queue, viewer=request.user).count() if len(rows) == SHOWN else len(rows),
        "current": current,
        "facts": queue.facts(request.user, current.imis_id, current.as_of) if current else [],
        "answers": [(str(key), *answer) for key, answer in enumerate(queue.answers, 1)],
        "opened": signing.dumps(now.isoformat(), salt=SALT),
        "agreement": read.agreement(queue=queue.name, now=now, by=request.user),
        "free": sum(row.owner_id is None for row in rows),
        "why": refusal.why if refusal else None,
    }
    status = STATUS[type(refusal)] if refusal else 200
    return render(request, "governance/reviewing/queue.html", context, status=status)


def _told(queue: Queue, item: ReviewItem) -> str:
    """What the model said, now that the person has chosen."""
    labels = dict(queue.answers)
    if item.known_answer:
        right = "That is what happened" if item.says == item.known_answer else "It came otherwise"
        return f"A known case. {right}: {labels[item.known_answer].lower()}."
    return f"You: {labels[item.says].lower()}. The model: {labels[item.model_says].lower()}, {item.shown}."


def _find(request: HttpRequest, name: str) -> Queue:
    queue = QUEUES.get(name)
    if queue is None or not request.user.may(queue.right):
        raise Http404
    return queue


def _item(request: HttpRequest, queue: Queue) -> ReviewItem:
    """One that this person may see; whatever else is as if it were gone. Raises Changed."""
    text = request.POST.get("item", "")
    number = int(text) if text.isdecimal() and len(text) < 19 else 0
    item = read.visible(queue=queue, viewer=request.user).filter(pk=number).first()
    if item is None:
        raise Changed(WhyNot("This case is gone.", rule="review queue", next_step="Go on with the next."))
    return item


def _opened(request: HttpRequest) -> datetime | None:
    """When the case was shown, as the page itself said; a changed stamp says nothing."""
    try:
        return parse_datetime(signing.loads(request.POST.get("opened", ""), salt=SALT, max_age=86_400))
    except signing.BadSignature:
        return None
