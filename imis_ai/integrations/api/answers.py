"""Pages of a list, lists of ids, and answers that are sent only when something has changed."""

import hashlib
from typing import Any

from drf_spectacular.utils import OpenApiParameter, OpenApiResponse
from rest_framework import serializers
from rest_framework.pagination import LimitOffsetPagination
from rest_framework.request import Request
from rest_framework.response import Response

from imis_ai.integrations.api import reach

MOST_IDS = 1000
FARTHEST = 10_000_000
UNCHANGED = OpenApiResponse(description="Nothing has changed since the answer with that ETag.")
IF_NONE_MATCH = OpenApiParameter(
    "If-None-Match", str, OpenApiParameter.HEADER, description="the ETag of an earlier answer"
)
PAGING = [
    OpenApiParameter("limit", int, description="1 to 200; default 50"),
    OpenApiParameter("offset", int, description="how many to leave out; default 0"),
]


class Pages(LimitOffsetPagination):
    default_limit = 50
    max_limit = 200

    def get_offset(self, request: Request) -> int:
        return min(super().get_offset(request), FARTHEST)


class IdListSerializer(serializers.Serializer):
    """iMIS ids, up to 1,000. Asked twice is answered once."""

    imis_ids = serializers.ListField(
        child=serializers.CharField(max_length=60), min_length=1, max_length=MOST_IDS
    )


def asked_ids(request: Request) -> list[str]:
    """The ids in the order asked, each once. Raises ValidationError."""
    form = IdListSerializer(data=request.data)
    form.is_valid(raise_exception=True)
    return list(dict.fromkeys(form.validated_data["imis_ids"]))


def page(name: str, item: type[serializers.Serializer]) -> type[serializers.Serializer]:
    """The shape of one page of these."""
    fields = {
        "count": serializers.IntegerField(),
        "next": serializers.URLField(allow_null=True),
        "previous": serializers.URLField(allow_null=True),
        "results": item(many=True),
        "__doc__": "One page of a list.",
    }
    return type(name, (serializers.Serializer,), fields)


def several(name: str, item: type[serializers.Serializer]) -> type[serializers.Serializer]:
    """The shape of what is found for a list of ids."""
    fields = {
        "results": item(many=True),
        "not_found": serializers.ListField(
            child=serializers.CharField(),
            help_text="not in iMIS, not seen by you, or not scored: not told apart",
        ),
        "__doc__": "What was found, in the order asked.",
    }
    return type(name, (serializers.Serializer,), fields)


def tag(request: Request, *parts: Any) -> str:
    """An ETag over what was asked, by whom, and the versions of what is told."""
    text = "\n".join(map(str, (request.get_full_path(), reach.standing(request), *parts)))
    return f'"{hashlib.sha256(text.encode()).hexdigest()[:32]}"'


def unchanged(request: Request, etag: str) -> Response | None:
    """304 for whoever has this answer already."""
    known = [part.strip().removeprefix("W/") for part in request.headers.get("If-None-Match", "").split(",")]
    return Response(status=304, headers={"ETag": etag}) if etag in known else None
