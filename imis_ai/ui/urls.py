"""Help pages."""

from django.urls import path

from imis_ai.ui import views

urlpatterns = [
    path("shortcuts/", views.shortcuts, name="shortcuts"),
    path("components/", views.components, name="components"),
]
