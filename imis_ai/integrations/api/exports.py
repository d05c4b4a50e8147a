"""Tables for a warehouse: asked for, followed, taken within a day."""

from typing import Any

from django.http import HttpResponse
from django.utils import timezone
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework import serializers
from rest_framework.exceptions import NotFound
from rest_framework.request import Request
from rest_framework.response import Response

from imis_ai.governance.refusals import Blocked
from imis_ai.integrations.actions import exports as actions
from imis_ai.integrations.api import reach
from imis_ai.integrations.api.base import ReadView
from imis_ai.integrations.api.proposals import Conflict
from imis_ai.integrations.api.schema import ProblemSerializer
from imis_ai.integrations.queries import exports
from imis_ai.integrations.warehouse.dump import FORMS

ABSENT = "There is no such export of yours."


class ExportSerializer(serializers.Serializer):
    id = serializers.IntegerField()
    format = serializers.ChoiceField(choices=FORMS, source="form")
    state = serializers.ChoiceField(choices=["waiting", "ready", "failed", "removed"])
    with_names = serializers.BooleanField()
    asked_at = serializers.DateTimeField()
    ready_at = serializers.DateTimeField(allow_null=True)
    expires_at = serializers.DateTimeField(allow_null=True, help_text="24 hours after it was made")
    rows = serializers.DictField(child=serializers.IntegerField(), help_text="by table")
    size = serializers.IntegerField(help_text="bytes")


class AskSerializer(serializers.Serializer):
    format = serializers.ChoiceField(choices=FORMS)
    reason = serializers.CharField(max_length=200, required=False, default="", allow_blank=True)


class ExportListView(ReadView):
    right, scope = "exports.make", "exports:read"

    @extend_schema(
        operation_id="ask_for_export",
        summary="Ask for an export",
        tags=["exports"],
        request=AskSerializer,
        responses={202: ExportSerializer, 409: ProblemSerializer},
    )
    def post(self, request: Request) -> Response:
        """All tables as you may see them; a job makes the file. 409 while three of yours are being made."""
        form = AskSerializer(data=request.data)
        form.is_valid(raise_exception=True)
        given = form.validated_data
        try:
            made = actions.ask(
                form=given["format"],
                with_names=reach.names(request),
                reason=given["reason"],
                client=reach.client_of(request),
                by=request.user,
                now=timezone.now(),
            )
        except Blocked as refusal:
            raise Conflict(str(refusal)) from None
        return Response(ExportSerializer(made).data, status=202)


class ExportView(ReadView):
    right, scope = "exports.make", "exports:read"

    @extend_schema(
        operation_id="export", summary="One export", tags=["exports"], responses={200: ExportSerializer}
    )
    def get(self, request: Request, export_id: int) -> Response:
        return Response(ExportSerializer(_one(request, export_id)).data)


class ExportFileView(ReadView):
    right, scope = "exports.make", "exports:read"

    @extend_schema(
        operation_id="export_file",
        summary="The file of an export",
        tags=["exports"],
        responses={
            (200, "application/zip"): OpenApiResponse(OpenApiTypes.BINARY, "A zip with one file per table."),
            409: ProblemSerializer,
        },
    )
    def get(self, request: Request, export_id: int) -> HttpResponse:
        """409 while it is being made and after its day. Written to the audit log and the access log."""
        found = _one(request, export_id)
        try:
            content = actions.take(export=found, by=request.user, now=timezone.now())
        except Blocked as refusal:
            raise Conflict(str(refusal)) from None
        return as_file(found, content)


def as_file(export: Any, content: bytes) -> HttpResponse:
    name = f"imis_ai-{export.ready_at:%Y%m%d-%H%M}-{export.form}.zip"
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return HttpResponse(content, content_type="application/zip", headers=headers)


def _one(request: Request, export_id: int) -> Any:
    found = exports.own(person=request.user, client=reach.client_of(request)).filter(pk=export_id).first()
    if found is None:
        raise NotFound(ABSENT)
    return found
