"""Coming in: name and password, the second step, an invitation, and showing again who one is."""

import json
from typing import Any

from allauth.account.internal.flows.login import perform_password_login
from allauth.account.models import Login as Pending
from allauth.account.views import BaseReauthenticateView
from allauth.core import ratelimit
from allauth.mfa.base import views as mfa
from django.conf import settings
from django.contrib import messages
from django.contrib.auth import views as auth
from django.contrib.auth.decorators import login_not_required
from django.contrib.auth.forms import SetPasswordForm
from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.decorators import method_decorator
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.cache import never_cache

from imis_ai.accounts import invitations, sessions
from imis_ai.accounts.forms import ConfirmForm
from imis_ai.accounts.rights import needs


class Login(auth.LoginView):
    """Name and password. Whoever has a second step is asked for it before there is a session."""

    template_name = "accounts/login.html"
    redirect_authenticated_user = True

    def form_valid(self, form: Any) -> HttpResponse:
        person = form.get_user()
        pending = Pending(user=person, redirect_url=self.get_success_url())
        return perform_password_login(self.request, {"username": person.username}, pending)

    def form_invalid(self, form: Any) -> HttpResponse:
        return self.render_to_response(self.get_context_data(form=form), status=422)

    def get_context_data(self, **kwargs: Any) -> dict:
        wanted = self.get_redirect_url()
        return super().get_context_data(**kwargs) | {"elsewhere": settings.OIDC_NAME, "wanted": wanted}


class SecondStep(mfa.AuthenticateView):
    template_name = "accounts/second_step_asked.html"

    def get_context_data(self, **kwargs: Any) -> dict:
        context = super().get_context_data(**kwargs)
        code = context["form"].fields["code"]
        code.help_text = "The six digits of your app, or a recovery code."
        code.widget.attrs |= {"placeholder": "", "autofocus": True}
        return context | {"options": json.dumps(context["js_data"]["request_options"])}

    def form_invalid(self, form: Any) -> HttpResponse:
        return self.render_to_response(self.get_context_data(), status=422)


@method_decorator(never_cache, name="dispatch")
class Confirm(BaseReauthenticateView):
    """Show again who one is before something sensitive; what was sent is then carried out."""

    template_name = "accounts/confirm.html"
    form_class = ConfirmForm

    def get_form_kwargs(self) -> dict:
        return super().get_form_kwargs() | {"user": self.request.user, "request": self.request}

    def form_valid(self, form: Any) -> HttpResponse:
        sessions.confirm(self.request)
        return super().form_valid(form)

    def form_invalid(self, form: Any) -> HttpResponse:
        return self.render_to_response(self.get_context_data(form=form), status=422)


confirm = needs("account.own")(Confirm.as_view())


@login_not_required
@never_cache
def invitation(request: HttpRequest, token: str) -> HttpResponse:
    """Choose a password by the link of an invitation; signing in comes after, with its second step."""
    now = timezone.now()
    limited = ratelimit.consume_or_429(request, action="login")
    if limited:
        return limited
    invited = invitations.open_one(token=token, now=now)
    if invited is None:
        return render(request, "accounts/invitation_over.html", status=404)
    form = SetPasswordForm(invited.person, request.POST or None)
    if form.is_valid():
        invitations.accept(invitation=invited, password=form.cleaned_data["new_password1"], now=now)
        messages.success(request, "Your password is set. Sign in with it.")
        return redirect("login")
    context = {"form": form, "person": invited.person}
    return render(request, "accounts/invitation.html", context, status=422 if form.is_bound else 200)


@login_not_required
def admin_login(request: HttpRequest) -> HttpResponse:
    """The Django admin has no door of its own: there is one way in, with its second step."""
    if request.user.is_authenticated:
        return redirect("home")
    wanted = request.GET.get("next", "")
    safe = url_has_allowed_host_and_scheme(wanted, allowed_hosts={request.get_host()})
    return redirect_to_login(wanted) if safe else redirect("login")
