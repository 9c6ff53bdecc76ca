"""Sellers, their locations and carrier registrations, and the pages that onboard them."""

from integration.admin.sellers.links import SellerLinkAdmin
from integration.admin.sellers.locations import LocationAdmin
from integration.admin.sellers.registrations import CarrierRegistrationAdmin
from integration.admin.sellers.sellers import SellerAdmin
from integration.admin.sellers.sessions import StaffSessionAdmin
from integration.admin.sellers.staff import StaffAdmin

__all__ = [
    "CarrierRegistrationAdmin",
    "LocationAdmin",
    "SellerAdmin",
    "SellerLinkAdmin",
    "StaffAdmin",
    "StaffSessionAdmin",
]
