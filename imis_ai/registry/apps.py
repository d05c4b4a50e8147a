from django.apps import AppConfig


class RegistryConfig(AppConfig):
    name = "imis_ai.registry"
    default_auto_field = "django.db.models.BigAutoField"
