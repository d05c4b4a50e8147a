"""How far each approved write has come. What was written is told on the pages, not here."""

from typing import Any

from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.exceptions import NotFound
from rest_framework.request import Request
from rest_framework.response import Response

from imis_ai.governance.outbox import listing
from imis_ai.integrations.api import reach
from imis_ai.integrations.api.answers import PAGING, Pages, page
from imis_ai.integrations.api.base import ReadView


class WriteBackSerializer(serializers.Serializer):
    id = serializers.IntegerField()
    reference = serializers.CharField(help_text="stands in the record in iMIS")
    proposal = serializers.IntegerField()
    way = serializers.CharField()
    target = serializers.CharField()
    imis_id = serializers.CharField(allow_blank=True)
    state = serializers.ChoiceField(choices=list(listing.TABS))
    problem = serializers.CharField(allow_blank=True, help_text="a word for programs")
    tries = serializers.IntegerField()
    leaves_at = serializers.DateTimeField(help_text="not before; until then it can be undone")
    sent_at = serializers.DateTimeField(allow_null=True)
    done_at = serializers.DateTimeField(allow_null=True)
    imis_key = serializers.CharField(allow_blank=True)


class FilterSerializer(serializers.Serializer):
    state = serializers.ChoiceField(choices=list(listing.TABS), required=False)
    target = serializers.CharField(max_length=60, required=False)
    proposal = serializers.IntegerField(min_value=1, max_value=2**62, required=False)


FILTERS = [
    OpenApiParameter("state", str, enum=list(listing.TABS)),
    OpenApiParameter("target", str, description="such as AI_MemberInsight"),
    OpenApiParameter("proposal", int),
]


class WriteBackListView(ReadView):
    right, scope = "outbox.read", "writebacks:read"

    @extend_schema(
        operation_id="write_backs",
        summary="Write-back queue",
        tags=["write-backs"],
        parameters=[*FILTERS, *PAGING],
        responses={200: page("WriteBackPage", WriteBackSerializer)},
    )
    def get(self, request: Request) -> Response:
        """Newest first."""
        form = FilterSerializer(data=request.query_params)
        form.is_valid(raise_exception=True)
        asked = form.validated_data
        found = listing.narrowed(
            asked.get("state", ""), target=asked.get("target", ""), proposal=asked.get("proposal", 0)
        )
        pages = Pages()
        shown = pages.paginate_queryset(_seen(request, found).order_by("-pk"), request, view=self)
        return pages.get_paginated_response([_body(message) for message in shown])


class WriteBackView(ReadView):
    right, scope = "outbox.read", "writebacks:read"

    @extend_schema(
        operation_id="write_back",
        summary="One write",
        tags=["write-backs"],
        responses={200: WriteBackSerializer},
    )
    def get(self, request: Request, message_id: int) -> Response:
        """404 where there is none, or none that you may see."""
        found = _seen(request, listing.narrowed("")).filter(pk=message_id).first()
        if found is None:
            raise NotFound("There is no such write, or none that you may see.")
        return Response(_body(found))


def _seen(request: Request, rows: Any) -> Any:
    client = reach.client_of(request)
    if not client or not client.chapters:
        return rows
    return rows.filter(imis_id__in=reach.members(request).values("imis_id"))


def _body(message: Any) -> dict:
    names = (
        "id",
        "reference",
        "way",
        "target",
        "imis_id",
        "problem",
        "tries",
        "sent_at",
        "done_at",
        "imis_key",
    )
    return {
        **{name: getattr(message, name) for name in names},
        "proposal": message.proposal_id,
        "state": listing.tab_of(message),
        "leaves_at": message.not_before,
    }
