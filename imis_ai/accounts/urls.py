"""Signing in and the own account."""

from django.contrib.auth.views import LogoutView
from django.urls import path

from imis_ai.accounts import views

urlpatterns = [
    path("login/", views.Login.as_view(), name="login"),
    path("logout/", LogoutView.as_view(), name="logout"),
    path("account/", views.account, name="account"),
    path("account/reveal/", views.reveal, name="reveal"),
    path("account/password/", views.password, name="password"),
]
