"""The audit log: found, opened, exported, checked. Nobody can change it, not even here."""

import json
from collections.abc import Iterator
from pathlib import Path

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from imis_ai.accounts.rights import names_revealed, needs
from imis_ai.governance import audit
from imis_ai.governance.audit import chain, export, seals, search, status, story, verifier
from imis_ai.governance.forms.audit import AuditFilterForm
from imis_ai.jobs import actions as jobs
from imis_ai.mirror import access
from imis_ai.ui import exports
from imis_ai.ui.tables import Column, Pages, heads

COLUMNS = [
    Column("Time", "time", falls=True),
    Column("Person"),
    Column("Action"),
    Column("Object"),
    Column("Before and after"),
    Column("Reason"),
    Column("Reference"),
]
OPENED_COLUMNS = [Column("Time"), Column("Person"), Column("What"), Column("Member"), Column("Detail")]
JOB_COLUMNS = [Column("Job"), Column("Asked by"), Column("Began"), Column("State"), Column("Rows by object")]
SEAL_COLUMNS = [Column("Sealed"), Column("Entries", "", "num"), Column("Last link"), Column("File")]
CSV_HEADER = ["number", "time", "person", "role", "action", "object", "member", "before", "after", "reason",
              "reference", "versions"]  # fmt: skip
ATTACHMENT = "attachment; filename="


@require_safe
@needs("audit.own")
def log(request: HttpRequest) -> HttpResponse:
    """The list. A search is itself an entry; turning its pages is not."""
    form = AuditFilterForm(request.GET)
    filters = form.filters()
    sort = request.GET.get("sort", "")
    found = search.entries(viewer=request.user, filters=filters, newest_first=sort != "time")
    pages = Pages.of(_page(request), found.count())
    rows = list(search.lines(rows=found[pages.start : pages.stop], with_names=_names(request)))
    if filters.given() and "page" not in request.GET:  # after reading: a search does not find itself
        audit.log_search(by=request.user, filters=filters.given(), found=pages.total, now=timezone.now())
    context = frame(request, "log") | {
        "form": form,
        "narrowed": filters.given(),
        "removable": _removable(request, form),
        "rows": rows,
        "pages": pages,
        "heads": heads(COLUMNS, sort),
        "query": request.GET.urlencode(),
    }
    return render(request, "governance/audit/log.html", context)


@require_safe
@needs("audit.own")
def entry(request: HttpRequest, seq: int) -> HttpResponse:
    """One entry and, where something was sent, everything from the numbers to the reply."""
    found = search.visible(viewer=request.user).filter(seq=seq).first()
    if found is None:
        raise Http404
    with_names = _names(request)
    line = search.line(entry=found, with_names=with_names)
    proposal = story.proposal_of(entry=found)
    context = {
        "line": line,
        "before": search.flat((line.detail or {}).get("before")),
        "after": search.flat((line.detail or {}).get("after")),
        "rest": search.rest(line.detail or {}),
        "beats": story.story(proposal=proposal, viewer=request.user, with_names=with_names)
        if proposal
        else [],
        "crumbs": [("Audit log", reverse("audit_log"))],
        "may_reveal": request.user.may("names.reveal") and not with_names,
    }
    return render(request, "governance/audit/entry.html", context)


@require_safe
@needs("audit.own")
def opened(request: HttpRequest) -> HttpResponse:
    """Who opened, revealed or exported personal data."""
    member, who = request.GET.get("member", "")[:60], request.GET.get("who", "")[:150]
    found = search.opened(viewer=request.user, member=member, who=who)
    pages = Pages.of(_page(request), found.count())
    if (member or who) and "page" not in request.GET:
        asked = {name: value for name, value in (("member", member), ("who", who)) if value}
        audit.log_search(by=request.user, filters=asked, found=pages.total, now=timezone.now())
    context = frame(request, "opened") | {
        "rows": [(row, search.flat(row.detail)) for row in found[pages.start : pages.stop]],
        "pages": pages,
        "heads": heads(OPENED_COLUMNS, ""),
        "member": member,
        "who": who,
    }
    return render(request, "governance/audit/opened.html", context)


@require_safe
@needs("audit.all")
def job_rows(request: HttpRequest) -> HttpResponse:
    """What each job read and wrote, in rows by object."""
    found = status.jobs()
    pages = Pages.of(_page(request), found.count())
    rows = [status.job_line(job) for job in found[pages.start : pages.stop]]
    context = frame(request, "jobs") | {"rows": rows, "pages": pages, "heads": heads(JOB_COLUMNS, "")}
    return render(request, "governance/audit/jobs.html", context)


@require_safe
@needs("audit.all")
def seal_list(request: HttpRequest) -> HttpResponse:
    """Seals, the verifier, and how to check without us."""
    found = list(reversed(seals.stored()))
    pages = Pages.of(_page(request), len(found))
    context = frame(request, "seals") | {
        "rows": found[pages.start : pages.stop],
        "pages": pages,
        "heads": heads(SEAL_COLUMNS, ""),
    }
    return render(request, "governance/audit/seals.html", context)


