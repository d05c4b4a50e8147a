"""What every answer has: the browser keeps nothing, and a fragment never holds the sign-in page."""

from urllib.parse import urlsplit

from django.conf import settings
from django.shortcuts import resolve_url
from django.urls import reverse
from django.utils.cache import patch_vary_headers
from django_htmx.http import HttpResponseClientRedirect


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
