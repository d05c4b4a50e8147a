"""Members: the list with its search and filters, and its export."""

from collections.abc import Iterator

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from imis_ai.accounts import actions as people
from imis_ai.accounts.models import AccessEntry
from imis_ai.accounts.rights import names_revealed, needs
from imis_ai.mirror import access, kept, members
from imis_ai.ui import exports, navigation
from imis_ai.ui.filters import removable
from imis_ai.ui.tables import Column, Pages, heads
from imis_ai.views.member_filters import MemberFilterForm, chips

COLUMNS = [
    Column("Member", "name"),
    Column("Tier", "tier", "c-tier"),
    Column("Chapter", "chapter", "c-chapter"),
    Column("Joined", "joined", "c-joined"),
    Column("Renews", "renews", "c-until", hint="The day to which dues are paid"),
]
HEADER = ["imis_id", "name", "email", "employer", "status", "tier", "chapter", "joined_on", "paid_through"]


@require_safe
@needs("members.read")
def listed(request: HttpRequest) -> HttpResponse:
    """Who is this, and is anything open?"""
    viewer, with_names = request.user, _names(request)
    seen = access.members(
        viewer, access.chapters_for(viewer).values("code")
    )  # within the queries that follow
    form, filters = _asked(request)
    head = members.above(seen=seen, filters=filters, with_names=with_names, data=_data(request))
    pages = Pages.of(form.cleaned_data.get("page") or 1, head.total)
    shown = members.page(
        seen=seen, filters=filters, with_names=with_names, start=pages.start, stop=pages.stop
    )
    made = chips(filters=filters, query=request.GET, head=head, viewer=viewer)
    extras = members.extras(viewer)
    context = {
        "rows": members.rows(members=shown, viewer=viewer, with_names=with_names),
        "pages": pages,
        "heads": heads([*COLUMNS, *(column for extra in extras for column in extra.columns)], filters.sort),
        "find": {"asked": filters.asked, "label": _search_label(with_names)},
        "chips": made,
        "removable": [*_searched(filters), *removable(made)],
        "narrowed": bool(filters.asked) or any(each.is_on for each in made),
        "kept": [("sort", filters.sort)] if request.GET.get("sort") else [],
        "clear": "?",
        "names_hidden": not with_names,
        "may_export": viewer.may("members.export"),
        "may_assign": viewer.may("owners.assign"),
        "may_pick": viewer.may("members.export") or viewer.may("owners.assign"),
        "scope_words": _scope(viewer, head.chapters),
    }
    template = "members/_list.html" if request.htmx.target == "list" else "members/list.html"
    return render(request, template, context)


@require_safe
@needs("members.export")
def export(request: HttpRequest) -> HttpResponse:
    """Exactly the filtered rows, or the chosen ones among them. That it was made is in the access log."""
    seen, with_names = access.members(request.user), _names(request)
    _, filters = _asked(request)
    people.record_access(
        by=request.user,
        what=AccessEntry.What.LIST_EXPORTED,
        now=timezone.now(),
        detail={
            "page": "members",
            "filters": request.GET.urlencode(),
            "rows": members.matching(seen, filters, with_names).count(),
        },
    )
    extras = members.extras(request.user)
    header = [*HEADER, *(name for extra in extras for name in extra.header)]
    parts = members.export(seen=seen, filters=filters, with_names=with_names)
    name = f"members-{filters.today}.csv"
    return exports.csv_file(name, header, _lines(parts, request.user, with_names))


def _lines(parts: Iterator[list], viewer, with_names: bool) -> Iterator[list[object]]:
    for part in parts:
        for row in members.rows(members=part, viewer=viewer, with_names=with_names):
            own = [getattr(row, name) for name in HEADER]
            yield own + [value for extra, cell in row.cells for value in extra.line(cell)]


def _data(request: HttpRequest) -> str:
    """The version of the data; the frame reads how fresh it is anyway."""
    request.freshness = navigation.freshness(timezone.localtime())
    return request.freshness.data or kept.current()


def _asked(request: HttpRequest) -> tuple[MemberFilterForm, members.Filters]:
    form = MemberFilterForm(request.GET)
    form.is_valid()
    return form, form.filters(timezone.localdate(), request.user)


def _names(request: HttpRequest) -> bool:
    return access.sees_names(request.user) or names_revealed(request)


def _search_label(with_names: bool) -> str:
    return "Name, number, e-mail or employer" if with_names else "Member number"


def _searched(filters: members.Filters) -> list[tuple[str, str]]:
    return [(f"Search: {filters.asked}", "?")] if filters.asked else []


def _scope(viewer, chapters: members.Pairs) -> str:
    if viewer.role != "chapter":
        return ""
    names = [name for _, name in chapters]
    more = f" and {len(names) - 3} more" if len(names) > 3 else ""
    return ", ".join(names[:3]) + more or "No chapter yet"
