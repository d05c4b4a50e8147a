"""Which admin site the product uses; apart, since it is read before the apps are."""

from django.contrib.admin.apps import AdminConfig


class Config(AdminConfig):
    default_site = "imis_ai.ui.admin_site.Site"
