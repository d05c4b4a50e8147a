"""Members at risk: the list with its side panel, one member's page, the export, the totals."""

from collections.abc import Iterable
from datetime import timedelta

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_safe

from imis_ai.accounts import actions as people
from imis_ai.accounts.models import AccessEntry
from imis_ai.accounts.rights import names_revealed, needs
from imis_ai.governance import owners
from imis_ai.mirror import access, timeline
from imis_ai.ui import exports, figures, words
from imis_ai.ui.filters import address, removable
from imis_ai.ui.tables import Column, Pages, heads
from retention.calc import moves
from retention.forms.at_risk import RiskFilterForm, chips
from retention.models import RiskScore, ScoreRun
from retention.queries import above, case, panel, worth
from retention.queries import export as csv
from retention.queries import list as risk
from retention.queries import summary as totals
from retention.queries import trends as behaviour
from retention.views import frame

COLUMNS = [
    Column("Member", "name"),
    Column("Risk, of 100", "risk", falls=True),
    Column("Lapse around", "lapse"),
    Column("Why"),
    Column("Dues", "dues", "num", falls=True),
    Column("Value", "value", "num c-value", falls=True, hint="What this member paid in the last 12 months"),
    Column("Renews", "renews", "c-renews"),
    Column(
        "At renewal", "next", "c-next num", falls=True, hint="Of 100, at the next renewal, whenever it is"
    ),
    Column("Next step", classes="c-step"),
    Column("Owner", classes="c-owner"),
]
UNSCORED_COLUMNS = [
    Column("Member", "name"),
    Column("Why there is no score"),
    Column("Dues", "dues", "num", falls=True),
    Column("Renews", "renews", "num"),
]
GRACE_COLUMNS = [
    Column("Member", "name"),
    Column("Not to renew, of 100", "risk", falls=True),
    Column("Term ended", "lapse"),
    *COLUMNS[3:6],
    *COLUMNS[-2:],
]
VIEW_COLUMNS = {"grace": GRACE_COLUMNS, "unscored": UNSCORED_COLUMNS}


@require_safe
@needs("retention.totals")
def risk_list(request: HttpRequest) -> HttpResponse:
    run = risk.current_run()
    if run is None:
        return frame.page(request, "retention/no_scores.html")
    if not request.user.may("retention.members"):
        return _totals(request, run)
    form = RiskFilterForm(request.GET)
    form.is_valid()
    filters = form.filters(request.user)
    seen = access.members(request.user, access.chapters_for(request.user).values("code"))
    if request.htmx.target == "panel":
        return _panel_only(request, run, filters, seen, form.cleaned_data.get("panel"))
    context = _list_context(request, run, filters, seen, form)
    template = "retention/_list.html" if request.htmx.target == "list" else "retention/list.html"
    return frame.page(request, template, context)


@require_safe
@needs("retention.members")
def member(request: HttpRequest, imis_id: str) -> HttpResponse:
    """One member's page. Opening it is written to the access log."""
    run = risk.current_run()
    seen = access.members(request.user)
    score = run and panel.score_of(seen=seen, run=run, imis_id=imis_id)
    if not score:
        raise Http404
    _note_opened(request, imis_id, "page")
    context = _member_context(request, run, score, risk.Filters(), days=2 * 365)
    context |= {
        "reach": timeline.reach(score.member) if _names(request) else [],
        "entries": timeline.latest(member_id=score.member_id, limit=25),
        "crumbs": [("Members at risk", reverse("risk_list"))],
        "case": case.case_of(score=score, now=timezone.now(), change=context["change"]),
        "hour": moves.HOUR,
    }
    return frame.page(request, "retention/member.html", context)


@require_safe
@needs("retention.members")
def trends(request: HttpRequest, imis_id: str) -> HttpResponse:
    """Two years of behaviour; a fragment of the member's page, and a page of its own without scripts."""
    run = risk.current_run()
    score = run and panel.score_of(seen=access.members(request.user), run=run, imis_id=imis_id)
    if not score:
        raise Http404
    _note_opened(request, imis_id, "trends")
    found = behaviour.trends(pseudonym=str(score.member.pseudonym), until=run.as_of)
    name = risk.row(score=score, measure="90", with_names=_names(request)).name
    marks = behaviour.marks(until=run.as_of)
    context = {
        "trends": [
            (trend, figures.line(trend.days, trend.values, width=260, marks=marks)) for trend in found
        ],
        "marks": marks,
        "imis_id": imis_id,
        "name": name,
        "heading": f"{name}, two years",
    }
    template = "retention/_trends.html" if request.htmx else "retention/trends.html"
    return frame.page(request, template, context)


