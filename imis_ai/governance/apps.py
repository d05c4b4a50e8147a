from django.apps import AppConfig


class GovernanceConfig(AppConfig):
    name = "imis_ai.governance"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from imis_ai.governance import wiring  # noqa: PLC0415  app ready

        wiring.connect()
