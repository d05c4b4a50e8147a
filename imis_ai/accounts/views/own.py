"""Own account: preferences, password, revealing names, how long the session lives."""

from django.contrib import messages
from django.contrib.auth import update_session_auth_hash
from django.contrib.auth import views as auth
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.middleware.csrf import get_token
from django.shortcuts import redirect, render
from django.urls import reverse_lazy
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_http_methods, require_POST

from imis_ai.accounts import actions, second_step, sessions
from imis_ai.accounts.forms import NoticesForm, PreferencesForm
from imis_ai.accounts.models import AccessEntry, User
from imis_ai.accounts.rights import RIGHTS, needs
from imis_ai.accounts.second_step import confirmed


@needs("account.own")
def account(request: HttpRequest) -> HttpResponse:
    user = request.user
    form = PreferencesForm(request.POST if request.method == "POST" else None, initial=_preferences(user))
    if form.is_bound and form.is_valid():
        actions.save_preferences(user=user, **form.cleaned_data)
        messages.success(request, "Your preferences are saved.")
        return redirect("account")
    return _page(request, form, NoticesForm.of(user))


@require_POST
@needs("account.own")
def told(request: HttpRequest) -> HttpResponse:
    """Of what one is told, and when the daily e-mail comes."""
    user = request.user
    form = NoticesForm.of(user, request.POST)
    if not form.is_valid():
        preferences = PreferencesForm(initial=_preferences(user))
        return _page(request, preferences, form)
    hour = form.cleaned_data["digest_hour"]
    actions.save_notices(user=user, off=form.off(), digest_hour=hour)
    if hour is not None and not user.email:
        messages.warning(request, "Saved. You have no e-mail address here: an administrator adds it.")
    else:
        messages.success(request, "Saved.")
    return redirect("account")


def _preferences(user: User) -> dict:
    return {"theme": user.theme, "density": user.density, "has_shortcuts": user.has_shortcuts}


def _page(request: HttpRequest, form: PreferencesForm, told_form: NoticesForm) -> HttpResponse:
    user = request.user
    context = {
        "form": form,
        "told_form": told_form,
        "has_second_step": second_step.has_one(user),
        "has_password": user.has_usable_password(),
        "about": f"{user.username}, {user.get_role_display().lower()}",
        "may": [entry.does for right, entry in RIGHTS.items() if user.may(right)],
    }
    is_wrong = form.is_bound or told_form.is_bound
    return render(request, "accounts/account.html", context, status=422 if is_wrong else 200)


@require_POST
@needs("names.reveal")
@confirmed
def reveal(request: HttpRequest) -> HttpResponse:
    """Show members' names for half an hour; the access log keeps who did and why."""
    now = timezone.now()
    detail = {"reason": request.POST.get("reason", "")[:200]}
    actions.record_access(by=request.user, what=AccessEntry.What.NAMES_REVEALED, now=now, detail=detail)
    request.session["names_revealed_at"] = now.timestamp()
    messages.success(request, "Names are shown for 30 minutes. This is in the access log.")
    back = request.POST.get("next", "")
    safe = url_has_allowed_host_and_scheme(
        back, allowed_hosts={request.get_host()}, require_https=request.is_secure()
    )
    return redirect(back if safe else "/")


@needs("account.own")
@require_http_methods(["GET", "POST"])
def session(request: HttpRequest) -> JsonResponse:
    """Seconds left; asking is not use, a POST is. The token lets a page that waited send its form."""
    if request.method == "POST":
        sessions.keep(request)
    return JsonResponse(
        {
            "left": sessions.left(request),
            "extends": sessions.can_be_extended(request),
            "who": request.user.username,
            "token": get_token(request),
        }
    )


@require_POST
@needs("account.own")
def end_others(request: HttpRequest) -> HttpResponse:
    """Sign out everywhere but here."""
    actions.end_sessions(person=request.user)
    update_session_auth_hash(request, request.user)
    messages.success(request, "You are signed out everywhere else.")
    return redirect("account")


class PasswordChange(auth.PasswordChangeView):
    template_name = "accounts/password.html"
    success_url = reverse_lazy("account")

    def form_valid(self, form) -> HttpResponse:
        messages.success(self.request, "Your password is changed. Other sessions were signed out.")
        return super().form_valid(form)

    def form_invalid(self, form) -> HttpResponse:
        return self.render_to_response(self.get_context_data(form=form), status=422)


password = needs("account.own")(PasswordChange.as_view())
