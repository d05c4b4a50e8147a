"""Where suggestions are kept in iMIS: names to choose, and a dry run that says what is missing."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from imis_ai.accounts.rights import needs
from imis_ai.governance.outbox import names
from imis_ai.governance.outbox.turn import has_write_account
from imis_ai.governance.refusals import NotAllowed
from imis_ai.jobs import actions as jobs


@require_safe
@needs("outbox.names")
def listed(request: HttpRequest) -> HttpResponse:
    context = {
        "targets": names.listed(),
        "needs_account": not has_write_account(),
        "crumbs": [("Connection", reverse("connection"))],
        "now": timezone.now(),
    }
    return render(request, "governance/outbox/names.html", context)


@require_POST
@needs("outbox.names")
def choose(request: HttpRequest, target: str) -> HttpResponse:
    """Keep one target under another name."""
    name = request.POST.get("object", "")
    try:
        names.choose(target=target, object_name=name, by=request.user, now=timezone.now())
    except NotAllowed as refusal:
        messages.warning(request, str(refusal))
    else:
        messages.success(
            request, f"{target} is kept as {name} from now on. Try the names before you approve."
        )
    return redirect("outbox_names")


@require_POST
@needs("outbox.names")
def try_out(request: HttpRequest) -> HttpResponse:
    """Queue the dry run, or the creation of what is missing; the page of the job follows it."""
    args = {"is_applied": True} if request.POST.get("do") == "apply" else {}
    job = jobs.request(name="governance.set_up", args=args, by=request.user, now=timezone.now())
    return redirect("job", job.pk)
