"""Own account: preferences, password; signing in and out are Django's views with our templates."""

from django.contrib import messages
from django.contrib.auth import views as auth
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse_lazy
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_POST

from imis_ai.accounts import actions
from imis_ai.accounts.forms import PreferencesForm
from imis_ai.accounts.models import AccessEntry
from imis_ai.accounts.rights import RIGHTS, needs


@needs("account.own")
def account(request: HttpRequest) -> HttpResponse:
    user = request.user
    initial = {"theme": user.theme, "density": user.density, "has_shortcuts": user.has_shortcuts}
    form = PreferencesForm(request.POST if request.method == "POST" else None, initial=initial)
    if form.is_bound and form.is_valid():
        actions.save_preferences(user=user, **form.cleaned_data)
        messages.success(request, "Your preferences are saved.")
        return redirect("account")
    context = {
        "form": form,
        "about": f"{user.username}, {user.get_role_display().lower()}",
        "may": [entry.does for right, entry in RIGHTS.items() if user.may(right)],
    }
    return render(request, "accounts/account.html", context, status=422 if form.is_bound else 200)


@require_POST
@needs("names.reveal")
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


class PasswordChange(auth.PasswordChangeView):
    template_name = "accounts/password.html"
    success_url = reverse_lazy("account")

    def form_valid(self, form) -> HttpResponse:
        messages.success(self.request, "Your password is changed. Other sessions were signed out.")
        return super().form_valid(form)

    def form_invalid(self, form) -> HttpResponse:
        return self.render_to_response(self.get_context_data(form=form), status=422)


password = needs("account.own")(PasswordChange.as_view())


class Login(auth.LoginView):
    template_name = "accounts/login.html"
    redirect_authenticated_user = True

    def form_invalid(self, form) -> HttpResponse:
        return self.render_to_response(self.get_context_data(form=form), status=422)
