"""Sellers, and whether each location of theirs can take orders at the moment."""

from collections import defaultdict
from collections.abc import Sequence
from typing import Any

from django.db.models import BooleanField, Count, ExpressionWrapper, OuterRef, Q, QuerySet, Subquery
from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from integration.api.authentication import visible
from integration.api.health import SellerAnswer, SellerPage
from integration.api.paging import page_of
from integration.api.queries import SellerQuery, parse_query
from integration.api.schema import failures
from integration.api.views.base import ApiView
from integration.models import Order, ReadBack, Topic, WebhookEndpoint
from integration.models.deliveries import last_heard
from integration.models.reasons import ORDER_REASONS
from integration.sync.quota_status import Standing
from sellers.models import Location, Seller


class SellersView(ApiView):
    area = None

    @extend_schema(
        operation_id="list_sellers",
        parameters=[SellerQuery],
        responses={200: SellerPage, **failures(400)},
    )
    def get(self, request: Request) -> Response:
        """Sellers with their account's calls of the day and each location's health."""
        query = parse_query(SellerQuery, request)
        sellers = visible(request, Seller.objects.select_related("quota"), "pk")
        if "seller" in query:
            sellers = sellers.filter(pk=query["seller"].pk)
        secrets = ("api_password", "x_api_key")
        found, following = page_of(sellers.defer(*secrets), request, query, by="pk")
        return Response({"next": following, "results": with_health(found)})


def with_health(sellers: Sequence[Seller]) -> list[dict[str, Any]]:
    """A fixed number of queries for a page, however many locations it has."""
    now = timezone.now()
    locations: defaultdict[int, list[Location]] = defaultdict(list)
    for location in locations_of(sellers):
        locations[location.seller_id].append(location)
    stuck = stuck_orders(sellers)
    rows: list[dict[str, Any]] = []
    for seller in sellers:
        places = [
            {"location": place, "orders_stuck": stuck.get(place.pk, 0)}
            for place in locations[seller.pk]
        ]
        row = {"seller": seller, "standing": Standing.of(seller, now), "locations": places}
        rows.append(dict(SellerAnswer(row).data))
    return rows


def locations_of(sellers: Sequence[Seller]) -> QuerySet[Location]:
    read = ReadBack.objects.filter(
        location=OuterRef("pk"), ended_at__isnull=False, arrival__isnull=False
    ).order_by("-asked_at")
    return (
        Location.objects.filter(seller__in=sellers)
        .order_by("pk")
        .defer("token")
        .annotate(
            has_token=ExpressionWrapper(~Q(token=""), output_field=BooleanField()),
            inventory_at=heard_at(Topic.INVENTORY),
            manifested_at=heard_at(Topic.MANIFESTED),
            stock_read_at=Subquery(read.values("ended_at")[:1]),
        )
    )


def heard_at(topic: Topic) -> Subquery:
    endpoint = WebhookEndpoint.objects.filter(location=OuterRef("pk"), topic=topic)
    return Subquery(endpoint.annotate(heard_at=last_heard()).values("heard_at"))


def stuck_orders(sellers: Sequence[Seller]) -> dict[int, int]:
    """How many orders of each location wait for a person."""
    stuck = Order.objects.filter(seller__in=sellers, blocked_reason__in=ORDER_REASONS)
    return dict(stuck.order_by().values_list("location").annotate(Count("pk")))
