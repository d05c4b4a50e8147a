"""Certificates of erasures, and the table of periods for which things are kept."""

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from imis_ai.accounts.rights import needs
from imis_ai.governance import privacy
from imis_ai.governance.models import Erasure
from imis_ai.governance.privacy import periods
from imis_ai.governance.privacy.holders import STEPS
from imis_ai.governance.refusals import Blocked
from imis_ai.governance.views.audit import frame
from imis_ai.ui.tables import Column, Pages, heads

COLUMNS = [
    Column("Certificate"),
    Column("Asked by"),
    Column("Agreed by"),
    Column("Erased"),
    Column("Bytes gone by"),
    Column("In iMIS"),
]


@require_safe
@needs("audit.all")
def certificates(request: HttpRequest) -> HttpResponse:
    found = Erasure.objects.order_by("-pk")
    page = request.GET.get("page", "")
    pages = Pages.of(int(page) if page.isdigit() and len(page) < 7 else 1, found.count())
    context = frame(request, "erasures") | {
        "rows": found[pages.start : pages.stop],
        "pages": pages,
        "heads": heads(COLUMNS, ""),
    }
    return render(request, "governance/audit/erasures.html", context)


@require_safe
@needs("audit.all")
def certificate(request: HttpRequest, erasure_id: int) -> HttpResponse:
    erasure = _find(erasure_id)
    done = {step["number"]: step for step in erasure.steps}
    context = {
        "erasure": erasure,
        "steps": [(number, name, done.get(number)) for number, name in STEPS.items()],
        "may_confirm": request.user.may("privacy.confirm") and not erasure.imis_confirmed_at,
        "crumbs": [("Audit log", reverse("audit_log")), ("Erasures", reverse("erasures"))],
    }
    return render(request, "governance/audit/certificate.html", context)


@require_POST
@needs("privacy.confirm")
def confirm(request: HttpRequest, erasure_id: int) -> HttpResponse:
    """A person says that iMIS has erased the member, too."""
    privacy.confirm_in_imis(erasure=_find(erasure_id), by=request.user, now=timezone.now())
    messages.success(request, "Noted on the certificate.")
    return redirect("erasure", erasure_id)


@require_safe
@needs("audit.all")
def period_table(request: HttpRequest) -> HttpResponse:
    context = frame(request, "periods") | {
        "lines": periods.lines(),
        "may_change": request.user.may("audit.periods"),
    }
    return render(request, "governance/audit/periods.html", context)


@require_POST
@needs("audit.periods")
def shorten(request: HttpRequest, period: str) -> HttpResponse:
    """Keep one kind of data for less time; the next night removes what is older."""
    if period not in periods.PERIODS:
        raise Http404
    days = request.POST.get("days", "")
    try:
        periods.shorten(
            name=period, days=int(days) if days.isdigit() else 0, by=request.user, now=timezone.now()
        )
    except Blocked as refusal:
        messages.warning(request, str(refusal))
    else:
        messages.success(request, "Changed. The next night removes what is older.")
    return redirect("periods")


def _find(erasure_id: int) -> Erasure:
    found = Erasure.objects.select_related("imis_confirmed_by").filter(pk=erasure_id).first()
    if found is None:
        raise Http404
    return found