@require_safe
@needs("retention.export")
def export(request: HttpRequest) -> HttpResponse:
    """Exactly the filtered rows, or the chosen ones among them."""
    run = risk.current_run()
    if run is None:
        raise Http404
    form = RiskFilterForm(request.GET)
    form.is_valid()
    filters = form.filters(request.user)
    scores = risk.listed(seen=access.members(request.user), run=run, filters=filters)
    people.record_access(
        by=request.user,
        what=AccessEntry.What.LIST_EXPORTED,
        now=timezone.now(),
        detail={"filters": request.GET.urlencode(), "rows": scores.count(), "as_of": run.as_of.isoformat()},
    )
    found = risk.rows(scores=scores.iterator(2000), measure=filters.measure, with_names=_names(request))
    lines = (csv.line(row, run) for row in found)
    return exports.csv_file(f"members-at-risk-{run.as_of}.csv", csv.HEADER, lines)


def _note_opened(request: HttpRequest, imis_id: str, where: str) -> None:
    """Whoever looks at one member stands in the access log, wherever they looked."""
    people.record_access(
        by=request.user,
        what=AccessEntry.What.MEMBER_OPENED,
        now=timezone.now(),
        imis_id=imis_id,
        detail={"where": where},
    )


def _names(request: HttpRequest) -> bool:
    return access.sees_names(request.user) or names_revealed(request)


def _list_context(request: HttpRequest, run: ScoreRun, filters: risk.Filters, seen, form) -> dict:
    query = request.GET
    head = above.above(seen=seen, run=run, filters=filters)
    pages = Pages.of(form.cleaned_data.get("page") or 1, head.total)
    scores = risk.page(seen=seen, run=run, filters=filters, start=pages.start, stop=pages.stop)
    with_names = _names(request)
    months = risk.renewal_months(run)
    made = chips(
        filters=filters,
        query=query,
        tiers=head.tiers,
        chapters=head.chapters,
        months=months,
        people=owners.choices(request.user),
    )
    context = {
        "form": form,
        "filters": filters,
        "summary": head.summary,
        "histogram": _histogram(filters, head.summary, run),
        "rows": list(risk.rows(scores=scores, measure=filters.measure, with_names=with_names)),
        "pages": pages,
        "heads": heads(_columns(filters, run), filters.sort),
        "by_worth": _by_worth(filters),
        "worth_method": worth.method(run).sentence,
        "tabs": _tabs(filters, head.counts),
        "segments": _horizons(filters, query),
        "chips": made,
        "removable": removable(made),
        "kept": [(name, query[name]) for name in ("view", "horizon", "sort") if query.get(name)],
        "clear": f"?view={filters.view}&horizon={filters.horizon}",
        "narrowed": any(chip.is_on for chip in made if chip.name != "band"),
        "may_export": request.user.may("retention.export"),
        "may_correct": request.user.may("retention.correct"),
        "may_assign": request.user.may("owners.assign"),
        "may_pick": request.user.may("retention.export") or request.user.may("owners.assign"),
        "names_hidden": not with_names,
        "scope_words": _scope(request.user, head.chapters),
        **_frame_context(run, filters),
    }
    context["panel_label"] = "Member"
    asked = form.cleaned_data.get("panel")
    score = asked and (_among(scores, asked) or panel.score_of(seen=seen, run=run, imis_id=asked))
    if asked and not score:
        raise Http404
    if score:
        _note_opened(request, asked, "panel")
    return context | (_member_context(request, run, score, filters, days=12 * 7) if score else {})


def _by_worth(filters: risk.Filters) -> bool:
    """Then what a call is worth stands where the value stands otherwise, and by which method it was found."""
    return filters.sort.endswith("worth") and filters.view not in VIEW_COLUMNS


def _columns(filters: risk.Filters, run: ScoreRun) -> list[Column]:
    columns = VIEW_COLUMNS.get(filters.view, COLUMNS)
    if not _by_worth(filters):
        return columns
    mode = worth.method(run).mode
    shown = Column(f"Worth ({mode})", "worth", "num c-value", falls=True, hint=worth.method(run).sentence)
    return [shown if column.sort == "value" else column for column in columns]


def _among(scores: Iterable[RiskScore], imis_id: str) -> RiskScore | None:
    return next((score for score in scores if score.member.imis_id == imis_id), None)


