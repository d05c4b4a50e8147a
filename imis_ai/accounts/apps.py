from django.apps import AppConfig


class AccountsConfig(AppConfig):
    name = "imis_ai.accounts"
    default_auto_field = "django.db.models.BigAutoField"
