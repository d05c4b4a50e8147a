"""Which model is live under each name."""

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.exceptions import NotFound
from rest_framework.request import Request
from rest_framework.response import Response

from imis_ai.integrations.api.answers import IF_NONE_MATCH, UNCHANGED, tag, unchanged
from imis_ai.integrations.api.base import ReadView
from imis_ai.registry import queries as registry


class LiveModelSerializer(serializers.Serializer):
    """`evaluation` holds measures on time later than the training."""

    name = serializers.CharField()
    version = serializers.CharField()
    as_of = serializers.DateField(help_text="every label it learnt from was final by this day")
    trained_at = serializers.DateTimeField()
    promoted_at = serializers.DateTimeField(allow_null=True)
    digest = serializers.CharField(help_text="SHA-256 of the artefact")
    features = serializers.ListField(child=serializers.CharField())
    evaluation = serializers.DictField()


class LiveModelsSerializer(serializers.Serializer):
    results = LiveModelSerializer(many=True)


class ModelListView(ReadView):
    right, scope = "models.read", "models:read"

    @extend_schema(
        operation_id="live_models",
        summary="Live models",
        tags=["models"],
        parameters=[IF_NONE_MATCH],
        responses={200: LiveModelsSerializer, 304: UNCHANGED},
    )
    def get(self, request: Request) -> Response:
        """One per name."""
        found = registry.live_models()
        etag = tag(request, *((each.pk, each.promoted_at) for each in found))
        answer = Response({"results": LiveModelSerializer(found, many=True).data}, headers={"ETag": etag})
        return unchanged(request, etag) or answer


class ModelView(ReadView):
    right, scope = "models.read", "models:read"

    @extend_schema(
        operation_id="live_model",
        summary="The live model of one name",
        tags=["models"],
        responses={200: LiveModelSerializer},
    )
    def get(self, request: Request, model: str) -> Response:
        found = next((each for each in registry.live_models() if each.name == model), None)
        if found is None:
            raise NotFound("No model of that name is live.")
        return Response(LiveModelSerializer(found).data)
