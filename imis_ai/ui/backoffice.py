"""The Django admin as part of the product: who may enter, and that it only calls actions."""

from typing import Any

from django.contrib.admin import AdminSite, ModelAdmin
from django.contrib.auth.views import redirect_to_login
from django.db.models import Model
from django.http import HttpRequest, HttpResponse

from imis_ai.accounts.rights import Refused


class Site(AdminSite):
    """Open to whoever may read one of its pages. Being staff or superuser opens nothing of ours."""

    site_header = "Rules and texts"
    site_title = "imis_ai"
    index_title = "Rules and texts"
    site_url = "/"
    enable_nav_sidebar = False

    def has_permission(self, request: HttpRequest) -> bool:
        if not request.user.is_active:
            return False
        is_ours = any(
            isinstance(each, Guarded) and each.has_view_permission(request)
            for each in self._registry.values()
        )
        return is_ours or super().has_permission(request)

    def login(self, request: HttpRequest, extra_context: dict | None = None) -> HttpResponse:
        """The product's own sign-in; somebody signed in who may open nothing here is told so."""
        if request.user.is_authenticated:
            raise Refused(next(each.reads for each in self._registry.values() if isinstance(each, Guarded)))
        return redirect_to_login(request.get_full_path())


class Guarded(ModelAdmin):
    """A table edited through an action. `reads` and `writes` are rights; nothing is ever deleted."""

    reads = ""
    writes = ""
    actions = None
    list_per_page = 50
    save_on_top = False
    show_full_result_count = False

    def has_module_permission(self, request: HttpRequest) -> bool:
        return self.has_view_permission(request)

    def has_view_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        user = request.user
        return user.is_authenticated and (user.may(self.reads) or user.may(self.writes))

    def has_add_permission(self, request: HttpRequest) -> bool:
        return request.user.is_authenticated and request.user.may(self.writes)

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return request.user.is_authenticated and request.user.may(self.writes)

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def log_addition(self, request: HttpRequest, obj: Any, message: Any) -> None:
        """The audit log has it; a second log would only be shorter."""

    def log_change(self, request: HttpRequest, obj: Any, message: Any) -> None:
        """See above."""
