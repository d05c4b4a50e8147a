from django.apps import AppConfig


class JobsConfig(AppConfig):
    name = "imis_ai.jobs"
    default_auto_field = "django.db.models.BigAutoField"
