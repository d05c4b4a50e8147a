"""Approvals, members who wait for a person, and the page behind the link of every message."""

from django.urls import path

from imis_ai.governance.views import answers, approvals, stop

urlpatterns = [
    path("approvals/", approvals.inbox, name="approvals"),
    path("approvals/<int:proposal_id>/", approvals.item, name="approval"),
    path("approvals/<int:proposal_id>/<slug:what>/", approvals.decide, name="approval_decide"),
    path("answers/", answers.answers, name="answers"),
    path("answers/<int:pk>/done/", answers.answered, name="answered"),
    path("stop/<str:token>/", stop.stop, name="stop"),
]
