from django.apps import AppConfig


class RegistryConfig(AppConfig):
    name = "imis_ai.registry"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from imis_ai.registry import wiring  # noqa: PLC0415  app ready

        wiring.connect()
