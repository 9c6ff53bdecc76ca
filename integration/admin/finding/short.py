"""`/o/BN-2009`, an address that can be written from an order's number."""

from django.contrib import admin
from django.urls import path

from integration.admin.finding.views import order_by_number

urlpatterns = [
    path("<path:number>", admin.site.admin_view(order_by_number), name="order-by-number")
]
