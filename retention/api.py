"""Members at risk and one member's score for other systems, under the same permissions as the pages."""

from decimal import Decimal
from typing import Any

from django.utils import timezone
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.exceptions import NotFound, ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from imis_ai.governance import proposals
from imis_ai.integrations.api import reach
from imis_ai.integrations.api.answers import (
    IF_NONE_MATCH,
    PAGING,
    UNCHANGED,
    IdListSerializer,
    Pages,
    asked_ids,
    page,
    several,
    tag,
    unchanged,
)
from imis_ai.integrations.api.base import ReadView
from imis_ai.ui import words
from retention.calc import bands
from retention.calc.reasons import REASONS, ROUTES
from retention.forms.at_risk import SORTS, RiskFilterForm
from retention.forms.cohorts import CohortForm
from retention.forms.lapses import LapseFilterForm
from retention.models import Call, LapseReason, RiskScore, ScoreRun
from retention.queries import calls as listed
from retention.queries import campaigns, cohorts, lapses, panel, worth
from retention.queries import list as risk
from retention.queries.candidates import KIND
from retention.serializers import (
    CallSerializer,
    CampaignSerializer,
    CohortSerializer,
    DraftSerializer,
    LapseSerializer,
    MemberRiskSerializer,
)


def _several(name: str, about: str, choices: list[str] | None = None) -> OpenApiParameter:
    return OpenApiParameter(name, str, many=True, enum=choices, description=f"{about}; may be repeated")


FILTERS = [
    OpenApiParameter("view", str, enum=list(risk.VIEWS), description="as the tabs of the page; default all"),
    OpenApiParameter("horizon", int, enum=list(risk.HORIZONS), description="days ahead; default 90"),
    _several("band", "high, medium, low as hi, md, lo; default hi and md", ["hi", "md", "lo"]),
    _several("tier", "code of a tier"),
    _several("chapter", "code of a chapter"),
    _several("reason", "group of a factor that raises the risk", list(risk.REASONS)),
    _several("renews", "month in which the term ends, 2026-12"),
    OpenApiParameter("sort", str, enum=[sign + key for key in SORTS for sign in ("", "-")]),
]
FACTOR = ("feature", "sentence", "evidence", "weight", "direction")
COUNTED = ("drafted", "approved", "sent", "opened", "replied", "stopped")
PROPOSALS = "proposals:read"
RIGHT, SCOPE = "retention.members", "scores:read"


class MemberList(ReadView):
    right, scope = RIGHT, SCOPE

    @extend_schema(
        operation_id="retention_members",
        summary="Members at risk",
        tags=["scores"],
        parameters=[*FILTERS, *PAGING, IF_NONE_MATCH],
        responses={200: page("MemberRiskPage", MemberRiskSerializer), 304: UNCHANGED},
    )
    def get(self, request: Request) -> Response:
        """The list of the page Members at risk, with the same filters. Written to the access log."""
        run = _run()
        form = RiskFilterForm(request.query_params)
        if not form.is_valid():
            raise ValidationError(form.errors)
        etag = tag(request, run.pk, run.newest, run.data, run.said)
        if answer := unchanged(request, etag):
            return answer
        filters = form.filters()
        found = risk.listed(seen=reach.members(request), run=run, filters=filters)
        pages = Pages()
        scores = pages.paginate_queryset(found, request, view=self)
        reach.log_list(request, rows=len(scores), list="members at risk")
        with_names = reach.names(request)
        body = pages.get_paginated_response(
            [_body(run, each, filters.measure, with_names) for each in scores]
        )
        body["ETag"] = etag
        return body


class MemberScore(ReadView):
    right, scope = RIGHT, SCOPE

    @extend_schema(
        operation_id="retention_member",
        summary="One member's score",
        tags=["scores"],
        responses={200: MemberRiskSerializer},
    )
    def get(self, request: Request, imis_id: str) -> Response:
        """404 where there is no such member, or none that you may see. Written to the access log."""
        run = _run()
        score = panel.score_of(seen=reach.members(request), run=run, imis_id=imis_id.replace("\0", "\n"))
        if score is None:
            raise NotFound(reach.ABSENT)
        reach.log_member(request, imis_id)
        return Response(_body(run, score, panel.measure(score, run, 90), reach.names(request)))


