"""Setting up the second step: an authenticator app, passkeys, codes for the day the phone is lost."""

import json
from typing import Any

from allauth.mfa.adapter import get_adapter
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes import views as codes
from allauth.mfa.totp import views as totp
from allauth.mfa.webauthn import views as webauthn
from django.contrib import messages
from django.contrib.auth import update_session_auth_hash
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_safe

from imis_ai.accounts import actions, second_step
from imis_ai.accounts.rights import needs


@require_safe
@needs("account.own")
def overview(request: HttpRequest) -> HttpResponse:
    held = second_step.methods_of(request.user)
    apps = [method for method in held if method.type == Authenticator.Type.TOTP]
    context = {
        "app": apps[0] if apps else None,
        "passkeys": [method.wrap() for method in held if method.type == Authenticator.Type.WEBAUTHN],
        "codes_left": _codes_left(request),
        "is_required": second_step.is_required(request.user),
        "is_missing": second_step.is_missing(request),
    }
    return render(request, "accounts/second_step.html", context)


def _codes_left(request: HttpRequest) -> int | None:
    held = Authenticator.objects.filter(user=request.user, type=Authenticator.Type.RECOVERY_CODES).first()
    return len(held.wrap().get_unused_codes()) if held else None


def _taken(request: HttpRequest, sentence: str) -> None:
    """A new second step: this session has it, every other one ends."""
    actions.end_sessions(person=request.user)
    update_session_auth_hash(request, request.user)
    request.session["second_step"] = True
    messages.success(request, sentence)


def worded(form: Any) -> Any:
    """The field of a code in our words."""
    form.fields["code"].label = "Code"
    form.fields["code"].help_text = "The six digits that the app shows now."
    form.fields["code"].widget.attrs |= {
        "placeholder": "",
        "inputmode": "numeric",
        "autocomplete": "one-time-code",
    }
    return form


class Refilled:
    """A form with an error answers 422, in our template."""

    def form_invalid(self, form: Any) -> HttpResponse:
        return self.render_to_response(self.get_context_data(form=form), status=422)


class AddApp(Refilled, totp.ActivateTOTPView):
    template_name = "accounts/second_step_app.html"

    def get_form(self, form_class: Any = None) -> Any:
        return worded(super().get_form(form_class))

    def form_valid(self, form: Any) -> HttpResponse:
        response = super().form_valid(form)
        _taken(self.request, "Your authenticator app is set up.")
        return response


class RemoveApp(Refilled, totp.DeactivateTOTPView):
    template_name = "accounts/second_step_remove.html"

    def form_valid(self, form: Any) -> HttpResponse:
        messages.success(self.request, "The authenticator app is removed.")
        return super().form_valid(form)


class AddPasskey(Refilled, webauthn.AddWebAuthnView):
    template_name = "accounts/second_step_passkey.html"

    def get_context_data(self, **kwargs: Any) -> dict:
        context = super().get_context_data(**kwargs) | kwargs
        return context | {"options": json.dumps(context["js_data"]["creation_options"])}

    def form_valid(self, form: Any) -> HttpResponse:
        response = super().form_valid(form)
        _taken(self.request, "The passkey is added.")
        return response


class RemovePasskey(webauthn.RemoveWebAuthnView):
    template_name = "accounts/second_step_remove.html"

    def form_valid(self, form: Any) -> HttpResponse:
        if not get_adapter().can_delete_authenticator(self.object):
            messages.warning(self.request, "Your role needs a second step. Add another one first.")
            return redirect("mfa_index")
        messages.success(self.request, "The passkey is removed.")
        return super().form_valid(form)


class Codes(codes.ViewRecoveryCodesView):
    template_name = "accounts/recovery_codes.html"


class NewCodes(Refilled, codes.GenerateRecoveryCodesView):
    template_name = "accounts/recovery_codes_new.html"


own = needs("account.own")
add_app, remove_app = own(AddApp.as_view()), own(RemoveApp.as_view())
add_passkey, remove_passkey = own(AddPasskey.as_view()), own(RemovePasskey.as_view())
recovery_codes, new_codes = own(Codes.as_view()), own(NewCodes.as_view())
