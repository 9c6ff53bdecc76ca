"""The description's examples are true: each fits its schema, and what is sent is taken."""

import jsonschema
import pytest
import yaml
from django.utils import timezone

from integration.api import examples
from integration.models import Change, Listing, Product, StockLevel
from tests.factories import make_order, make_shipment
from tests.integration.api.test_schema import strict
from tests.kept_schema import KEPT

pytestmark = pytest.mark.django_db

DESCRIBED = yaml.safe_load(KEPT.read_text())
OPERATIONS = {
    operation["operationId"]: (method, path, operation)
    for path, methods in DESCRIBED["paths"].items()
    for method, operation in methods.items()
}
SENT = sorted(name for name, (_, _, said) in OPERATIONS.items() if "requestBody" in said)
# A change of them answers a body; what there is before a GET or DELETE must be made here.
THERE_BEFORE = {"put_shipment", "put_shipments", "get_order", "get_shipment", "withdraw_order"}


def media(part):
    return part["content"]["application/json"]


def example_of(part):
    [example] = media(part)["examples"].values()
    return example["value"]


def check(value, part):
    whole = media(part)["schema"] | {"components": strict(DESCRIBED["components"])}
    jsonschema.validate(value, whole)


def answers_with_a_body(operation):
    return {
        status: answer
        for status, answer in operation["responses"].items()
        if status[0] == "2" and "content" in answer
    }


def address(operation):
    """With the examples of the path's and the needed parameters."""
    _, path, said = OPERATIONS[operation]
    query = ""
    for parameter in said.get("parameters", []):
        value = parameter["schema"].get("example")
        if parameter["in"] == "path":
            path = path.replace(f"{{{parameter['name']}}}", value)
        elif parameter.get("required"):
            query = f"?{parameter['name']}={value}"
    return path + query


def make_rows(operation, location):
    if operation in THERE_BEFORE:
        order = make_order(location, order_number=examples.ORDER_NUMBER)
        if operation == "get_shipment":
            make_shipment(order)
    if operation.startswith(("get_listing", "delete_listing", "list_listings")):
        now = timezone.now()
        Listing.objects.create(
            seller=location.seller,
            sku=examples.SKU,
            title="T",
            price=1,
            created_at=now,
            updated_at=now,
        )
    whose = {"seller": location.seller, "location": location}
    if operation == "list_orders":
        make_order(location)
    if operation == "list_products":
        Product.objects.create(**whose, sku=examples.SKU, seen_at=timezone.now())
    if operation == "list_stock":
        StockLevel.objects.create(
            **whose, sku="S", quantity=1, arrival=1, line=0, updated_at=timezone.now()
        )
    if operation == "list_changes":
        Change.objects.create(
            **whose, type=Change.Type.STOCK_UPDATED, at=timezone.now(), data=examples.CHANGE["data"]
        )


def test_every_operation_has_a_title_of_its_own_and_says_where_the_api_is():
    titles = [said["summary"] for _, _, said in OPERATIONS.values()]

    assert len(set(titles)) == len(titles) == len(examples.TITLES)
    assert all(0 < len(title) <= 60 and not title.endswith(".") for title in titles)
    assert [server["url"] for server in DESCRIBED["servers"]] == ["/", "http://127.0.0.1:8000"]


@pytest.mark.parametrize("operation", sorted(OPERATIONS))
def test_every_body_and_answer_has_an_example_that_fits(operation):
    said = OPERATIONS[operation][2]

    answers = answers_with_a_body(said)
    assert answers or "204" in said["responses"]
    for answer in answers.values():
        check(example_of(answer), answer)
    if "requestBody" in said:
        check(example_of(said["requestBody"]), said["requestBody"])


@pytest.mark.parametrize("operation", SENT)
def test_every_body_that_is_shown_is_taken(api, location, operation):
    method, _, said = OPERATIONS[operation]
    make_rows(operation, location)
    body = example_of(said["requestBody"])

    answer = getattr(api, f"{method}_json")(address(operation), body)

    assert str(answer.status_code) in answers_with_a_body(said), answer.content
    results = answer.json().get("results", [])
    assert [each["status"] for each in results if each["status"] not in (200, 201)] == []


@pytest.mark.parametrize("operation", sorted(OPERATIONS))
def test_every_answer_that_is_shown_has_the_fields_of_a_real_one(api, location, operation):
    method, _, said = OPERATIONS[operation]
    make_rows(operation, location)
    body = example_of(said["requestBody"]) if "requestBody" in said else None

    options = {} if body is None else {"data": body, "content_type": "application/json"}
    answer = getattr(api, method)(address(operation), **options)

    assert answer.status_code in (200, 201, 204), answer.content
    if answer.status_code != 204:
        shown = example_of(answers_with_a_body(said)[str(answer.status_code)])
        assert list(differences(answer.json(), shown)) == []


def differences(value, shown, at=""):
    """Fields that only one of the two has; rows of both are compared by the first of each."""
    if isinstance(value, dict) and isinstance(shown, dict):
        yield from (f"{at}.{name}" for name in sorted(set(value) ^ set(shown)))
        for name in set(value) & set(shown):
            yield from differences(value[name], shown[name], f"{at}.{name}")
    if isinstance(value, list) and isinstance(shown, list) and value and shown:
        yield from differences(value[0], shown[0], at)
