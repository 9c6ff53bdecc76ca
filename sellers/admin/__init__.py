"""Sellers, their locations and carrier registrations, and the pages that onboard them."""

from sellers.admin.locations import LocationAdmin
from sellers.admin.registrations import CarrierRegistrationAdmin
from sellers.admin.sellers import SellerAdmin
from sellers.admin.staff import StaffAdmin

__all__ = ["CarrierRegistrationAdmin", "LocationAdmin", "SellerAdmin", "StaffAdmin"]
