from django.apps import AppConfig
from django.db.models.signals import post_migrate
from django.utils.module_loading import autodiscover_modules


class JobsConfig(AppConfig):
    name = "imis_ai.jobs"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from imis_ai.jobs import wiring  # noqa: PLC0415  app ready

        wiring.connect()
        autodiscover_modules(
            "tasks"
        )  # every app registers its jobs there; web and worker know the same names
        post_migrate.connect(_ensure_schedule, sender=self)


def _ensure_schedule(**_: object) -> None:
    from imis_ai.jobs import schedule  # noqa: PLC0415  app ready

    schedule.ensure()