@require_safe
@needs("audit.all")
def seal_file(request: HttpRequest, seq: int) -> HttpResponse:
    """One seal, to be kept where the association cannot change it."""
    found = next((seal for seal in seals.stored() if seal.seq == seq), None)
    if found is None:
        raise Http404
    return _download(json.dumps(found.__dict__), found.file, "application/json")


@require_safe
@needs("audit.all")
def verifier_file(request: HttpRequest) -> HttpResponse:
    return _download(Path(verifier.__file__).read_text(), "verifier.py", "text/x-python")


@require_safe
@needs("audit.all")
def chain_file(request: HttpRequest) -> StreamingHttpResponse:
    """The whole log for the verifier. Details only for who may see names."""
    with_details = bool(request.GET.get("details")) and _names(request)
    audit.log_export(by=request.user, what="chain", detail={"details": with_details}, now=timezone.now())
    return StreamingHttpResponse(
        export.lines(has_details=with_details),
        content_type="application/x-ndjson",
        headers={"Content-Disposition": f'{ATTACHMENT}"audit-chain.jsonl"'},
    )


@require_safe
@needs("audit.own")
def export_csv(request: HttpRequest) -> StreamingHttpResponse:
    """Exactly the filtered entries."""
    lines = _exported(request, "csv")
    return exports.csv_file("audit-log.csv", CSV_HEADER, (list(line.values()) for line in lines))


@require_safe
@needs("audit.own")
def export_json(request: HttpRequest) -> StreamingHttpResponse:
    """The same as one JSON object per line."""
    lines = (f"{chain.canonical(chain.plain(line))}\n" for line in _exported(request, "json"))
    return StreamingHttpResponse(
        lines,
        content_type="application/x-ndjson",
        headers={"Content-Disposition": f'{ATTACHMENT}"audit-log.jsonl"'},
    )


@require_POST
@needs("audit.all")
def check(request: HttpRequest) -> HttpResponse:
    """Verify the whole log in the background; the job's page shows the verdict."""
    job = jobs.request(name="audit.verify", args={"by": request.user.pk}, by=request.user, now=timezone.now())
    messages.success(request, "Every entry, detail and seal is read now.")
    return redirect("job", job.pk)


def _exported(request: HttpRequest, kind: str) -> Iterator[dict]:
    filters = AuditFilterForm(request.GET).filters()
    found = search.up_to_now(entries=search.entries(viewer=request.user, filters=filters))
    audit.log_export(
        by=request.user,
        what=kind,
        detail={"filters": filters.given(), "rows": found.count()},
        now=timezone.now(),
    )
    return map(_flat, search.lines(rows=found.iterator(2000), with_names=_names(request)))


def _flat(line: search.Line) -> dict:
    entry, detail = line.entry, line.detail or {}
    values = [
        entry.seq, entry.at, entry.actor, entry.role, entry.action, line.object, line.member,
        search.flat(detail.get("before")), search.flat(detail.get("after")),
        "(erased)" if line.is_erased else search.flat(detail.get("reason")),
        search.flat(detail.get("reference")), search.flat(entry.versions),
    ]  # fmt: skip
    return dict(zip(CSV_HEADER, values, strict=True))


def _download(text: str, name: str, kind: str) -> HttpResponse:
    return HttpResponse(text, content_type=kind, headers={"Content-Disposition": f'{ATTACHMENT}"{name}"'})


def _names(request: HttpRequest) -> bool:
    return access.sees_names(request.user) or names_revealed(request)


def _page(request: HttpRequest) -> int:
    text = request.GET.get("page", "")
    return int(text) if text.isdigit() and len(text) < 7 else 1


def frame(request: HttpRequest, here: str) -> dict:
    """Tabs and the verdict line of every page of the log."""
    tabs = [("log", "Decisions and changes", "audit_log"), ("opened", "Personal data opened", "audit_opened")]
    if request.user.may("audit.all"):
        tabs += [
            ("jobs", "Jobs", "audit_jobs"),
            ("seals", "Seals", "audit_seals"),
            ("erasures", "Erasures", "erasures"),
            ("periods", "Periods", "periods"),
        ]
    return {
        "tabs": [
            {"label": label, "address": reverse(name), "number": None, "is_current": key == here}
            for key, label, name in tabs
        ],
        "verdict": status.last_verdict() if request.user.may("audit.all") else None,
        "sees_all": request.user.may("audit.all"),
        "names_hidden": not _names(request),
        "may_reveal": request.user.may("names.reveal") and not _names(request),
    }


def _removable(request: HttpRequest, form: AuditFilterForm) -> list[tuple[str, str]]:
    """Each filter in use with the address without it."""
    made = []
    for name, value in form.filters().given().items():
        query = request.GET.copy()
        query.pop(name, None)
        query.pop("page", None)
        made.append((f"{form.fields[name].label}: {value}", f"?{query.urlencode()}"))
    return made
