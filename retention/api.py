"""Members at risk and one member's score for other systems, under the same permissions as the pages."""

from django.utils import timezone
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.exceptions import NotFound, ValidationError
from rest_framework.pagination import LimitOffsetPagination
from rest_framework.permissions import BasePermission, IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from imis_ai.accounts import actions as people
from imis_ai.accounts.models import AccessEntry
from imis_ai.accounts.rights import names_revealed
from imis_ai.mirror import access
from retention.calc import bands
from retention.forms import SORTS, RiskFilterForm
from retention.models import RiskScore, ScoreRun
from retention.queries import list as risk
from retention.queries import panel
from retention.serializers import MemberRiskPageSerializer, MemberRiskSerializer, ProblemSerializer


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
    OpenApiParameter("limit", int, description="1 to 200; default 50"),
    OpenApiParameter("offset", int),
]
PROBLEMS = {400: ProblemSerializer, 403: ProblemSerializer, 404: ProblemSerializer}


class SeesMembers(BasePermission):
    message = "Your role sees totals, not members."

    def has_permission(self, request: Request, view: APIView) -> bool:
        return request.user.may("retention.members")


class Pages(LimitOffsetPagination):
    default_limit = 50
    max_limit = 200


class MemberList(APIView):
    right = "retention.members"
    permission_classes = [IsAuthenticated, SeesMembers]

    @extend_schema(
        operation_id="retention_members",
        summary="Members at risk",
        parameters=FILTERS,
        responses={200: MemberRiskPageSerializer, **PROBLEMS},
    )
    def get(self, request: Request) -> Response:
        """The list of the page Members at risk, with the same filters."""
        run = _run()
        form = RiskFilterForm(request.query_params)
        if not form.is_valid():
            raise ValidationError(form.errors)
        filters = form.filters()
        found = risk.listed(seen=access.members(request.user), run=run, filters=filters)
        pages = Pages()
        scores = pages.paginate_queryset(found, request, view=self)
        return pages.get_paginated_response([_body(request, run, score, filters.measure) for score in scores])


class MemberScore(APIView):
    right = "retention.members"
    permission_classes = [IsAuthenticated, SeesMembers]

    @extend_schema(
        operation_id="retention_member",
        summary="One member's score",
        responses={200: MemberRiskSerializer, 403: ProblemSerializer, 404: ProblemSerializer},
    )
    def get(self, request: Request, imis_id: str) -> Response:
        """404 where there is no such member, or none that you may see. Written to the access log."""
        run = _run()
        score = panel.score_of(seen=access.members(request.user), run=run, imis_id=imis_id)
        if score is None:
            raise NotFound("There is no such member, or none that you may see.")
        people.record_access(
            by=request.user,
            what=AccessEntry.What.MEMBER_OPENED,
            now=timezone.now(),
            imis_id=imis_id,
            detail={"where": "api"},
        )
        return Response(_body(request, run, score, panel.measure(score, run, 90)))


def _run() -> ScoreRun:
    run = risk.current_run()
    if run is None:
        raise NotFound("There are no scores yet. They appear after the first sync and the first training.")
    return run


def _body(request: Request, run: ScoreRun, score: RiskScore, measure: str) -> dict:
    with_names = access.sees_names(request.user) or names_revealed(request)
    row = risk.row(score=score, measure=measure, with_names=with_names)
    body = {
        **{
            name: getattr(row, name)
            for name in ("imis_id", "name", "tier", "chapter", "factors", "abstained")
        },
        **{name: getattr(score, name) for name in ("lapse_on", "lapse_from", "lapse_to", "renews_on")},
        "dues": row.dues,
        "value": row.value,
        "band": bands.NAMES.get(row.band, "").lower(),
        "within_30_days": _chance(score, "30"),
        "within_60_days": _chance(score, "60"),
        "within_90_days": _chance(score, "90"),
        "at_next_renewal": _chance(score, "renewal"),
        "as_of": run.as_of,
        "model": f"{run.model_name} {run.model_version}",
    }
    return MemberRiskSerializer(body).data


def _chance(score: RiskScore, key: str) -> dict | None:
    if getattr(score, f"risk_{key}") is None:
        return None
    return {part: getattr(score, f"{part}_{key}") for part in ("risk", "low", "high")}
