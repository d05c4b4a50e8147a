"""What sources of data are worth to early detection, and what fields that may be unfair would change."""

from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.views.decorators.http import require_safe

from imis_ai.accounts.rights import needs
from retention.queries import dataworth
from retention.views import frame


@require_safe
@needs("data.read")
def page(request: HttpRequest) -> HttpResponse:
    """Both tables; no names."""
    rows = dataworth.measured()
    context = {
        "worth": dataworth.lines(rows),
        "switches": dataworth.switchboard(rows, timezone.now()),
        "version": rows[0].version if rows else "",
    }
    return frame.page(request, "retention/dataworth.html", context)
