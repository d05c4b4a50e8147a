"""Pages on other systems."""

from django.urls import path

from imis_ai.integrations.views import clients, exports, webhooks

urlpatterns = [
    path("settings/api/", clients.listed, name="api_clients"),
    path("settings/api/new/", clients.register, name="api_client_new"),
    path("settings/api/<int:client_id>/revoke/", clients.revoke, name="api_client_revoke"),
    path("settings/api/webhooks/", webhooks.listed, name="webhooks"),
    path("settings/api/webhooks/new/", webhooks.register, name="webhook_new"),
    path("settings/api/webhooks/<int:webhook_id>/", webhooks.one, name="webhook"),
    path("settings/api/webhooks/<int:webhook_id>/<slug:hook>/", webhooks.change, name="webhook_change"),
    path("settings/api/deliveries/<int:delivery_id>/again/", webhooks.again, name="delivery_again"),
    path("exports/", exports.listed, name="exports"),
    path("exports/<int:export_id>/file/", exports.file, name="export_file"),
    path("account/api/", clients.own, name="own_clients"),
    path("account/api/<int:client_id>/token/", clients.take_token, name="own_client_token"),
    path("account/api/<int:client_id>/end/", clients.end_own, name="own_client_end"),
]
