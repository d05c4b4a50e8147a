"""Proposals for other systems to follow, and the decision of a person: a client decides nothing."""

from typing import Any

from django.utils import timezone
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.exceptions import APIException, NotFound, PermissionDenied
from rest_framework.request import Request
from rest_framework.response import Response

from imis_ai.governance import proposals
from imis_ai.governance.proposals import progress
from imis_ai.governance.refusals import NotAllowed, Refused
from imis_ai.integrations.actions import clients
from imis_ai.integrations.api import reach
from imis_ai.integrations.api.answers import PAGING, Pages, page
from imis_ai.integrations.api.base import ReadView
from imis_ai.integrations.api.schema import ProblemSerializer

STATES = list(proposals.State.values)
VERDICTS = ["better", "no better", "unproven", ""]


class ProposalSerializer(serializers.Serializer):
    """One suggestion. How far an approved one has come stands in `progress` of the item."""

    id = serializers.IntegerField()
    kind = serializers.CharField()
    area = serializers.CharField()
    title = serializers.CharField()
    state = serializers.ChoiceField(choices=STATES)
    verdict = serializers.ChoiceField(choices=VERDICTS)
    members = serializers.IntegerField()
    amount = serializers.DecimalField(max_digits=14, decimal_places=2, allow_null=True)
    imis_id = serializers.CharField(allow_blank=True)
    chapter = serializers.CharField(allow_blank=True)
    version = serializers.IntegerField()
    created_at = serializers.DateTimeField()
    due_at = serializers.DateTimeField(allow_null=True)
    expires_at = serializers.DateTimeField(allow_null=True)
    decided_at = serializers.DateTimeField(allow_null=True)


class DecisionSerializer(serializers.Serializer):
    what = serializers.CharField()
    by = serializers.CharField(allow_blank=True, help_text="empty for the machine")
    role = serializers.CharField(allow_blank=True)
    at = serializers.DateTimeField()
    version = serializers.IntegerField()
    reason = serializers.CharField(allow_blank=True)


class CheckSerializer(serializers.Serializer):
    name = serializers.CharField()
    sentence = serializers.CharField()
    result = serializers.CharField()


class WholeProposalSerializer(ProposalSerializer):
    """With its evidence and history. `payload` is null where you may not see names."""

    digest = serializers.CharField(help_text="SHA-256 of kind and payload")
    seen = serializers.CharField(help_text="to be sent with a decision: what was seen is what is approved")
    progress = serializers.CharField(allow_blank=True)
    checks = CheckSerializer(many=True)
    decisions = DecisionSerializer(many=True)
    payload = serializers.JSONField(help_text="exactly what would take effect")


class DecideSerializer(serializers.Serializer):
    what = serializers.ChoiceField(choices=["approve", "reject"])
    seen = serializers.CharField(max_length=100, help_text="from the proposal as you read it")
    reason = serializers.CharField(max_length=40, required=False, default="", allow_blank=True)
    note = serializers.CharField(max_length=2000, required=False, default="", allow_blank=True)


class FilterSerializer(serializers.Serializer):
    state = serializers.MultipleChoiceField(choices=STATES, required=False)
    area = serializers.CharField(max_length=20, required=False)
    kind = serializers.CharField(max_length=60, required=False)


FILTERS = [
    OpenApiParameter("state", str, many=True, enum=STATES, description="may be repeated"),
    OpenApiParameter("area", str, description="such as retention"),
    OpenApiParameter("kind", str, description="such as retention.scores"),
]


class Conflict(APIException):
    """It is not any more what was seen, or a rule stands against it."""

    status_code = 409
    default_code = "conflict"


