from django.apps import AppConfig
from django.db.models.signals import post_migrate


class GovernanceConfig(AppConfig):
    name = "imis_ai.governance"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from imis_ai.governance import tasks, wiring  # noqa: PLC0415  app ready

        wiring.connect()
        post_migrate.connect(tasks.load_defaults, sender=self, dispatch_uid="governance.defaults")
