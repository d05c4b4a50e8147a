from django.apps import AppConfig


class OpsConfig(AppConfig):
    name = "imis_ai.ops"
    default_auto_field = "django.db.models.BigAutoField"
