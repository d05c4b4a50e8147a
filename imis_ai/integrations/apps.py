from django.apps import AppConfig


class IntegrationsConfig(AppConfig):
    name = "imis_ai.integrations"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from imis_ai.integrations import wiring  # noqa: PLC0415  app ready

        wiring.connect()
