"""Chapters and committees: how they take part, and whom a liaison is asked to call."""

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from imis_ai.accounts import actions as people
from imis_ai.accounts.models import AccessEntry
from imis_ai.accounts.rights import names_revealed, needs
from imis_ai.governance.refusals import Refused
from imis_ai.mirror import access
from imis_ai.ui import exports, words
from imis_ai.ui.tables import Column, heads
from retention import actions
from retention.queries import chapters
from retention.views import frame

COLUMNS = [
    Column("Chapter", "name"),
    Column("Members", "members", "num", falls=True),
    Column(
        "Engagement, of 100", "score", "num", falls=True, hint="Meetings 50, committee roles 30, shifts 20"
    ),
    Column("Change", "change", "num", hint="Against half a year ago"),
    Column("Silent volunteers", "silent", "num", falls=True, hint="Hold a role and did nothing for 120 days"),
    Column("To call", "call", "num", falls=True, hint="Left a role, silent, or take part much less"),
    Column("Liaison"),
]
PEOPLE = [
    Column("Member"),
    Column("Engagement", "", "num"),
    Column("Change", "", "num"),
    Column("Why"),
    Column("Roles"),
]


@require_safe
@needs("chapters.read")
def listed(request: HttpRequest) -> HttpResponse:
    """Every chapter that the person sees, the average of all, committees; members to call in one of them."""
    seen = access.members(request.user)
    sort = request.GET.get("sort", "")
    sort = sort if sort.lstrip("-") in chapters.SORTS else "change"
    rows = chapters.rows(seen=seen, sort=sort)
    code = request.GET.get("chapter", "")
    chosen = next((row for row in rows if row.code == code), None)
    if code and chosen is None:
        raise Http404
    context = {
        "rows": rows,
        "average": chapters.average(seen=seen),
        "committees": chapters.committees(seen=seen),
        "heads": heads(COLUMNS, sort),
        "chosen": chosen,
        "as_of": chapters.as_of(),
        "may_act": request.user.may("chapters.act"),
        "may_export": request.user.may("retention.export"),
    }
    if chosen:
        context |= _people(request, seen, code)
    return frame.page(request, "retention/chapters/list.html", context)


@require_POST
@needs("chapters.act")
def ask(request: HttpRequest) -> HttpResponse:
    """Call tasks for the liaisons of the chosen members."""
    picks = request.POST.getlist("pick")[:50]
    try:
        done, refused = actions.chapters.ask_liaisons(picks=picks, by=request.user, now=timezone.now())
    except Refused as refusal:
        messages.warning(request, str(refusal))
        return redirect("chapters")
    if done:
        messages.success(request, f"{words.plural(done, 'call task')} leave for iMIS in 10 minutes.")
    if refused:
        messages.warning(request, f"{words.plural(len(refused), 'member')} not: {'; '.join(refused[:3])}")
    if not done and not refused:
        messages.warning(request, "No member was chosen. Tick whom the liaison should call.")
    return redirect(f"{reverse('chapters')}?chapter={request.POST.get('chapter', '')[:60]}")


@require_safe
@needs("retention.export")
def export(request: HttpRequest) -> HttpResponse:
    """Chapters with their figures, as far as this person sees members."""
    rows = chapters.rows(seen=access.members(request.user), sort="name")
    people.record_access(
        by=request.user,
        what=AccessEntry.What.LIST_EXPORTED,
        now=timezone.now(),
        detail={"list": "chapters", "rows": len(rows)},
    )
    name = f"chapters-{timezone.localdate()}.csv"
    return exports.csv_file(name, chapters.HEADER, map(chapters.line, rows))


def _people(request: HttpRequest, seen, code: str) -> dict:
    with_names = access.sees_names(request.user) or names_revealed(request)
    found = chapters.to_call(seen=seen, chapter=code, with_names=with_names)
    people.record_access(
        by=request.user,
        what=AccessEntry.What.LIST_EXPORTED,
        now=timezone.now(),
        detail={"list": "members to call", "chapter": code, "rows": len(found), "where": "page"},
    )
    return {"people": found, "people_heads": heads(PEOPLE, ""), "names_hidden": not with_names}
