from django.apps import AppConfig


class UiConfig(AppConfig):
    name = "imis_ai.ui"
    default_auto_field = "django.db.models.BigAutoField"
