"""Alerts and chapters as other systems read them, under the same permissions as the pages."""

from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from imis_ai.integrations.api import reach
from imis_ai.integrations.api.answers import PAGING, Pages, page
from imis_ai.integrations.api.base import ReadView
from retention.forms.alerts import AlertFilterForm
from retention.models import Alert
from retention.queries import alerts, chapters


class FactSerializer(serializers.Serializer):
    on = serializers.DateField()
    what = serializers.CharField()
    source = serializers.CharField()


class AlertSerializer(serializers.Serializer):
    """One alert: what was found about a member, what is at stake, the suggested step."""

    id = serializers.IntegerField()
    imis_id = serializers.CharField()
    name = serializers.CharField(help_text="initials where you may not see names")
    chapter = serializers.CharField(allow_blank=True)
    signal = serializers.ChoiceField(choices=["failed", "asked", "dear_area", "industry", "rival"])
    state = serializers.ChoiceField(choices=["open", "done", "dismissed", "over"])
    newest_on = serializers.DateField()
    money = serializers.DecimalField(max_digits=14, decimal_places=2, allow_null=True)
    suggested = serializers.CharField()
    owner = serializers.CharField(allow_blank=True)
    facts = FactSerializer(many=True)


class ChapterSerializer(serializers.Serializer):
    """How the members of a chapter take part, from 0 to 100, on average."""

    code = serializers.CharField()
    name = serializers.CharField()
    members = serializers.IntegerField()
    score = serializers.FloatField(allow_null=True)
    change = serializers.FloatField(allow_null=True, help_text="against half a year ago")
    silent = serializers.IntegerField(help_text="hold a role and did nothing for 120 days")
    call = serializers.IntegerField(help_text="whom a liaison should call")
    liaison = serializers.CharField(allow_blank=True)


class AlertList(ReadView):
    right, scope = "alerts.read", "alerts:read"

    @extend_schema(
        operation_id="retention_alerts",
        summary="Alerts",
        tags=["alerts"],
        parameters=[
            OpenApiParameter("tab", str, enum=list(alerts.TABS), description="as the page; default payment"),
            OpenApiParameter("signal", str, many=True, enum=[name for name, _ in alerts.SIGNALS]),
            OpenApiParameter("chapter", str, many=True, description="code of a chapter; may be repeated"),
            *PAGING,
        ],
        responses={200: page("AlertPage", AlertSerializer)},
    )
    def get(self, request: Request) -> Response:
        """Trouble with paying and new employers, with their facts. Written to the access log."""
        form = AlertFilterForm(request.query_params)
        if not form.is_valid():
            raise ValidationError(form.errors)
        found = alerts.listed(seen=reach.members(request), filters=form.filters(), viewer=request.user)
        pages = Pages()
        chosen = pages.paginate_queryset(found, request, view=self)
        reach.log_list(request, rows=len(chosen), list="alerts")
        with_names = reach.names(request)
        return pages.get_paginated_response([_alert(each, with_names) for each in chosen])


class ChapterList(ReadView):
    right, scope = "chapters.read", "scores:read"

    @extend_schema(
        operation_id="retention_chapters",
        summary="Chapters",
        tags=["scores"],
        responses={200: ChapterSerializer(many=True)},
    )
    def get(self, request: Request) -> Response:
        """How each chapter's members take part, those with the weakest change first. No names."""
        found = chapters.rows(seen=reach.members(request))
        return Response([{name: getattr(row, name) for name in ChapterSerializer().fields} for row in found])


def _alert(alert: Alert, with_names: bool) -> dict:
    row = alerts.row(alert=alert, with_names=with_names)
    return {
        "id": row.pk,
        **{name: getattr(row, name) for name in ("imis_id", "name", "chapter", "suggested", "owner")},
        **{name: getattr(alert, name) for name in ("signal", "state", "newest_on")},
        "money": None if row.money is None else f"{row.money:.2f}",
        "facts": alert.evidence,
    }
