"""Addresses under /api/v1/ that are no single domain's own."""

from django.urls import path

from imis_ai.integrations.api import exports, members, models, proposals, writebacks

urlpatterns = [
    path("members/", members.MemberListView.as_view(), name="api_members"),
    path("members/by-id/", members.MemberLookupView.as_view(), name="api_members_by_id"),
    path("members/<str:imis_id>/", members.MemberView.as_view(), name="api_member"),
    path("proposals/", proposals.ProposalListView.as_view(), name="api_proposals"),
    path("proposals/<int:proposal_id>/", proposals.ProposalView.as_view(), name="api_proposal"),
    path("proposals/<int:proposal_id>/decisions/", proposals.DecideView.as_view(), name="api_decide"),
    path("write-backs/", writebacks.WriteBackListView.as_view(), name="api_write_backs"),
    path("write-backs/<int:message_id>/", writebacks.WriteBackView.as_view(), name="api_write_back"),
    path("models/", models.ModelListView.as_view(), name="api_models"),
    path("models/<str:model>/", models.ModelView.as_view(), name="api_model"),
    path("exports/", exports.ExportListView.as_view(), name="api_exports"),
    path("exports/<int:export_id>/", exports.ExportView.as_view(), name="api_export"),
    path("exports/<int:export_id>/file/", exports.ExportFileView.as_view(), name="api_export_file"),
]
