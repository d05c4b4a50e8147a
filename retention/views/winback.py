"""Who left and may come back: the list, the composer of one member, drafts for several, offers by reason."""

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
from imis_ai.ui.filters import removable
from imis_ai.ui.tables import Column, Pages, heads
from retention import actions
from retention.calc.reasons import REASONS
from retention.forms.winback import DraftForm, OfferForm, WinBackFilterForm, chips
from retention.queries import winback
from retention.views import frame

COLUMNS = [
    Column("Member", "member"),
    Column("Left", "left", falls=True),
    Column("Main reason"),
    Column("Evidence"),
    Column("Would return, of 100", "chance", "c-score", falls=True, hint="Within a year from today"),
    Column("Offer"),
    Column("Cost", classes="num"),
    Column("State", classes="c-step"),
]
NAMED = 6  # members named when some could not be drafted


@require_safe
@needs("winback.read")
def candidates(request: HttpRequest) -> HttpResponse:
    return _page(request)


def _page(request: HttpRequest, outcome: dict | None = None, status: int = 200) -> HttpResponse:
    form = WinBackFilterForm(request.GET)
    form.is_valid()
    filters, today = form.filters(), timezone.localdate()
    seen = access.members(request.user)
    found = winback.candidates(seen=seen, filters=filters, today=today)
    counts = winback.counts(seen=seen, filters=filters, today=today)
    pages = Pages.of(form.cleaned_data.get("page") or 1, found.count())
    matches = winback.matches()
    offers = sorted({match.version.offer.name for match in matches.values() if match})
    made = chips(filters=filters, query=request.GET, offers=offers)
    with_names = access.sees_names(request.user) or names_revealed(request)
    context = {
        "rows": winback.rows(found[pages.start : pages.stop], with_names=with_names, today=today),
        "pages": pages,
        "heads": heads(COLUMNS, filters.sort),
        "tabs": _tabs(filters, counts),
        "filters": filters,
        "chips": made,
        "removable": removable(made),
        "kept": [("view", filters.view)],
        "clear": f"?view={filters.view}",
        "narrowed": any(chip.is_on for chip in made),
        "budget": winback.budget(),
        "study": winback.study(),
        "mapping": _mapping(matches),
        "may_write": request.user.may("winback.write"),
        "may_export": request.user.may("retention.export"),
        "query": f"?{request.GET.urlencode()}" if request.GET else "",
        "most": actions.MOST_WIN_BACKS,
    }
    return frame.page(request, "retention/winback/page.html", context | (outcome or {}), status=status)


@require_safe
@needs("winback.read")
def member(request: HttpRequest, imis_id: str) -> HttpResponse:
    """What a draft to one member would be made of. Opening it is written to the access log."""
    now, today = timezone.now(), timezone.localdate()
    lapse = winback.one(seen=access.members(request.user), imis_id=imis_id, today=today)
    if lapse is None:
        raise Http404
    people.record_access(
        by=request.user,
        what=AccessEntry.What.MEMBER_OPENED,
        now=now,
        imis_id=imis_id,
        detail={"where": "win-back"},
    )
    with_names = access.sees_names(request.user) or names_revealed(request)
    row = winback.rows([lapse], with_names=with_names, today=today)[0]
    context = {
        "row": row,
        "lapse": lapse,
        "made": winback.composed_of(lapse, now),
        "is_mailed": REASONS[lapse.said].route in winback.MAILED,
        "may_write": request.user.may("winback.write"),
        "crumbs": [("Win-back", reverse("win_back"))],
    }
    return frame.page(request, "retention/winback/member.html", context)


@require_POST
@needs("winback.write")
def draft(request: HttpRequest) -> HttpResponse:
    """Drafts for the chosen members; each that gets none is named with the rule."""
    form = DraftForm(request.POST)
    form.is_valid()
    seen = access.members(request.user)
    chosen = list(seen.filter(imis_id__in=form.cleaned_data["pick"]).values_list("imis_id", flat=True))
    if not chosen:
        messages.warning(request, "Nobody is chosen. Tick members first.")
        return redirect("win_back")
    try:
        made = actions.draft_win_backs(imis_ids=chosen, by=request.user, now=timezone.now())
    except Refused as refusal:
        return _page(request, {"why": refusal.why}, status=422)
    if made.drafts:
        said = f"{words.plural(len(made.drafts), 'draft')} made. A person approves each before it leaves."
        messages.success(request, said)
    if not made.left_out:
        return redirect("win_back")
    return _page(request, {"left_out": _why(made.left_out), "not_drafted": len(made.left_out)})


@require_POST
@needs("winback.write")
def offer(request: HttpRequest) -> HttpResponse:
    """Which offer goes with a reason."""
    form = OfferForm(request.POST)
    if not form.is_valid():
        messages.warning(request, "Choose a reason and an offer of the list.")
        return redirect("win_back")
    try:
        actions.choose_offer(**form.cleaned_data, by=request.user, now=timezone.now())
    except Refused as refusal:
        return _page(request, {"why": refusal.why}, status=422)
    messages.success(request, "Kept. The next drafts use it.")
    return redirect("win_back")


@require_safe
@needs("retention.export")
def export(request: HttpRequest) -> HttpResponse:
    """Exactly the members listed."""
    form = WinBackFilterForm(request.GET)
    form.is_valid()
    today = timezone.localdate()
    found = winback.candidates(seen=access.members(request.user), filters=form.filters(), today=today)
    people.record_access(
        by=request.user,
        what=AccessEntry.What.LIST_EXPORTED,
        now=timezone.now(),
        detail={"list": "win-back", "filters": request.GET.urlencode(), "rows": found.count()},
    )
    with_names = access.sees_names(request.user) or names_revealed(request)
    lines = winback.lines(found, with_names=with_names, today=today)
    return exports.csv_file(f"win-back-{today}.csv", winback.HEADER, lines)


def _tabs(filters: winback.Filters, counts: dict[str, int]) -> list[dict]:
    return [
        {
            "label": label,
            "address": f"?view={view}",
            "number": counts[view],
            "is_current": view == filters.view,
            "fragment": False,
        }
        for view, label in winback.VIEWS.items()
    ]


def _mapping(matches: dict) -> list[dict]:
    """Reasons that are written to, the offer of each, and what else fits."""
    return [
        {"key": key, "label": each.label, "match": matches[key], "choices": winback.choices(key)}
        for key, each in REASONS.items()
        if each.route in winback.MAILED
    ]


def _why(left_out: dict) -> list[tuple[str, list[str]]]:
    """The rule in a sentence, and the members it stands against."""
    found: dict[str, list[str]] = {}
    for imis_id, why in left_out.items():
        found.setdefault(str(why), []).append(imis_id)
    return [
        (said, [*ids[:NAMED], *([f"and {len(ids) - NAMED} more"] if len(ids) > NAMED else [])])
        for said, ids in found.items()
    ]
