from django.apps import AppConfig


class FeaturesConfig(AppConfig):
    name = "imis_ai.features"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from imis_ai.features import wiring  # noqa: PLC0415  app ready

        wiring.connect()
