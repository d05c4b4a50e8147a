"""Members who wait for a person: one list, one button."""

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from imis_ai.accounts.rights import needs
from imis_ai.governance.messages import answers as queries
from imis_ai.governance.messages import ledger
from imis_ai.ui.tables import Column, Pages, heads

COLUMNS = [
    Column("Member"),
    Column("Why"),
    Column("What they wrote"),
    Column("Waits since"),
    Column("Actions", "", "num"),
]


@require_safe
@needs("messages.answers")
def answers(request: HttpRequest) -> HttpResponse:
    asked = request.GET.get("page", "")
    number = int(asked) if asked.isdecimal() else 1
    pages = Pages.of(number, queries.count(viewer=request.user))
    rows = queries.waiting(viewer=request.user, start=pages.start, stop=pages.stop)
    context = {"rows": rows, "pages": pages, "heads": heads(COLUMNS, "")}
    return render(request, "governance/answers.html", context)


@require_POST
@needs("messages.answers")
def answered(request: HttpRequest, item_id: int) -> HttpResponse:
    """Somebody took care of it."""
    item = queries.one(viewer=request.user, pk=item_id)
    if item is None:
        raise Http404
    is_mine = ledger.done(item=item, by=request.user, now=timezone.now(), note=request.POST.get("note", ""))
    messages.success(request, "Done." if is_mine else "A colleague was faster; it is done already.")
    return redirect("answers")
