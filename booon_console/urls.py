"""Every door of the console."""

from django.contrib import admin
from django.urls import include, path

urlpatterns = [
    path("admin/second-step/", include("sellers.admin.second_step")),
    path("admin/", admin.site.urls),
    path("api/", include("integration.api.urls")),
    path("webhooks/", include("integration.shelf")),
    path("webhooks/", include("integration.webhooks")),
    path("", include("integration.health")),
]

handler400 = "integration.api.errors.bad_request"
handler404 = "integration.api.errors.not_found"
handler500 = "integration.api.errors.server_error"
