from django.apps import AppConfig


class FeaturesConfig(AppConfig):
    name = "imis_ai.features"
    default_auto_field = "django.db.models.BigAutoField"