class ScoreLookup(ReadView):
    right, scope = RIGHT, SCOPE

    @extend_schema(
        operation_id="retention_scores_by_id",
        summary="Scores by a list of iMIS ids",
        tags=["scores"],
        request=IdListSerializer,
        responses={200: several("ScoresFound", MemberRiskSerializer)},
    )
    def post(self, request: Request) -> Response:
        """Up to 1,000 ids at once. Written to the access log."""
        run, ids = _run(), asked_ids(request)
        found = panel.scores_of(seen=reach.members(request), run=run, imis_ids=ids)
        with_names = reach.names(request)
        reach.log_list(request, rows=len(found), list="scores by id", asked=len(ids))
        results = [
            _body(run, found[each], panel.measure(found[each], run, 90), with_names)
            for each in ids
            if each in found
        ]
        return Response({"results": results, "not_found": [each for each in ids if each not in found]})


class CallList(ReadView):
    right, scope = "retention.calls", SCOPE

    @extend_schema(
        operation_id="retention_calls",
        summary="The call list of the present period",
        tags=["scores"],
        parameters=PAGING,
        responses={200: page("CallPage", CallSerializer)},
    )
    def get(self, request: Request) -> Response:
        """In the order of worth, with talking points and outcomes. Written to the access log."""
        pages, names = Pages(), reach.names(request)
        found = listed.on_the_list(seen=reach.members(request), today=timezone.localdate())
        calls = pages.paginate_queryset(found, request, view=self)
        reach.log_list(request, rows=len(calls), list="calls")
        return pages.get_paginated_response([_call(call, names) for call in calls])


class OutreachList(ReadView):
    right, scope = RIGHT, PROPOSALS

    @extend_schema(
        operation_id="retention_outreach",
        summary="Drafts of messages to members",
        tags=["outreach"],
        parameters=[
            OpenApiParameter("state", str, enum=list(proposals.State.values), description="any without it"),
            *PAGING,
        ],
        responses={200: page("DraftPage", DraftSerializer)},
    )
    def get(self, request: Request) -> Response:
        """Newest first; a decision is made under proposals/. Written to the access log."""
        numbers = reach.members(request).values("imis_id")
        found = proposals.of_kind(kind=KIND).filter(imis_id__in=numbers)
        if state := request.query_params.get("state", ""):
            found = found.filter(state=state)
        pages = Pages()
        drafts = pages.paginate_queryset(found, request, view=self)
        reach.log_list(request, rows=len(drafts), list="outreach")
        return pages.get_paginated_response([_draft(draft) for draft in drafts])


class CampaignList(ReadView):
    right, scope = "retention.campaigns", PROPOSALS

    @extend_schema(
        operation_id="retention_campaigns",
        summary="Campaigns with what was caused",
        tags=["outreach"],
        responses={200: CampaignSerializer(many=True)},
    )
    def get(self, request: Request) -> Response:
        """Counts only, no member; groups under ten are left out."""
        found = campaigns.listed(now=timezone.now())
        shown = [each for each in found if not each.is_few]
        return Response([_campaign(each) for each in shown])


def _draft(draft: Any) -> dict:
    made, payload = draft.made_from, draft.payload
    return {
        **{name: getattr(draft, name) for name in ("id", "imis_id", "state", "created_at", "decided_at")},
        "channel": payload["channel"],
        "channel_reason": payload.get("channel_reason", ""),
        "template_version": payload["template_version"],
        "is_automatic": bool(payload.get("is_automatic")),
        **{name: made.get(name, "") for name in ("purpose", "stage", "reason", "occasion", "offer")},
    }


def _campaign(each: campaigns.Campaign) -> dict:
    kept, sums = each.kept, each.sums
    return {
        **{name: getattr(each, name) for name in ("name", "verdict", "influenced")},
        "id": each.pk,
        **{name: getattr(sums, name) for name in COUNTED},
        "staff_minutes": sums.minutes,
        "caused_members": each.caused,
        "money_kept": _money(kept and kept.value),
        "money_low": _money(kept and kept.low),
        "money_high": _money(kept and kept.high),
    }


def _call(call: Call, with_names: bool) -> dict:
    own = ("id", "points", "best_hour", "state", "outcome", "decided_at", "worth")
    name = str(call.member)
    return {
        **{key: getattr(call, key) for key in own},
        "imis_id": call.member.imis_id,
        "name": name if with_names else words.masked(name),
        "why": call.get_why_display(),
        "worth": _money(call.worth),
        "worth_by": call.method,
        "owner": str(call.owner or ""),
    }


