"""Sellers, their locations and carrier registrations, and the pages that onboard them."""

from sellers.admin.locations import LocationAdmin
from sellers.admin.registrations import CarrierRegistrationAdmin
from sellers.admin.sellers import SellerAdmin

__all__ = ["CarrierRegistrationAdmin", "LocationAdmin", "SellerAdmin"]
