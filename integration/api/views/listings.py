"""Booon's listings: give one, read it, take it back; and the list of them."""

from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema
from rest_framework import status
from rest_framework.exceptions import APIException, NotFound, ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from integration.api import examples
from integration.api.answers import ErrorsAnswer, ListingAnswer, ListingPage
from integration.api.authentication import actor_of, find_seller, visible
from integration.api.bodies import SKU, ListingBody
from integration.api.queries import UpdatedQuery, parse_query
from integration.api.schema import failures, in_path
from integration.api.views.base import ApiView, parse_body
from integration.api.views.lists import filtered, page
from integration.catalog import listings
from integration.models import Area, Listing
from sellers.models import Seller

LISTING_PATH = [
    in_path("seller", "The seller's code.", examples.SELLER),
    OpenApiParameter(
        "sku",
        {"type": "string", "maxLength": 255, "example": examples.SKU},
        OpenApiParameter.PATH,
        description="The seller's SKU, percent-encoded; a slash in it may stand as it is.",
    ),
]


BY_SKU = [
    in_path("seller", "The seller's code.", examples.SELLER),
    OpenApiParameter(
        "sku",
        {"type": "string", "maxLength": 255, "example": examples.SKU},
        required=True,
        description="The seller's SKU, exactly: a slash at its end too.",
    ),
]


TWO_MEANINGS = OpenApiResponse(ErrorsAnswer, "The address may mean another listing; use ?sku=.")


class TwoMeanings(APIException):
    """A server gets the path decoded: %2F at its end looks like the address's own slash."""

    status_code = status.HTTP_409_CONFLICT

    def __init__(self, sku: str) -> None:
        super().__init__(
            f"This address may mean the SKU {sku} or the SKU {sku}/. Say which with "
            "listings/?sku=, percent-encoded."
        )


def check_end(request: Request, seller: Seller, sku: str) -> None:
    """Raises TwoMeanings where the path's last slash may belong to the SKU."""
    if not request.path.endswith("/"):
        return
    if Listing.objects.filter(seller=seller, sku=f"{sku}/").exists():
        raise TwoMeanings(sku)


def sku_to_keep(sku: str) -> str:
    """As it is stored and compared. Raises ValidationError."""
    try:
        return str(SKU.run_validation(sku))
    except ValidationError as problem:
        raise ValidationError({"sku": problem.detail}) from None


def sku_to_find(sku: str) -> str:
    """As it is stored and compared; raises NotFound where none could be."""
    try:
        return str(SKU.run_validation(sku))
    except ValidationError:
        raise NotFound("There is no such listing.") from None


def find_listing(seller: Seller, sku: str) -> Listing:
    listing = Listing.objects.select_related("seller").filter(seller=seller, sku=sku).first()
    if listing is None:
        raise NotFound("There is no such listing.")
    return listing


def put_listing(request: Request, seller: Seller, sku: str) -> Response:
    listing, is_new = listings.put(
        seller, sku, parse_body(ListingBody, request), actor=actor_of(request)
    )
    return Response(ListingAnswer(listing).data, 201 if is_new else 200)


class ListingView(ApiView):
    area = Area.STOCK

    @extend_schema(
        operation_id="put_listing",
        parameters=LISTING_PATH,
        request=ListingBody,
        responses={
            201: OpenApiResponse(ListingAnswer, "It is new."),
            200: OpenApiResponse(ListingAnswer, "It is the same as before, or changed."),
            409: TWO_MEANINGS,
            **failures(400, 404, 413),
        },
    )
    def put(self, request: Request, seller: str, sku: str) -> Response:
        """List a SKU of a seller, or change its listing. Safe to repeat."""
        its_seller, sku = find_seller(request, seller), sku_to_keep(sku)
        check_end(request, its_seller, sku)
        return put_listing(request, its_seller, sku)

    @extend_schema(
        operation_id="get_listing",
        parameters=LISTING_PATH,
        responses={200: ListingAnswer, 409: TWO_MEANINGS, **failures(404)},
    )
    def get(self, request: Request, seller: str, sku: str) -> Response:
        """Read a listing; `matched` tells whether EasyEcom has a product of its SKU."""
        its_seller, sku = find_seller(request, seller), sku_to_find(sku)
        check_end(request, its_seller, sku)
        return Response(ListingAnswer(find_listing(its_seller, sku)).data)

    @extend_schema(
        operation_id="delete_listing",
        parameters=LISTING_PATH,
        responses={
            204: OpenApiResponse(description="It is gone."),
            409: TWO_MEANINGS,
            **failures(404),
        },
    )
    def delete(self, request: Request, seller: str, sku: str) -> Response:
        """Take a listing back, such as one under a wrong SKU."""
        its_seller, sku = find_seller(request, seller), sku_to_find(sku)
        check_end(request, its_seller, sku)
        listings.take_back(find_listing(its_seller, sku), actor=actor_of(request))
        return Response(status=204)


class ListingBySkuView(ApiView):
    """The same by `?sku=`, where every SKU has an address of its own."""

    area = Area.STOCK
    write_parameters = ("sku",)

    @extend_schema(
        operation_id="put_listing_by_sku",
        parameters=BY_SKU,
        request=ListingBody,
        responses={
            201: OpenApiResponse(ListingAnswer, "It is new."),
            200: OpenApiResponse(ListingAnswer, "It is the same as before, or changed."),
            **failures(400, 404, 413),
        },
    )
    def put(self, request: Request, seller: str) -> Response:
        """List a SKU of a seller, or change its listing. Safe to repeat."""
        its_seller = find_seller(request, seller)
        return put_listing(request, its_seller, sku_to_keep(sku_asked(request)))

    @extend_schema(
        operation_id="get_listing_by_sku",
        parameters=BY_SKU,
        responses={200: ListingAnswer, **failures(404)},
    )
    def get(self, request: Request, seller: str) -> Response:
        """Read a listing."""
        listing = find_listing(find_seller(request, seller), sku_to_find(sku_asked(request)))
        return Response(ListingAnswer(listing).data)

    @extend_schema(
        operation_id="delete_listing_by_sku",
        parameters=BY_SKU,
        responses={204: OpenApiResponse(description="It is gone."), **failures(404)},
    )
    def delete(self, request: Request, seller: str) -> Response:
        """Take a listing back."""
        listing = find_listing(find_seller(request, seller), sku_to_find(sku_asked(request)))
        listings.take_back(listing, actor=actor_of(request))
        return Response(status=204)


def sku_asked(request: Request) -> str:
    return request.query_params.get("sku", "")


class ListingsView(ApiView):
    area = Area.STOCK

    @extend_schema(
        operation_id="list_listings",
        parameters=[UpdatedQuery],
        responses={200: ListingPage, **failures(400)},
    )
    def get(self, request: Request) -> Response:
        """Listings, those that Booon changed longest ago first."""
        query = parse_query(UpdatedQuery, request)
        rows = visible(request, Listing.objects.select_related("seller"))
        rows = filtered(rows, query, "seller")
        return page(request, rows, query, ListingAnswer)
