"""Every door of the console."""

from django.contrib import admin
from django.urls import include, path

urlpatterns = [
    path("admin/second-step/", include("integration.admin.sellers.second_step")),
    path("admin/second-step/passkeys/", include("integration.admin.sellers.passkey_pages")),
    path("admin/find/", include("integration.admin.finding.views")),
    path("admin/", admin.site.urls),
    path("o/", include("integration.admin.finding.short")),
    path("link/", include("integration.seller_link.views")),
    path("api/", include("integration.api.urls")),
    path("webhooks/", include("integration.webhooks.products_view")),
    path("webhooks/", include("integration.webhooks.views")),
]

handler400 = "integration.api.errors.bad_request"
handler404 = "integration.api.errors.not_found"
handler500 = "integration.api.errors.server_error"
