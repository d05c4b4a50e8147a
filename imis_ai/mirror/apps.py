from django.apps import AppConfig


class MirrorConfig(AppConfig):
    name = "imis_ai.mirror"
    default_auto_field = "django.db.models.BigAutoField"
