from django.apps import AppConfig


class OpsConfig(AppConfig):
    name = "imis_ai.ops"

    def ready(self) -> None:
        from imis_ai.ops import checks  # noqa: F401, PLC0415  app ready
