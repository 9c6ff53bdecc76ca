"""The filter by seller, for every list that has one."""

from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest

from booon_console.admin_parts import TypedFilter
from sellers import scope
from sellers.models import Location, Seller


class SellerFilter(TypedFilter):
    """By a seller's code. The id is looked up first, so that the list's own index serves."""

    title = "seller"
    parameter_name = "seller"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        sellers = scope.within(Seller.objects.all(), request.user, "pk").values_list("code", "name")
        return list(sellers[: self.most_suggestions])

    def has_output(self) -> bool:
        return True

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        code = (self.value() or "").strip()
        if not code:
            return queryset
        return self.of_seller(queryset, self.seller_id(code))

    def seller_id(self, code: str) -> int | None:
        if "\x00" in code:
            return None
        return Seller.objects.filter(code=code).values_list("pk", flat=True).first()

    def of_seller(self, queryset: QuerySet[Any], seller_id: int | None) -> QuerySet[Any]:
        return queryset.filter(seller=seller_id) if seller_id else queryset.none()


class SellerByLocation(SellerFilter):
    """For rows that name a location only."""

    def of_seller(self, queryset: QuerySet[Any], seller_id: int | None) -> QuerySet[Any]:
        ids = list(Location.objects.filter(seller=seller_id).values_list("pk", flat=True))
        return queryset.filter(location__in=ids) if seller_id else queryset.none()
