"""The OpenAPI document: one shape for whatever went wrong, and how clients sign in."""

from drf_spectacular.extensions import OpenApiAuthenticationExtension
from drf_standardized_errors.openapi import AutoSchema
from rest_framework import serializers


class OneErrorSerializer(serializers.Serializer):
    code = serializers.CharField(help_text="for programs")
    detail = serializers.CharField(help_text="for people: what, and what to do")
    attr = serializers.CharField(allow_null=True, help_text="the parameter or field that is meant")


class ProblemSerializer(serializers.Serializer):
    """What was wrong. The same shape for every status from 400 on."""

    type = serializers.ChoiceField(choices=["validation_error", "client_error", "server_error"])
    errors = OneErrorSerializer(many=True)


class Schema(AutoSchema):
    """Anything may be asked wrongly, and any client too often."""

    def _should_add_parse_error_response(self) -> bool:
        return True

    def _should_add_http429_error_response(self) -> bool:
        return True


class ClientScheme(OpenApiAuthenticationExtension):
    target_class = "imis_ai.integrations.api.auth.ClientAuthentication"
    name = "client"

    def get_security_definition(self, auto_schema: AutoSchema) -> dict:
        return {
            "type": "http",
            "scheme": "bearer",
            "description": "The token of an API client, taken by its owner under Your account.",
        }


def only_v1(endpoints: list) -> list:
    """The document holds what is promised: the numbered addresses."""
    return [endpoint for endpoint in endpoints if endpoint[0].startswith("/api/v1/")]
