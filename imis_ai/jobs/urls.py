"""Addresses of background jobs."""

from django.urls import path

from imis_ai.jobs import views

urlpatterns = [
    path("<int:job_id>/", views.job, name="job"),
    path("<int:job_id>/cancel/", views.cancel, name="job_cancel"),
    path("<int:job_id>/resume/", views.resume, name="job_resume"),
]
