"""Signing in, the own account, its second step. `mfa_` and `account_` are names that allauth asks for."""

from allauth.socialaccount.providers.openid_connect import views as oidc
from django.contrib.auth.decorators import login_not_required
from django.contrib.auth.views import LogoutView
from django.urls import path
from django.views.generic import RedirectView

from imis_ai.accounts.views import entrance, own, saved_views, second_step

STEP = "account/second-step/"
urlpatterns = [
    path("login/", entrance.Login.as_view(), name="login"),
    path("login/second-step/", entrance.SecondStep.as_view(), name="mfa_authenticate"),
    path("login/elsewhere/<slug:provider_id>/", oidc.login, name="openid_connect_login"),
    path("login/elsewhere/<slug:provider_id>/back/", oidc.callback, name="openid_connect_callback"),
    path(
        "login/again/", login_not_required(RedirectView.as_view(pattern_name="login")), name="account_login"
    ),
    path("logout/", LogoutView.as_view(), name="logout"),
    path("invitation/<str:token>/", entrance.invitation, name="invitation"),
    path("account/", own.account, name="account"),
    path("account/confirm/", entrance.confirm, name="account_reauthenticate"),
    path("account/end-others/", own.end_others, name="end_others"),
    path("account/password/", own.password, name="password"),
    path("account/reveal/", own.reveal, name="reveal"),
    path("account/notifications/", own.told, name="account_told"),
    path("account/views/", saved_views.save, name="saved_views"),
    path("account/views/<int:view_id>/", saved_views.change, name="saved_view"),
    path("account/session/", own.session, name="session"),
    path(STEP, second_step.overview, name="mfa_index"),
    path(f"{STEP}app/", second_step.add_app, name="mfa_activate_totp"),
    path(f"{STEP}app/remove/", second_step.remove_app, name="mfa_deactivate_totp"),
    path(f"{STEP}passkeys/", second_step.overview, name="mfa_list_webauthn"),
    path(f"{STEP}passkeys/add/", second_step.add_passkey, name="mfa_add_webauthn"),
    path(f"{STEP}passkeys/<int:pk>/remove/", second_step.remove_passkey, name="mfa_remove_webauthn"),
    path(f"{STEP}codes/", second_step.recovery_codes, name="mfa_view_recovery_codes"),
    path(f"{STEP}codes/new/", second_step.new_codes, name="mfa_generate_recovery_codes"),
]
