from django.apps import AppConfig
from django.db.models.signals import post_migrate


class AccountsConfig(AppConfig):
    name = "imis_ai.accounts"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from imis_ai.accounts import groups, sessions  # noqa: PLC0415  app ready

        post_migrate.connect(groups.write, sender=self)
        sessions.connect()
