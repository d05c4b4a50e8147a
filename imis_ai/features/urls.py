"""Address of the feature catalogue."""

from django.urls import path

from imis_ai.features import views

urlpatterns = [path("", views.catalogue, name="features")]
