"""Addresses of the data pages."""

from django.urls import path

from imis_ai.mirror import views

urlpatterns = [
    path("", views.data, name="data"),
    path("run/", views.run, name="data_run"),
    path("feeds/<str:feed>/pause/", views.pause, name="data_pause"),
    path("feeds/<str:feed>/release/", views.release, name="data_release"),
    path("runs/<int:job_id>/", views.past_run, name="data_past_run"),
    path("refused/", views.refused, name="refused"),
    path("refused/settle/", views.settle, name="refused_settle"),
    path("scope/", views.scope, name="scope"),
    path("scope/<str:feed>/<str:field>/", views.switch, name="scope_switch"),
]