class ProposalListView(ReadView):
    right, scope = "approvals.read", "proposals:read"

    @extend_schema(
        operation_id="proposals",
        summary="Proposals",
        tags=["proposals"],
        parameters=[*FILTERS, *PAGING],
        responses={200: page("ProposalPage", ProposalSerializer)},
    )
    def get(self, request: Request) -> Response:
        """Newest first, of the kinds and chapters that you may see."""
        form = FilterSerializer(data=request.query_params)
        form.is_valid(raise_exception=True)
        found = _visible(request)
        asked = form.validated_data
        if asked.get("state"):
            found = found.filter(state__in=asked["state"])
        found = found.filter(**{name: asked[name] for name in ("area", "kind") if asked.get(name)})
        pages = Pages()
        shown = pages.paginate_queryset(found.order_by("-pk"), request, view=self)
        return pages.get_paginated_response(ProposalSerializer(shown, many=True).data)


class ProposalView(ReadView):
    right, scope = "approvals.read", "proposals:read"

    @extend_schema(
        operation_id="proposal",
        summary="One proposal",
        tags=["proposals"],
        responses={200: WholeProposalSerializer},
    )
    def get(self, request: Request, proposal_id: int) -> Response:
        """404 where there is none, or none that you may see. About one member: written to the access log."""
        found = _one(request, proposal_id)
        if found.imis_id:
            reach.log_member(request, found.imis_id)
        return Response(_whole(request, found))


class DecideView(ReadView):
    right, scope = "approvals.read", "proposals:read"

    @extend_schema(
        operation_id="decide_proposal",
        summary="Decide on a proposal",
        tags=["proposals"],
        request=DecideSerializer,
        responses={200: WholeProposalSerializer, 409: ProblemSerializer},
    )
    def post(self, request: Request, proposal_id: int) -> Response:
        """For people who are signed in, by the rules of the pages. A client gets 403: it decides nothing.

        Whoever may not decide leaves an entry in the audit log. 409: somebody was faster, or a rule stands
        against it.
        """
        found = _one(request, proposal_id)
        form = DecideSerializer(data=request.data)
        form.is_valid(raise_exception=True)
        given = form.validated_data
        if reach.client_of(request):
            _refuse(
                request, proposal_id, given["what"], "An API client decides nothing. A named person does."
            )
        try:
            decided = _decide(request, found, given)
        except NotAllowed as refusal:
            _refuse(request, proposal_id, given["what"], str(refusal))
        except Refused as refusal:
            raise Conflict(str(refusal)) from None
        return Response(_whole(request, decided))


def _decide(request: Request, proposal: Any, given: dict[str, str]) -> Any:
    now = timezone.now()
    if given["what"] == "approve":
        return proposals.approve(
            proposal=proposal, as_seen=given["seen"], by=request.user, now=now, note=given["note"]
        )
    return proposals.reject(
        proposal=proposal, reason=given["reason"], by=request.user, now=now, note=given["note"]
    )


def _refuse(request: Request, proposal_id: int, what: str, why: str) -> None:
    clients.refuse_decision(
        client=reach.client_of(request),
        by=request.user,
        about=str(proposal_id),
        what=what,
        why=why,
        now=timezone.now(),
    )
    raise PermissionDenied(why)


def _visible(request: Request) -> Any:
    return reach.narrowed(request, proposals.visible(viewer=request.user))


def _one(request: Request, proposal_id: int) -> Any:
    found = _visible(request).filter(pk=proposal_id).first()
    if found is None:
        raise NotFound("There is no such proposal, or none that you may see.")
    return found


def _whole(request: Request, proposal: Any) -> dict:
    far = progress.of(proposal=proposal, now=timezone.now())
    history = proposal.decisions.select_related("by").order_by("pk")
    return {
        **ProposalSerializer(proposal).data,
        "digest": proposal.digest,
        "seen": proposals.seen(proposal=proposal),
        "progress": far.word if far else "",
        "checks": CheckSerializer(proposal.evidence.get("checks", []), many=True).data,
        "decisions": [
            {
                **{name: getattr(each, name) for name in ("what", "role", "at", "version", "reason")},
                "by": str(each.by or ""),
            }
            for each in history
        ],
        "payload": proposal.payload if reach.names(request) else None,
    }
