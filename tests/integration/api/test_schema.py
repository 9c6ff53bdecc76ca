import re
from io import StringIO

import jsonschema
import pytest
from django.core.management import call_command

from integration.models import Order
from tests.factories import make_shipment
from tests.integration.api.conftest import BODY, ORDER_URL, fields
from tests.integration.api.test_listings import BODY as LISTING
from tests.integration.api.test_listings import URL as LISTING_URL

pytestmark = pytest.mark.django_db


@pytest.fixture
def schema(client):
    return client.get("/api/schema/").json()


def test_the_schema_is_valid_and_has_no_warnings():
    written = StringIO()
    call_command("spectacular", "--validate", "--fail-on-warn", stdout=written)

    assert written.getvalue().startswith("openapi: 3.")


def test_the_schema_is_open_and_names_every_operation(schema, client):
    assert client.get("/api/schema").json() == schema
    operations = {
        operation["operationId"]: set(operation["responses"])
        for path in schema["paths"].values()
        for operation in path.values()
    }
    assert operations == {
        "put_order": {"200", "201", "400", "401", "403", "404", "409", "413", "429", "503"},
        "get_order": {"200", "400", "401", "403", "404", "429", "503"},
        "withdraw_order": {"200", "400", "401", "403", "404", "409", "429", "503"},
        "validate_order": {"200", "400", "401", "403", "404", "409", "413", "429", "503"},
        "put_orders": {"200", "400", "401", "403", "413", "429", "503"},
        "put_shipment": {"200", "400", "401", "403", "404", "409", "413", "429", "503"},
        "put_shipments": {"200", "400", "401", "403", "413", "429", "503"},
        "get_shipment": {"200", "400", "401", "403", "404", "429", "503"},
        "put_listing": {"200", "201", "400", "401", "403", "404", "409", "413", "429", "503"},
        "get_listing": {"200", "400", "401", "403", "404", "409", "429", "503"},
        "delete_listing": {"204", "400", "401", "403", "404", "409", "429", "503"},
        "put_listing_by_sku": {"200", "201", "400", "401", "403", "404", "413", "429", "503"},
        "get_listing_by_sku": {"200", "400", "401", "403", "404", "429", "503"},
        "delete_listing_by_sku": {"204", "400", "401", "403", "404", "429", "503"},
        "list_listings": {"200", "400", "401", "403", "429", "503"},
        "list_sellers": {"200", "400", "401", "403", "429", "503"},
        "list_orders": {"200", "400", "401", "403", "429", "503"},
        "list_stock": {"200", "400", "401", "403", "429", "503"},
        "list_products": {"200", "400", "401", "403", "429", "503"},
        "list_changes": {"200", "400", "401", "403", "410", "429", "503"},
    }
    assert schema["components"]["securitySchemes"]["apiKey"]["scheme"] == "bearer"


def test_every_answer_to_a_key_is_described_with_what_is_left_of_its_calls(schema):
    rate = {"RateLimit-Limit", "RateLimit-Remaining", "RateLimit-Reset"}
    assert set(schema["components"]["headers"]) == {*rate, "Retry-After"}
    for path in schema["paths"].values():
        for operation in path.values():
            for status, response in operation["responses"].items():
                again = {"Retry-After"} if status in ("429", "503") else set()
                said = set(response.get("headers", ()))
                assert said == (again | rate if status != "401" else set())


@pytest.mark.parametrize(
    ("name", "field", "least", "most"),
    [
        ("OrderBody", "lines", 1, 200),
        ("BulkOrderBody", "lines", 1, 200),
        ("BulkBody", "orders", None, 500),
        ("BulkShipmentsBody", "shipments", None, 500),
        ("BulkAnswer", "results", None, 500),
        ("BulkShipmentsAnswer", "results", None, 500),
        ("BulkOrderAnswer", "errors", None, 100),
        ("ErrorsAnswer", "errors", 1, 100),
        ("OrderPage", "results", None, 500),
        ("SellerPage", "results", None, 500),
        ("ChangePage", "results", None, 500),
    ],
)
def test_lists_say_how_many_they_may_have(schema, name, field, least, most):
    listed = schema["components"]["schemas"][name]["properties"][field]

    assert (listed.get("minItems"), listed.get("maxItems")) == (least, most)


def test_lists_are_taken_and_refused_by_the_number_that_is_described(api, location):
    line = BODY["lines"][0]
    lines = [line | {"line_id": str(n)} for n in range(201)]
    payment = {"mode": "prepaid"}

    def put(lines):
        return api.put_json(ORDER_URL, BODY | {"lines": lines, "payment": payment})

    assert [fields(put(none_or_many)) for none_or_many in ([], lines)] == [["lines"], ["lines"]]
    assert put(lines[:200]).status_code == 201


def test_every_operation_asks_for_the_key(schema):
    for path in schema["paths"].values():
        for operation in path.values():
            assert operation["security"] == [{"apiKey": []}]


def strict(schema):
    """OpenAPI 3.0's `nullable` in the words of JSON Schema."""
    if isinstance(schema, list):
        return [strict(part) for part in schema]
    if not isinstance(schema, dict):
        return schema
    plain = {name: strict(part) for name, part in schema.items() if name != "nullable"}
    return {"anyOf": [plain, {"type": "null"}]} if schema.get("nullable") is True else plain


def test_bodies_and_answers_are_as_the_schema_says(schema, api, location):
    def check(value, name):
        parts = strict(schema["components"])
        whole = {"$ref": f"#/components/schemas/{name}", "components": parts}
        jsonschema.validate(value, whole)

    check(BODY, "OrderBody")
    check(api.put_json(ORDER_URL, BODY).json(), "OrderAnswer")
    make_shipment(Order.objects.get(), label_url="https://labels.booon.test/1.pdf")
    check(api.get(ORDER_URL).json(), "OrderAnswer")
    check(api.get("/api/v1/orders/").json(), "OrderPage")
    check(api.get("/api/v1/changes/").json(), "ChangePage")
    many = {"orders": [BODY | {"seller": "acme", "order_number": "BN-1002"}]}
    check(many, "BulkBody")
    check(api.post_json("/api/v1/orders/bulk/", many).json(), "BulkAnswer")
    check(api.post_json("/api/v1/orders/bulk/", {"orders": [{}]}).json(), "BulkAnswer")
    check(LISTING, "ListingBody")
    check(api.put_json(LISTING_URL, LISTING).json(), "ListingAnswer")
    check(api.get("/api/v1/listings/").json(), "ListingPage")
    check(api.get("/api/v1/sellers/").json(), "SellerPage")
    check(api.put_json(ORDER_URL, {}).json(), "ErrorsAnswer")


def test_the_docs_are_open_and_load_nothing_from_elsewhere(client):
    for url in ("/api/docs/", "/api/docs"):
        response = client.get(url)
        assert response.status_code == 200
        assert response["Content-Type"].startswith("text/html")
        page = response.content.decode()
        script = client.get(f"{url}?script=")
        assert "/api/schema/" in script.content.decode()
        links = re.findall(r'(?:src|href)="([^"]+)"', page)
        assert links and all(link.startswith("/") for link in links)
