"""Tables that are edited in the Django admin: by right, through actions, never deleted."""

from typing import Any

from django.contrib.admin import ModelAdmin
from django.db.models import Model
from django.http import HttpRequest


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
