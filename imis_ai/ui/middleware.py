"""What every answer has: the browser keeps nothing, and a fragment never holds the sign-in page."""

from urllib.parse import urlsplit

from django.conf import settings
from django.http import Http404
from django.shortcuts import resolve_url
from django.urls import reverse
from django.utils import timezone
from django.utils.cache import patch_vary_headers
from django_htmx.http import HttpResponseClientRedirect

from imis_ai.accounts import actions as people
from imis_ai.accounts.models import AccessEntry
from imis_ai.ui import drawings
from imis_ai.ui.exports import csv_file


def page_rules(get_response):
    def middleware(request):
        response = get_response(request)
        if request.htmx and response.status_code == 302:
            target = urlsplit(response["Location"])
            if target.path == reverse("account_reauthenticate"):
                return HttpResponseClientRedirect(response["Location"])
            if target.path == resolve_url(settings.LOGIN_URL):
                page = urlsplit(request.htmx.current_url or "").path or "/"
                return HttpResponseClientRedirect(f"{target.path}?next={page}")
        if not response.has_header("Cache-Control"):
            response["Cache-Control"] = "no-store"
        patch_vary_headers(response, ["HX-Request"])
        return response

    return middleware


def drawing_as_csv(get_response):
    """`?csv=<name>` on the address of a page answers with the rows under that drawing. Logged."""

    def middleware(request):
        response = get_response(request)
        name = request.GET.get("csv", "")[:60]
        is_page = response.get("Content-Type", "").startswith("text/html") and not response.streaming
        wanted = name and request.method == "GET" and response.status_code == 200 and is_page
        if not wanted or not request.user.is_authenticated:
            return response
        rows = drawings.rows_of(response.content.decode(response.charset), name)
        if not rows:
            raise Http404
        now = timezone.now()
        people.record_access(
            by=request.user,
            what=AccessEntry.What.LIST_EXPORTED,
            now=now,
            detail={
                "page": request.path,
                "drawing": name,
                "filters": request.GET.urlencode(),
                "rows": len(rows) - 1,
            },
        )
        return csv_file(f"{name}-{timezone.localdate(now)}.csv", rows[0], rows[1:])

    return middleware
