"""The Django admin with our own site. Apart from it: a site is imported only once all apps are there."""

from django.contrib.admin.apps import AdminConfig


class Config(AdminConfig):
    default_site = "imis_ai.ui.backoffice.Site"
