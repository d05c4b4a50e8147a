"""Approvals, and how far each area has gone."""

from django.urls import path

from imis_ai.governance.views import approvals, rollout

urlpatterns = [
    path("approvals/", approvals.inbox, name="approvals"),
    path("approvals/<int:proposal_id>/", approvals.item, name="approval"),
    path("approvals/<int:proposal_id>/<slug:what>/", approvals.decide, name="approval_decide"),
    path("settings/rollout/", rollout.overview, name="rollout"),
    path("settings/rollout/pause/", rollout.pause, name="pause_outgoing"),
    path("settings/rollout/<slug:name>/", rollout.area, name="rollout_area"),
    path("settings/rollout/<slug:name>/decide/", rollout.decide, name="rollout_decide"),
    path("settings/rollout/<slug:name>/lower/", rollout.lower, name="rollout_lower"),
    path("settings/rollout/<slug:name>/feedback/", rollout.give_feedback, name="rollout_feedback"),
    path("settings/rollout/<slug:name>/blind/", rollout.blind_test, name="rollout_blind"),
]
