"""Approvals and the write-back queue."""

from django.urls import path

from imis_ai.governance.views import approvals, outbox, outbox_names

urlpatterns = [
    path("approvals/", approvals.inbox, name="approvals"),
    path("approvals/<int:proposal_id>/", approvals.item, name="approval"),
    path("approvals/<int:proposal_id>/<slug:what>/", approvals.decide, name="approval_decide"),
    path("outbox/", outbox.queue, name="outbox"),
    path("outbox/act/", outbox.act, name="outbox_act"),
    path("outbox/names/", outbox_names.listed, name="outbox_names"),
    path("outbox/names/try/", outbox_names.try_out, name="outbox_try_names"),
    path("outbox/names/<str:target>/", outbox_names.choose, name="outbox_name"),
    path("outbox/<int:message_id>/", outbox.item, name="outbox_item"),
    path("outbox/<int:message_id>/<slug:step>/", outbox.decide, name="outbox_decide"),
]
