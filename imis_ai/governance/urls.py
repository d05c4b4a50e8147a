"""Approvals, the audit log, and what is held about a member."""

from django.urls import path

from imis_ai.governance.views import approvals, audit, erasures, member_data

urlpatterns = [
    path("approvals/", approvals.inbox, name="approvals"),
    path("approvals/<int:proposal_id>/", approvals.item, name="approval"),
    path("approvals/<int:proposal_id>/<slug:what>/", approvals.decide, name="approval_decide"),
    path("audit/", audit.log, name="audit_log"),
    path("audit/<int:seq>/", audit.entry, name="audit_entry"),
    path("audit/opened/", audit.opened, name="audit_opened"),
    path("audit/jobs/", audit.job_rows, name="audit_jobs"),
    path("audit/seals/", audit.seal_list, name="audit_seals"),
    path("audit/seals/<int:seq>.json", audit.seal_file, name="audit_seal"),
    path("audit/check/", audit.check, name="audit_check"),
    path("audit/log.csv", audit.export_csv, name="audit_export_csv"),
    path("audit/log.jsonl", audit.export_json, name="audit_export_json"),
    path("audit/chain.jsonl", audit.chain_file, name="audit_chain"),
    path("audit/verifier.py", audit.verifier_file, name="audit_verifier"),
    path("audit/erasures/", erasures.certificates, name="erasures"),
    path("audit/erasures/<int:erasure_id>/", erasures.certificate, name="erasure"),
    path("audit/erasures/<int:erasure_id>/confirm/", erasures.confirm, name="erasure_confirm"),
    path("audit/periods/", erasures.period_table, name="periods"),
    path("audit/periods/<str:name>/", erasures.shorten, name="period_shorten"),
    path("members/<str:imis_id>/data/", member_data.held, name="member_data"),
    path("members/<str:imis_id>/data/everything.zip", member_data.export_zip, name="member_export"),
    path("members/<str:imis_id>/data/erase/", member_data.ask, name="member_erase"),
    path("members/<str:imis_id>/data/hold/", member_data.hold, name="member_hold"),
]
