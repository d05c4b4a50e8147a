"""Guardrails in the Django admin: every save calls an action, is audited, and asks a second person."""

from typing import Any

from django.conf import settings
from django.contrib import admin, messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import URLPattern, path
from django.utils import timezone
from django.views.decorators.http import require_POST

from imis_ai.accounts.models import User
from imis_ai.accounts.rights import Refused as NoRight
from imis_ai.governance.forms.guardrails import GuardrailForm, form_for, initial_of
from imis_ai.governance.guardrails import actions, kinds, read
from imis_ai.governance.guardrails.vocabulary import PROPOSALS, SIGNALS
from imis_ai.governance.models import Guardrail, GuardrailVersion, Proposal
from imis_ai.governance.refusals import Refused
from imis_ai.rules.english import describe
from imis_ai.rules.tree import ALWAYS
from imis_ai.rules.wire import BadRule, parse_json
from imis_ai.ui.backoffice import Guarded

READ, EDIT = "guardrails.read", "guardrails.edit"


@admin.register(Guardrail)
class GuardrailAdmin(Guarded):
    reads, writes = READ, EDIT
    change_form_template = add_form_template = "governance/guardrails/form.html"

    def get_urls(self) -> list[URLPattern]:
        own = path(
            "<int:pk>/decide/",
            self.admin_site.admin_view(require_POST(self.decide)),
            name="governance_guardrail_decide",
        )
        return [own, *super().get_urls()]

    def changelist_view(self, request: HttpRequest, extra_context: dict | None = None) -> HttpResponse:
        if not self.has_view_permission(request):
            raise NoRight(READ)
        found = Guardrail.objects.select_related("owner").prefetch_related("versions")
        context = {
            "rows": [_row(guardrail) for guardrail in found],
            "kinds": kinds.KINDS.values(),
            "may_edit": self.has_add_permission(request),
        }
        return render(request, "governance/guardrails/list.html", context)

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> type:
        kind = obj.kind if obj else request.GET.get("kind", "")
        if kind not in kinds.KINDS:
            raise Http404
        return form_for(kind)

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> list:
        form = self.get_form(request, obj)(instance=obj)
        return [(None, {"fields": list(form.fields)})]

    def get_changeform_initial_data(self, request: HttpRequest) -> dict:
        return {}

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict | None = None,
    ) -> HttpResponse:
        if not self.has_view_permission(request):
            raise NoRight(READ)
        if object_id is None and request.GET.get("kind", "") not in kinds.KINDS:
            return redirect("admin:governance_guardrail_changelist")
        guardrail = get_object_or_404(Guardrail, pk=object_id) if object_id else None
        context = _about(request, guardrail) if guardrail else {"kind": kinds.find(request.GET["kind"])}
        try:
            return super().changeform_view(request, object_id, form_url, (extra_context or {}) | context)
        except Refused as refusal:
            messages.error(request, str(refusal.why))
            return redirect(request.get_full_path())

    def render_change_form(self, request, context, *args, **kwargs) -> HttpResponse:
        """The kept values stand in the form that is shown first."""
        form = context["adminform"].form
        if not form.is_bound and form.instance.pk:
            version = read.on_its_way(form.instance) or read.live_of(form.instance)
            form.initial |= initial_of(version.settings) | {"is_off": version.is_off} if version else {}
        context["form"] = form
        return super().render_change_form(request, context, *args, **kwargs)

    def save_model(self, request: HttpRequest, obj: Guardrail, form: GuardrailForm, change: bool) -> None:
        now, entered = timezone.now(), form.entered()
        reason = form.cleaned_data["reason"]
        if change:
            actions.draft(
                guardrail=obj,
                entered=entered,
                reason=reason,
                is_off=form.cleaned_data["is_off"],
                by=request.user,
                now=now,
            )
            return
        made = actions.create(
            name=obj.name,
            kind=form.kind,
            owner=request.user if request.user.may(actions.AGREE) else None,
            entered=entered,
            reason=reason,
            by=request.user,
            now=now,
        )
        obj.pk, obj.kind = made.guardrail_id, form.kind

    def response_add(
        self, request: HttpRequest, obj: Guardrail, post_url_continue: Any = None
    ) -> HttpResponse:
        return self._back(request, obj)

    def response_change(self, request: HttpRequest, obj: Guardrail) -> HttpResponse:
        return self._back(request, obj)

    def _back(self, request: HttpRequest, obj: Guardrail) -> HttpResponse:
        messages.success(
            request, "The draft is kept with what it would have stopped. Ask a second person next."
        )
        return redirect("admin:governance_guardrail_change", obj.pk)

    def decide(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Ask, agree, decline, or hand the guardrail to another owner."""
        guardrail = get_object_or_404(Guardrail, pk=pk)
        try:
            messages.success(request, DECISIONS[request.POST.get("do", "")](request, guardrail))
        except KeyError:
            raise Http404 from None
        except Refused as refusal:
            messages.error(request, str(refusal.why))
        return redirect("admin:governance_guardrail_change", pk)


def _submit(request: HttpRequest, guardrail: Guardrail) -> str:
    version = _version(request, guardrail)
    actions.submit(version=version, by=request.user, now=timezone.now())
    return f"Asked: {read.owner_of(version)}."


def _agree(request: HttpRequest, guardrail: Guardrail) -> str:
    version = _version(request, guardrail)
    if actions.agree(version=version, by=request.user, now=timezone.now()):
        return "It is live. What waits to leave is checked against it."
    return "Signed. A second signature is needed."


def _decline(request: HttpRequest, guardrail: Guardrail) -> str:
    actions.decline(
        version=_version(request, guardrail),
        by=request.user,
        now=timezone.now(),
        reason=request.POST.get("reason", "")[:300],
    )
    return "Everything stays as it was."


def _give(request: HttpRequest, guardrail: Guardrail) -> str:
    owner = get_object_or_404(User, pk=request.POST.get("owner") or 0, is_active=True)
    actions.give(guardrail=guardrail, owner=owner, by=request.user, now=timezone.now())
    return f"{owner} owns this guardrail now."


DECISIONS = {"submit": _submit, "agree": _agree, "decline": _decline, "give": _give}


def _version(request: HttpRequest, guardrail: Guardrail) -> GuardrailVersion:
    """The version the person saw: another one since then is not decided unseen."""
    return get_object_or_404(guardrail.versions, pk=request.POST.get("version") or 0)


def _about(request: HttpRequest, guardrail: Guardrail) -> dict:
    live, coming = read.live_of(guardrail), read.on_its_way(guardrail)
    owners = [person for person in User.objects.filter(is_active=True) if person.may(actions.AGREE)]
    examples = Proposal.objects.filter(pk__in=coming.effect.get("examples", [])) if coming else []
    return {
        "guardrail": guardrail,
        "kind": kinds.find(guardrail.kind),
        "live": _said(live) if live else None,
        "coming": _said(coming) if coming else None,
        "examples": examples,
        "signatures": list(coming.signatures.select_related("by")) if coming else [],
        "signatures_needed": actions.signatures_needed(version=coming) if coming else 1,
        "why_not_mine": actions.why_not_agree(version=coming, by=request.user) if coming else None,
        "is_author": bool(coming and coming.proposed_by_id == request.user.pk),
        "may_give": request.user.may(actions.AGREE) and guardrail.owner_id in (None, request.user.pk),
        "owners": [person for person in owners if person.pk != guardrail.owner_id],
        "versions": list(guardrail.versions.select_related("proposed_by")),
        "words": PROPOSALS.words.values() if guardrail.kind == "rule" else [],
    }


def _row(guardrail: Guardrail) -> dict:
    versions = {version.state: version for version in guardrail.versions.all()}
    live, coming = versions.get("live"), versions.get("waiting") or versions.get("draft")
    shown = live or coming or next(iter(guardrail.versions.all()), None)
    return {"guardrail": guardrail, "is_live": live is not None, "coming": coming} | (
        _said(shown) if shown else {}
    )


def _said(version: GuardrailVersion) -> dict:
    """A version in words."""
    kind = kinds.find(version.guardrail.kind)
    return {
        "version": version,
        "value": kind.value(version.settings),
        "rule": _in_words(version.rule, version),
        "scope": _scope(version.scope),
        "kind_label": kind.label,
    }


def _in_words(rule: dict, version: GuardrailVersion) -> str:
    if version.guardrail.kind == "terms":
        return f"A text holds one of: {', '.join(version.settings['terms'][:6])} …"
    if version.guardrail.kind in kinds.LISTS:
        found = version.settings["entries"]
        shown = ", ".join(found[:6]) + (" …" if len(found) > 6 else "")
        return f"Objects to nothing; alerts look for: {shown or 'nothing yet'}"
    if version.guardrail.kind == "signals":
        names = [SIGNALS[name] for name in version.settings["on"] if name in SIGNALS]
        return f"Objects to nothing; alerts are made about: {', '.join(names) or 'none of them'}"
    try:
        tree = parse_json(rule, vocabulary=PROPOSALS)
    except BadRule as problem:
        return str(problem)
    said = describe(tree, vocabulary=PROPOSALS, currency=settings.CURRENCY)
    return said[0].upper() + said[1:]


def _scope(rule: dict) -> str:
    try:
        tree = parse_json(rule, vocabulary=PROPOSALS)
    except BadRule as problem:
        return str(problem)
    return "everywhere" if tree == ALWAYS else describe(tree, vocabulary=PROPOSALS)
