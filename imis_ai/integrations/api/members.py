"""Members as other systems read them."""

from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from imis_ai.integrations.api import reach
from imis_ai.integrations.api.answers import PAGING, IdListSerializer, Pages, asked_ids, page, several
from imis_ai.integrations.api.base import ReadView
from imis_ai.ui import words


class MemberSerializer(serializers.Serializer):
    """One member. Without the right to names: initials, and neither address nor number."""

    imis_id = serializers.CharField()
    kind = serializers.ChoiceField(choices=["person", "organisation"])
    name = serializers.CharField(allow_blank=True)
    email = serializers.CharField(allow_blank=True)
    phone = serializers.CharField(allow_blank=True)
    tier = serializers.CharField(allow_blank=True, help_text="code")
    chapter = serializers.CharField(allow_blank=True, help_text="code")
    member_type = serializers.CharField(allow_blank=True)
    status = serializers.CharField(allow_blank=True)
    joined_on = serializers.DateField(allow_null=True)
    paid_through = serializers.DateField(allow_null=True)
    auto_renew = serializers.BooleanField(allow_null=True)
    seen_at = serializers.DateTimeField(help_text="when we last read something new of this member")


class MemberFilterSerializer(serializers.Serializer):
    tier = serializers.ListField(child=serializers.CharField(max_length=60), required=False)
    chapter = serializers.ListField(child=serializers.CharField(max_length=60), required=False)
    status = serializers.ListField(child=serializers.CharField(max_length=60), required=False)
    seen_since = serializers.DateTimeField(required=False)


FILTERS = [
    OpenApiParameter("tier", str, many=True, description="code of a tier; may be repeated"),
    OpenApiParameter("chapter", str, many=True, description="code of a chapter; may be repeated"),
    OpenApiParameter("status", str, many=True, description="as iMIS has it; may be repeated"),
    OpenApiParameter("seen_since", str, description="members of whom we read something new since this time"),
]
COLUMNS = {"tier": "tier__in", "chapter": "chapter__in", "status": "status__in", "seen_since": "seen_at__gte"}


class MemberListView(ReadView):
    right, scope = "members.read", "members:read"

    @extend_schema(
        operation_id="members",
        summary="Members",
        tags=["members"],
        parameters=[*FILTERS, *PAGING],
        responses={200: page("MemberPage", MemberSerializer)},
    )
    def get(self, request: Request) -> Response:
        """Everybody alive in iMIS whom you may see, by iMIS id. Written to the access log."""
        form = MemberFilterSerializer(data=request.query_params)
        form.is_valid(raise_exception=True)
        wanted = {COLUMNS[name]: value for name, value in form.validated_data.items() if value}
        found = reach.members(request).filter(**wanted).order_by("imis_id")
        pages = Pages()
        shown = pages.paginate_queryset(found, request, view=self)
        with_names = reach.names(request)
        reach.log_list(request, rows=len(shown), list="members")
        return pages.get_paginated_response([body(member, with_names) for member in shown])


class MemberLookupView(ReadView):
    right, scope = "members.read", "members:read"

    @extend_schema(
        operation_id="members_by_id",
        summary="Members by a list of iMIS ids",
        tags=["members"],
        request=IdListSerializer,
        responses={200: several("MembersFound", MemberSerializer)},
    )
    def post(self, request: Request) -> Response:
        """Up to 1,000 ids at once. Written to the access log."""
        ids = asked_ids(request)
        found = {member.imis_id: member for member in reach.members(request).filter(imis_id__in=ids)}
        with_names = reach.names(request)
        reach.log_list(request, rows=len(found), list="members by id", asked=len(ids))
        results = [body(found[imis_id], with_names) for imis_id in ids if imis_id in found]
        return Response({"results": results, "not_found": [each for each in ids if each not in found]})


class MemberView(ReadView):
    right, scope = "members.read", "members:read"

    @extend_schema(
        operation_id="member", summary="One member", tags=["members"], responses={200: MemberSerializer}
    )
    def get(self, request: Request, imis_id: str) -> Response:
        """404 where there is no such member, or none that you may see. Written to the access log."""
        found = reach.member(request, imis_id)
        reach.log_member(request, found.imis_id)
        return Response(body(found, reach.names(request)))


def body(member, with_names: bool) -> dict:
    plain = ("imis_id", "kind", "member_type", "status", "joined_on", "paid_through", "auto_renew", "seen_at")
    return {
        **{name: getattr(member, name) for name in plain},
        "name": str(member) if with_names else words.masked(str(member)),
        "email": member.email if with_names else "",
        "phone": member.phone if with_names else "",
        "tier": member.tier_id or "",
        "chapter": member.chapter_id or "",
    }
