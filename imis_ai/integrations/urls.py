"""Pages on other systems."""

from django.urls import path

from imis_ai.integrations.views import clients

urlpatterns = [
    path("settings/api/", clients.listed, name="api_clients"),
    path("settings/api/new/", clients.register, name="api_client_new"),
    path("settings/api/<int:client_id>/revoke/", clients.revoke, name="api_client_revoke"),
    path("account/api/", clients.own, name="own_clients"),
    path("account/api/<int:client_id>/token/", clients.take_token, name="own_client_token"),
    path("account/api/<int:client_id>/end/", clients.end_own, name="own_client_end"),
]
