"""The Django admin within the product: our sign-in, our rights, only the tables meant to be edited there."""

from typing import Any

from django.apps import apps
from django.contrib import admin
from django.contrib.auth.decorators import login_not_required
from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.decorators import method_decorator

from imis_ai.accounts.rights import Refused

OPEN = "admin.open"
OURS = ("governance", "django_celery_beat")  # the schedule is for superusers only, who open nothing else


class Site(admin.AdminSite):
    site_header = site_title = "imis_ai"
    index_title = "Rules and texts"
    enable_nav_sidebar = False

    def register(self, model_or_iterable: Any, admin_class: Any = None, **options: Any) -> None:
        """Tables of other packages stay out: a bare form would write past audit and approval."""
        models = model_or_iterable if isinstance(model_or_iterable, list | tuple) else [model_or_iterable]
        ours = [model for model in models if apps.get_containing_app_config(model.__module__).label in OURS]
        if ours:
            super().register(ours, admin_class, **options)

    def has_permission(self, request: HttpRequest) -> bool:
        """Raises Refused for those who signed in and may not; the others are sent to sign in."""
        user = request.user
        if not user.is_authenticated:
            return False
        if not user.may(OPEN) and not user.is_superuser:
            raise Refused(OPEN)
        return True

    @method_decorator(login_not_required)
    def login(self, request: HttpRequest, extra_context: dict | None = None) -> HttpResponse:
        return redirect_to_login(request.GET.get("next") or request.get_full_path())

    def password_change(self, request: HttpRequest, extra_context: dict | None = None) -> HttpResponse:
        return redirect("password")