class LapseList(ReadView):
    right, scope = RIGHT, SCOPE

    @extend_schema(
        operation_id="retention_lapses",
        summary="Why members left, by quarter",
        tags=["scores"],
        parameters=[
            OpenApiParameter("quarter", str, description="such as 2026-Q3; default the newest certain one"),
            OpenApiParameter("whose", str, enum=["ours", "theirs", "nobodys", "unknown"]),
            OpenApiParameter("route", str, enum=list(ROUTES)),
            *PAGING,
        ],
        responses={200: page("LapsePage", LapseSerializer)},
    )
    def get(self, request: Request) -> Response:
        """The list of the page Why members left. Written to the access log."""
        form = LapseFilterForm(request.query_params)
        if not form.is_valid():
            raise ValidationError(form.errors)
        filters = form.filters()
        quarter = filters.quarter or lapses.newest_quarter(timezone.localdate())
        pages, names = Pages(), reach.names(request)
        found = lapses.listed(seen=reach.members(request), filters=filters, quarter=quarter)
        rows = pages.paginate_queryset(found, request, view=self)
        reach.log_list(request, rows=len(rows), list="lapses", quarter=quarter)
        return pages.get_paginated_response([_lapse(row, names) for row in rows])


def _lapse(lapse: LapseReason, with_names: bool) -> dict:
    each, name = REASONS[lapse.said], str(lapse.member)
    chance = {"risk": lapse.chance, "low": lapse.chance_low, "high": lapse.chance_high}
    return {
        "imis_id": lapse.member.imis_id,
        "name": name if with_names else words.masked(name),
        "left_on": lapse.lapsed_on,
        "resigned": lapse.is_resigned,
        "reason": lapse.said,
        "whose": each.whose,
        "goes_to": each.route,
        "confidence": lapse.confidence,
        "said_by": lapse.chosen_by if with_names else "",
        "evidence": lapse.evidence,
        "would_return": None if lapse.chance is None else chance,
    }


class CohortList(ReadView):
    right, scope = "cohorts.read", SCOPE

    @extend_schema(
        operation_id="retention_cohorts",
        summary="Groups and how many of each will renew next quarter",
        tags=["scores"],
        parameters=[OpenApiParameter("by", str, enum=list(cohorts.BY), description="default joined")],
        responses={200: CohortSerializer(many=True)},
    )
    def get(self, request: Request) -> Response:
        """Steepest decline first. No member stands in it; groups under 10 are left out."""
        form = CohortForm(request.query_params)
        if not form.is_valid():
            raise ValidationError(form.errors)
        found = cohorts.newest()
        rows = cohorts.rows(found, by=form.group, sort=form.order) if found else []
        own = (
            "cohort",
            "members",
            "expected",
            "low",
            "high",
            "last_year",
            "change",
            "dues",
            "hours",
            "money",
        )
        return Response(
            [
                {key: getattr(row, key) for key in own}
                | {"quarter": found.body["quarter"] if found else "", "past_error": row.error}
                for row in rows
            ]
        )


def _run() -> ScoreRun:
    run = risk.current_run()
    if run is None:
        raise NotFound("There are no scores yet. They appear after the first sync and the first training.")
    return run


def _body(run: ScoreRun, score: RiskScore, measure: str, with_names: bool) -> dict:
    """As MemberRiskSerializer says, by hand: a thousand go in one answer, and serializers take long."""
    row = risk.row(score=score, measure=measure, with_names=with_names)
    return {
        **{name: getattr(row, name) for name in ("imis_id", "name", "tier", "chapter", "abstained")},
        **{name: getattr(score, name) for name in ("lapse_on", "lapse_from", "lapse_to", "renews_on")},
        "factors": [{part: factor.get(part, "") for part in FACTOR} for factor in row.factors],
        "dues": _money(row.dues),
        "value": _money(row.value),
        "worth_a_call": None if row.worth is None else round(row.worth, 2),
        "worth_by": worth.method(run).mode,
        "leave_alone_because": row.alone,
        "band": bands.NAMES.get(row.band, "").lower(),
        "within_30_days": _chance(score, "30"),
        "within_60_days": _chance(score, "60"),
        "within_90_days": _chance(score, "90"),
        "at_next_renewal": _chance(score, "renewal"),
        "as_of": run.as_of,
        "model": f"{run.model_name} {run.model_version}",
    }


def _money(amount: Decimal | float | None) -> str | None:
    return None if amount is None else f"{amount:.2f}"


def _chance(score: RiskScore, key: str) -> dict | None:
    if getattr(score, f"risk_{key}") is None:
        return None
    return {part: getattr(score, f"{part}_{key}") for part in ("risk", "low", "high")}
