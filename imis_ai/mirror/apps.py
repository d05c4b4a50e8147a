from django.apps import AppConfig


class MirrorConfig(AppConfig):
    name = "imis_ai.mirror"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from imis_ai.mirror import checks, wiring  # noqa: F401, PLC0415  app ready

        wiring.connect()
