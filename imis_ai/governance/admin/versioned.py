"""What texts and offers share in the admin: their versions, and the steps that two people take."""

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.db.models import Model
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.views.decorators.http import require_POST

from imis_ai.governance.models.versioned import Versioned
from imis_ai.governance.refusals import Refused
from imis_ai.ui.backoffice import Guarded

Step = Callable[..., Any]
DONE = {
    "submit": "Sent to a second person.",
    "approve": "Approved. It is in use from now on.",
    "send_back": "Sent back to its writer.",
    "retire": "Retired. It is not used any more.",
}


class VersionedAdmin(Guarded):
    """`steps`: the actions by name; each takes `version`, `by`, `now`, and `note` for sending back."""

    reads = "messages.approve"
    writes = "messages.write"
    versions: type[Versioned]
    steps: dict[str, Step]

    def get_urls(self) -> list[URLPattern]:
        name = f"{self.opts.model_name}_step"
        step = require_POST(self.admin_site.admin_view(self.step))
        return [path("versions/<int:pk>/<str:name>/", step, name=name), *super().get_urls()]

    def step(self, request: HttpRequest, pk: int, name: str) -> HttpResponse:
        """One person's decision on one version."""
        version = get_object_or_404(self.versions, pk=pk)
        more = {"note": request.POST.get("note", "")} if name == "send_back" else {}
        try:
            self.steps[name](version=version, by=request.user, now=timezone.now(), **more)
        except Refused as refusal:
            messages.error(request, str(refusal))
        else:
            messages.success(request, DONE[name])
        return HttpResponseRedirect(self._address(self.of(version)))

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        """What was entered becomes a version; the row itself is only its name."""
        version = self.save_version(request, obj, form.cleaned_data)
        messages.info(request, f"Version {version.number} is a draft until a second person approved it.")

    def save_version(self, request: HttpRequest, row: Any, entered: dict[str, Any]) -> Any:
        """Keep what was entered, through the action of its kind."""
        raise NotImplementedError

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict | None = None
    ) -> HttpResponse:
        newest = self.newest(self.get_object(request, object_id))
        extra: dict[str, Any] = {}
        if newest:
            steps = {"version": newest, "steps": self.steps_for(request, newest)}
            extra["beside"] = steps | self.beside(request, newest)
        return super().change_view(request, object_id, form_url, (extra_context or {}) | extra)

    def beside(self, request: HttpRequest, version: Any) -> dict[str, Any]:
        """What else stands beside the form."""
        raise NotImplementedError

    def of(self, version: Versioned) -> Model:
        """The row that the version belongs to."""
        raise NotImplementedError

    def newest(self, row: Any) -> Versioned | None:
        return row.versions.first() if row and row.pk else None

    def steps_for(self, request: HttpRequest, version: Versioned) -> list[tuple[str, str]]:
        """Address and words of each step that this version can take."""
        known = {
            "draft": [("submit", "Send to a second person"), ("retire", "Drop this draft")],
            "waiting": [("approve", "Approve"), ("send_back", "Send back"), ("retire", "Drop it")],
            "approved": [("retire", "Take it out of use")],
        }
        name = f"admin:{self.opts.model_name}_step"
        return [
            (reverse(name, args=[version.pk, step]), words) for step, words in known.get(version.state, [])
        ]

    def live(self, row: Any) -> str:
        """In lists: the version in use."""
        found = row.versions.filter(state="approved").first()
        return f"version {found.number}" if found else "none"

    def waiting(self, row: Any) -> int:
        """In lists: versions before a second person."""
        return row.versions.filter(state="waiting").count()

    def _address(self, row: Model) -> str:
        return reverse(f"admin:{self.opts.app_label}_{self.opts.model_name}_change", args=[row.pk])