def _panel_only(request: HttpRequest, run: ScoreRun, filters: risk.Filters, seen, asked: str) -> HttpResponse:
    if not asked:
        return HttpResponse("")
    score = panel.score_of(seen=seen, run=run, imis_id=asked)
    if not score:
        raise Http404
    _note_opened(request, asked, "panel")
    return frame.page(
        request, "retention/_panel.html", _member_context(request, run, score, filters, days=12 * 7)
    )


def _member_context(request: HttpRequest, run: ScoreRun, score, filters: risk.Filters, *, days: int) -> dict:
    with_names = _names(request)
    measure = panel.measure(score, run, filters.horizon)
    row = risk.row(score=score, measure=measure, with_names=with_names)
    past = panel.history(score=score, run=run, measure="renewal", days=days)
    shown = panel.weekly(past, until=run.as_of)
    return {
        "member": row,
        "score": score,
        "spans": panel.spans(score),
        "past": shown,
        "change": panel.change_in_week(past),
        "line_sentence": _in_words(shown),
        "line": _line(shown, high=run.bands.high, wide=days > 100) if len(shown) > 1 else None,
        "score_share": getattr(score, f"risk_{measure}"),
        "grace_until": panel.grace_until(score, run, settings.GRACE_DAYS),
        "tenure": words.span((run.as_of - score.member.joined_on).days) if score.member.joined_on else "",
        "may_correct": request.user.may("retention.correct"),
        "names_hidden": not with_names,
        **_frame_context(run, filters),
    }


def _frame_context(run: ScoreRun, filters: risk.Filters) -> dict:
    return {
        "run": run,
        "horizon": filters.horizon,
        "day_before": run.as_of - timedelta(days=1),
        "grace_days": settings.GRACE_DAYS,
        "until": run.as_of + timedelta(days=filters.horizon),
        "high": run.bands.high,
        "medium": run.bands.medium,
        "model_label": f"{run.model_name} model {run.model_version}",
    }


def _line(past: list[panel.Past], *, high: int, wide: bool) -> figures.Line:
    return figures.line(
        [entry.day for entry in past],
        [entry.score for entry in past],
        lows=[entry.low for entry in past] if wide else (),
        highs=[entry.high for entry in past] if wide else (),
        top=100,
        limit=high,
        width=760 if wide else 340,
        height=180 if wide else 84,
    )


def _in_words(past: list[panel.Past]) -> str:
    if len(past) < 2:
        return ""
    first, last = past[0].score, past[-1].score
    course = "rose" if last > first else "fell" if last < first else "stayed the same,"
    return f"Risk {course} from {first} to {last} of 100 in {(past[-1].day - past[0].day).days // 7} weeks"


def _histogram(
    filters: risk.Filters, summary: totals.Summary | None, run: ScoreRun
) -> figures.Histogram | None:
    if summary is None or not summary.members:
        return None
    starts = [(run.bands.medium // 5 * 5, "md", "medium"), (run.bands.high // 5 * 5, "hi", "high")]
    starts = [(0, "lo", "low"), *starts] if "lo" in filters.bands else starts
    return figures.histogram(summary.by_score, starts)


def _tabs(filters: risk.Filters, counts: dict[str, int]) -> list[dict]:
    return [
        {
            "label": label,
            "address": f"?view={view}&horizon={filters.horizon}",
            "number": counts.get(view),
            "is_current": view == filters.view,
            "fragment": True,
        }
        for view, label in risk.VIEWS.items()
    ]


def _horizons(filters: risk.Filters, query) -> list[dict]:
    return [
        {
            "label": f"{days} days" if days == risk.HORIZONS[0] else str(days),
            "address": address(query, horizon=days),
            "is_current": days == filters.horizon,
        }
        for days in risk.HORIZONS
    ]


def _scope(user, chapters: list[tuple[str, str]]) -> str:
    if user.role != "chapter":
        return ""
    names = [name for _, name in chapters]
    return (
        ", ".join(names[:3]) + (f" and {len(names) - 3} more" if len(names) > 3 else "") or "No chapter yet"
    )


def _totals(request: HttpRequest, run: ScoreRun) -> HttpResponse:
    """For people who see totals and no member: the same summary, then by tier and by chapter."""
    form = RiskFilterForm(request.GET)
    form.is_valid()
    filters = risk.Filters(horizon=form.filters().horizon)
    found = above.overview(run=run, horizon=filters.horizon)
    context = {
        "summary": found.summary,
        "too_few": f"Totals are shown from {totals.SMALLEST_GROUP} members at risk.",
        "segments": _horizons(filters, request.GET),
        "tables": found.tables,
        "smallest": totals.SMALLEST_GROUP,
        **_frame_context(run, filters),
    }
    return frame.page(request, "retention/totals.html", context)
