"""Addresses of the pages on models."""

from django.urls import path

from imis_ai.registry import views

urlpatterns = [
    path("", views.models, name="models"),
    path("findings/<int:finding_id>/", views.accept, name="model_finding"),
    path("<slug:model>/train/", views.train, name="model_train"),
    path("<slug:model>/<str:version>/", views.version, name="model_version"),
    path("<slug:model>/<str:version>/live/", views.go_live, name="model_live"),
    path("<slug:model>/<str:version>/replay/", views.replay, name="model_replay"),
]
