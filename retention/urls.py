"""Addresses of the retention domain."""

from django.urls import path

from retention import views

urlpatterns = [
    path("", views.risk_list, name="risk_list"),
    path("export.csv", views.export, name="risk_export"),
    path("members/<str:imis_id>/", views.member, name="risk_member"),
]
