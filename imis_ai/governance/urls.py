"""Approvals, how far each area has gone, and the write-back queue."""

from django.urls import path

from imis_ai.governance.views import approvals, outbox, outbox_names, rollout

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
    path("outbox/", outbox.queue, name="outbox"),
    path("outbox/act/", outbox.act, name="outbox_act"),
    path("outbox/names/", outbox_names.listed, name="outbox_names"),
    path("outbox/names/try/", outbox_names.try_out, name="outbox_try_names"),
    path("outbox/names/<str:target>/", outbox_names.choose, name="outbox_name"),
    path("outbox/<int:message_id>/", outbox.item, name="outbox_item"),
    path("outbox/<int:message_id>/<slug:step>/", outbox.decide, name="outbox_decide"),
]
