"""Addresses of the retention domain: pages, and what is added under /api/v1/retention/."""

from django.urls import path

from retention import api
from retention.views import at_risk, breaks, calls, cohorts, gifts, lapses, outreach, policy, winback

urlpatterns = [
    path("outreach/", outreach.outreach, name="outreach"),
    path("outreach/export.csv", outreach.export, name="outreach_export"),
    path("outreach/several/", outreach.several, name="outreach_several"),
    path("outreach/offers/", gifts.gifts, name="outreach_gifts"),
    path("outreach/<int:draft_id>/<slug:what>/", outreach.decide, name="outreach_decide"),
    path("", at_risk.risk_list, name="risk_list"),
    path("export.csv", at_risk.export, name="risk_export"),
    path("members/<str:imis_id>/", at_risk.member, name="risk_member"),
    path("members/<str:imis_id>/trends/", at_risk.trends, name="risk_trends"),
    path("calls/", calls.calls, name="call_list"),
    path("calls/export.csv", calls.export, name="call_export"),
    path("calls/assign/", calls.assign, name="call_assign"),
    path("calls/<int:call_id>/<str:step>/", calls.act, name="call_act"),
    path("policy/", policy.policy, name="risk_policy"),
    path("policy/ask/", policy.ask, name="risk_policy_ask"),
    path("policy/lines.csv", policy.table, name="risk_policy_lines"),
    path("lapses/", lapses.drivers, name="lapses"),
    path("lapses/export.csv", lapses.export, name="lapses_export"),
    path("lapses/<int:lapse_id>/reason/", lapses.choose, name="lapse_choose"),
    path("changes/", breaks.changes, name="what_changed"),
    path("changes/export.csv", breaks.export, name="what_changed_export"),
    path("cohorts/", cohorts.forecast, name="cohorts"),
    path("cohorts/export.csv", cohorts.export, name="cohorts_export"),
    path("cohorts/plan/", cohorts.plan, name="cohort_plan"),
    path("win-back/", winback.candidates, name="win_back"),
    path("win-back/export.csv", winback.export, name="win_back_export"),
    path("win-back/drafts/", winback.draft, name="win_back_draft"),
    path("win-back/offer/", winback.offer, name="win_back_offer"),
    path("win-back/members/<str:imis_id>/", winback.member, name="win_back_member"),
]
api_urlpatterns = [
    path("members/", api.MemberList.as_view(), name="api_risk_members"),
    path("calls/", api.CallList.as_view(), name="api_calls"),
    path("scores/by-id/", api.ScoreLookup.as_view(), name="api_scores_by_id"),
    path("members/<str:imis_id>/", api.MemberScore.as_view(), name="api_risk_member"),
]
