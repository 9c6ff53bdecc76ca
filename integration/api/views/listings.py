"""Booon's listings: give one, read it, take it back; and the list of them."""

from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema
from rest_framework.exceptions import NotFound, ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from integration.api.answers import ListingAnswer, ListingPage
from integration.api.bodies import SKU, ListingBody
from integration.api.queries import UpdatedQuery, asked
from integration.api.schema import failures, in_path
from integration.api.scope import find_seller, visible
from integration.api.views.base import ApiView, read
from integration.api.views.lists import filtered, page
from integration.entry import listings
from integration.models import Listing

LISTING_PATH = [
    in_path("seller", "The seller's code."),
    OpenApiParameter(
        "sku",
        {"type": "string", "maxLength": 255},
        OpenApiParameter.PATH,
        description="The seller's SKU, percent-encoded; a slash in it may stand as it is.",
    ),
]


def find_listing(request: Request, seller_code: str, sku: str) -> Listing:
    seller = find_seller(request, seller_code)
    try:
        sku = SKU.run_validation(sku)
    except ValidationError:
        raise NotFound("There is no such listing.") from None
    listing = Listing.objects.select_related("seller").filter(seller=seller, sku=sku).first()
    if listing is None:
        raise NotFound("There is no such listing.")
    return listing


class ListingView(ApiView):
    @extend_schema(
        operation_id="put_listing",
        parameters=LISTING_PATH,
        request=ListingBody,
        responses={
            201: OpenApiResponse(ListingAnswer, "It is new."),
            200: OpenApiResponse(ListingAnswer, "It is the same as before, or changed."),
            **failures(400, 404, 413),
        },
    )
    def put(self, request: Request, seller: str, sku: str) -> Response:
        """List a SKU of a seller, or change its listing. Safe to repeat."""
        its_seller = find_seller(request, seller)
        try:
            sku = SKU.run_validation(sku)
        except ValidationError as problem:
            raise ValidationError({"sku": problem.detail}) from None
        listing, is_new = listings.put(its_seller, sku, read(ListingBody, request))
        return Response(ListingAnswer(listing).data, 201 if is_new else 200)

    @extend_schema(
        operation_id="get_listing",
        parameters=LISTING_PATH,
        responses={200: ListingAnswer, **failures(404)},
    )
    def get(self, request: Request, seller: str, sku: str) -> Response:
        """Read a listing; `matched` tells whether EasyEcom has a product of its SKU."""
        return Response(ListingAnswer(find_listing(request, seller, sku)).data)

    @extend_schema(
        operation_id="delete_listing",
        parameters=LISTING_PATH,
        responses={204: OpenApiResponse(description="It is gone."), **failures(404)},
    )
    def delete(self, request: Request, seller: str, sku: str) -> Response:
        """Take a listing back, such as one under a wrong SKU."""
        find_listing(request, seller, sku).delete()
        return Response(status=204)


class ListingsView(ApiView):
    @extend_schema(
        operation_id="list_listings",
        parameters=[UpdatedQuery],
        responses={200: ListingPage, **failures(400)},
    )
    def get(self, request: Request) -> Response:
        """Listings, those that Booon changed longest ago first."""
        query = asked(UpdatedQuery, request)
        rows = visible(request, Listing.objects.select_related("seller"))
        rows = filtered(rows, query, "seller")
        return page(request, rows, query, ListingAnswer)
