"""All addresses of the product."""

from django.contrib import admin
from django.urls import include, path, re_path
from drf_spectacular.views import SpectacularAPIView, SpectacularSwaggerSplitView

from imis_ai import views
from imis_ai.accounts.views import entrance
from imis_ai.integrations.api.urls import urlpatterns as common_api
from imis_ai.mirror import webhooks
from imis_ai.views import member, members, today
from retention.urls import api_urlpatterns as retention_api
from retention.urls import first_year_urlpatterns as first_year
from retention.views import plans

api = [
    path("schema/", SpectacularAPIView.as_view(), name="api_schema"),
    path("docs/", SpectacularSwaggerSplitView.as_view(url_name="api_schema"), name="api_docs"),
    path("imis/notices/", webhooks.notices, name="imis_notices"),
    path("v1/retention/", include(retention_api)),
    path("v1/", include(common_api)),
    re_path(r"^(?P<rest>.*)$", views.nothing_in_api, name="api_nothing"),
]
urlpatterns = [
    path("", today.today, name="home"),
    path("members/", members.listed, name="members"),
    path("members/export.csv", members.export, name="members_export"),
    path("members/new/", include(first_year)),
    path("members/<str:imis_id>/", member.member, name="member"),
    path("search/", views.search, name="search"),
    path("palette/", views.palette, name="palette"),
    path("", include("imis_ai.accounts.urls")),
    path("", include("imis_ai.governance.urls")),
    path("", include("imis_ai.integrations.urls")),
    path("plan/<str:token>/", plans.choose, name="plan"),
    path("retention/", include("retention.urls")),
    path("data/features/", include("imis_ai.features.urls")),
    path("data/", include("imis_ai.mirror.urls")),
    path("models/", include("imis_ai.registry.urls")),
    path("jobs/", include("imis_ai.jobs.urls")),
    path("help/", include("imis_ai.ui.urls")),
    path("api/", include(api)),
    path("admin/login/", entrance.admin_login, name="admin_login"),
    path("admin/", admin.site.urls),
    path("healthz", views.alive, name="alive"),
    path("readyz", views.ready, name="ready"),
]
handler403 = "imis_ai.views.denied"
handler404 = "imis_ai.views.missing"
handler500 = "imis_ai.views.broken"
