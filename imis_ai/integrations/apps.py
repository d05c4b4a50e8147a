from django.apps import AppConfig
from django.db.models.signals import post_migrate, pre_migrate


class IntegrationsConfig(AppConfig):
    name = "imis_ai.integrations"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from imis_ai.integrations import wiring  # noqa: PLC0415  app ready
        from imis_ai.integrations.warehouse import install  # noqa: PLC0415  app ready

        wiring.connect()
        pre_migrate.connect(install.take_down, sender=self)
        post_migrate.connect(install.put_up, sender=self)
