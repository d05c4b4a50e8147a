"""The connection to iMIS, its test, the step to live; and the first run with its checklist."""

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from imis_ai.accounts.rights import needs
from imis_ai.governance import connection
from imis_ai.governance.connection import promotion, shown
from imis_ai.governance.forms.connection import ChecklistForm
from imis_ai.governance.outbox import names
from imis_ai.governance.refusals import Refused
from imis_ai.jobs import actions as jobs
from imis_ai.jobs import queries as job_queries
from imis_ai.mirror import permission
from imis_ai.mirror import queries as mirror

TEST, SYNC = "connection.test", "mirror.sync"


@require_safe
@needs("connection.read")
def overview(request: HttpRequest) -> HttpResponse:
    """Both accounts, what each object answers against what each area needs, names, the step to live."""
    now = timezone.now()
    address = permission.address_of(settings.IMIS_URL)
    test = connection.latest(address=address) if address else None
    context = {
        "reading": shown.reading(now),
        "writing": shown.writing(now),
        "test": test,
        "running": job_queries.open_run(TEST),
        "endpoints": shown.endpoints(test),
        "areas": shown.areas(test),
        "names": shown.names(test),
        "targets": names.listed(),
        "certificate": shown.certificate(test, now),
        "token": shown.token(test),
        "is_test_system": settings.IMIS_IS_TEST_SYSTEM,
        "is_promoted": bool(address) and connection.is_promoted(address=address, now=now),
        "asked": promotion.waiting(),
        "signature": connection.signature(address=address),
        "is_exempt": permission.is_exempt(),
        "may_change": request.user.may("connection.change"),
        "may_name": request.user.may("outbox.names"),
    }
    return render(request, "governance/connection/overview.html", context)


@require_POST
@needs("connection.change")
def test(request: HttpRequest) -> HttpResponse:
    """Queue the test; the page of the job follows it."""
    args = {"by": request.user.pk}
    job = jobs.request(name=TEST, args=args, by=request.user, now=timezone.now())
    return redirect("job", job.pk)


@require_POST
@needs("connection.change")
def promote(request: HttpRequest) -> HttpResponse:
    """Ask a second person to let the live iMIS be written to."""
    reason = request.POST.get("reason", "")
    try:
        made = connection.ask_to_promote(reason=reason, by=request.user, now=timezone.now())
    except Refused as refusal:
        messages.warning(request, str(refusal))
        return redirect("connection")
    messages.success(request, "Asked. Somebody else reads the difference and decides.")
    return redirect("approval", made.pk)


@require_safe
@needs("connection.read")
def welcome(request: HttpRequest) -> HttpResponse:
    """Explore the demo, or connect iMIS step by step."""
    form = ChecklistForm() if request.user.may("connection.change") else None
    return render(request, "governance/connection/welcome.html", _steps(request, form))


@require_POST
@needs("connection.change")
def sign(request: HttpRequest) -> HttpResponse:
    """Sign the checklist for the iMIS that is connected now."""
    form = ChecklistForm(request.POST)
    if not form.is_valid():
        return render(request, "governance/connection/welcome.html", _steps(request, form), status=422)
    try:
        connection.sign(
            address=permission.address_of(settings.IMIS_URL),
            answers=form.answers(),
            by=request.user,
            now=timezone.now(),
        )
    except Refused as refusal:
        messages.warning(request, str(refusal))
    else:
        messages.success(request, "Signed. Reading may begin.")
    return redirect(f"{reverse('welcome')}#first-sync")


def _steps(request: HttpRequest, form: ChecklistForm | None) -> dict:
    address = permission.address_of(settings.IMIS_URL)
    test = connection.latest(address=address) if address else None
    signature = connection.signature(address=address)
    return {
        "address": address,
        "is_test_system": settings.IMIS_IS_TEST_SYSTEM,
        "settings_needed": [each for each in shown.reading(timezone.now())[:4] if not each.is_set],
        "test": test,
        "denied": [each for each in shown.endpoints(test) if each.state == "denied" and not each.is_write],
        "areas": shown.areas(test),
        "running_test": job_queries.open_run(TEST),
        "fields_off": sum(len(off) for off in mirror.fields_off().values()),
        "signature": signature,
        "answers": _answers(signature),
        "questions": _questions(form),
        "form": form,
        "is_exempt": permission.is_exempt(),
        "may_read": bool(address) and permission.is_given(),
        "estimate": shown.first_sync(test),
        "running_sync": job_queries.open_run(SYNC),
        "read": job_queries.last_done(SYNC),
        "may_change": request.user.may("connection.change"),
    }


def _answers(signature) -> list[tuple[str, str]]:
    if signature is None:
        return []
    return [(each.label, signature.answers.get(each.name, "")) for each in connection.QUESTIONS]


def _questions(form: ChecklistForm | None) -> list[tuple]:
    """Each question with its tick and its answer."""
    if form is None:
        return []
    return [(each, form[f"{each.name}_is_so"], form[each.name]) for each in connection.QUESTIONS]
