"""The ways in which an order comes, and its shipment details. What is right is right by each."""

import csv
import io
import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse, reverse_lazy

from integration.models import Order
from integration.orders import awb_file
from integration.orders.csv_file import COLUMNS, LINE_COLUMNS, ORDER_COLUMNS
from tests.integration.api.conftest import Api

CASES = Path(__file__).parents[1] / "data" / "cases"


# India's states and union territories, as the First Schedule of its Constitution names them.
NAMES = """
Andhra Pradesh,Arunachal Pradesh,Assam,Bihar,Chhattisgarh,Goa,Gujarat,Haryana,Himachal Pradesh
Jharkhand,Karnataka,Kerala,Madhya Pradesh,Maharashtra,Manipur,Meghalaya,Mizoram,Nagaland,Odisha
Punjab,Rajasthan,Sikkim,Tamil Nadu,Telangana,Tripura,Uttar Pradesh,Uttarakhand,West Bengal
Andaman and Nicobar Islands,Chandigarh,Dadra and Nagar Haveli and Daman and Diu,Delhi
Jammu and Kashmir,Ladakh,Lakshadweep,Puducherry
"""
STATES = NAMES.strip().replace("\n", ",").split(",")


def case(name: str) -> Any:
    return json.loads((CASES / name).read_text(encoding="utf-8"))


@dataclass
class Entrances:
    """Two callers of one console: Booon with its key, and a person with a file."""

    api: Api
    staff: Client


# Fields that were refused, by the names of the order's body; empty where it was taken.
Give = Callable[[Entrances, str, dict[str, Any]], list[str]]


def by_put(doors: Entrances, number: str, body: dict[str, Any]) -> list[str]:
    answer = doors.api.put_json(f"/api/v1/sellers/acme/orders/{number}/", body)
    assert answer.status_code in (200, 201, 400), answer.content
    return [] if answer.status_code < 400 else [each["field"] for each in answer.json()["errors"]]


def in_bulk(doors: Entrances, number: str, body: dict[str, Any]) -> list[str]:
    item = body | {"seller": "acme", "order_number": number}
    [answer] = doors.api.post_json("/api/v1/orders/bulk/", {"orders": [item]}).json()["results"]
    assert answer["status"] in (200, 201, 400), answer
    return [each["field"] for each in answer["errors"]]


def in_a_file(doors: Entrances, number: str, body: dict[str, Any]) -> list[str]:
    answer = upload(doors.staff, as_file(number, body))
    page = doors.staff.get(answer["Location"])
    [verdict] = page.context["verdicts"]
    foreseen = [path_of(trouble.column) for trouble in verdict.draft.troubles]
    if not foreseen:
        doors.staff.post(answer["Location"])
    return foreseen


def by_mending(doors: Entrances, number: str, body: dict[str, Any]) -> list[str]:
    """An order that EasyEcom refused, as it was given under this number, with what differs in this
    body typed on its page. What that page has no field for is as it was given."""
    page = reverse("admin:integration_order_mend", args=[Order.objects.get(order_number=number).pk])
    form = doors.staff.post(page).context["form"]
    given = {name: form.get_initial_for_field(field, name) for name, field in form.fields.items()}
    typed = {name: at(body, name.split(".")) for name in given if name not in ("reason", "seen")}
    answer = doors.staff.post(page, given | typed)
    if answer.status_code == 302:
        return []
    form = answer.context["form"]
    whole = [str(said).partition(":")[0] for said in form.non_field_errors()]
    return [*(name for name in form.errors if name != "__all__"), *whole]


def at(body: Any, path: list[str]) -> str:
    """A value of the body as it is typed; "" where there is none."""
    for step in path:
        body = body[int(step)] if isinstance(body, list) else (body or {}).get(step)
    return "" if body is None else str(body)


ENTRANCES: dict[str, Give] = {"put": by_put, "bulk": in_bulk, "file": in_a_file}


def upload(staff: Client, content: bytes) -> Any:
    file = SimpleUploadedFile("orders.csv", content, "text/csv")
    answer = staff.post(reverse("admin:integration_order_import"), {"file": file})
    assert answer.status_code == 302, answer.context["form"].errors
    return answer


def as_file(number: str, body: dict[str, Any]) -> bytes:
    text = io.StringIO()
    writer = csv.DictWriter(text, COLUMNS)
    writer.writeheader()
    for line in body["lines"]:
        cells = {column: value_at(body, path) for column, path in ORDER_COLUMNS.items()}
        cells |= {column: value_at(line, path) for column, path in LINE_COLUMNS.items()}
        writer.writerow({"seller": "acme", "order_number": number} | cells)
    return text.getvalue().encode()


def value_at(body: dict[str, Any], path: str) -> Any:
    value: Any = body
    for name in path.split("."):
        value = value.get(name) if isinstance(value, dict) else None
    return "" if value is None else value


def path_of(column: str) -> str:
    return ORDER_COLUMNS.get(column) or f"lines.0.{LINE_COLUMNS.get(column, column)}"


# Shipment details: by PUT, in bulk, on the order's page, and at the AWB desk in its three ways ----

# Why they are refused, in sentences; empty where they were taken, or are the same as before.
Ship = Callable[[Entrances, Order, dict[str, str]], list[str]]
DESK = reverse_lazy("admin:integration_order_awbs")


def shipped_by_put(doors: Entrances, order: Order, details: dict[str, str]) -> list[str]:
    path = f"/api/v1/sellers/{order.seller.code}/orders/{order.order_number}/shipment/"
    answer = doors.api.put_json(path, details)
    assert answer.status_code in (200, 400, 409), answer.content
    return [] if answer.status_code == 200 else said_in(answer.json())


def shipped_in_bulk(doors: Entrances, order: Order, details: dict[str, str]) -> list[str]:
    item = details | {"seller": order.seller.code, "order_number": order.order_number}
    answer = doors.api.post_json("/api/v1/shipments/bulk/", {"shipments": [item]})
    [result] = answer.json()["results"]
    assert result["status"] in (200, 400, 409), result
    return said_in(result)


def shipped_by_form(doors: Entrances, order: Order, details: dict[str, str]) -> list[str]:
    url = reverse("admin:integration_order_shipment", args=[order.pk])
    answer = doors.staff.post(url, details)
    if answer.status_code == 302:
        return []
    return [str(each) for errors in answer.context["form"].errors.values() for each in errors]


def shipped_by_paste(doors: Entrances, order: Order, details: dict[str, str]) -> list[str]:
    """As many columns as there is something in."""
    columns = ("courier", "awb_number", "label_url", "invoice_url")
    cells = [order.order_number, *(details.get(name, "") for name in columns)]
    return at_the_desk(doors, {"lines": "\t".join(cells)})


def shipped_by_csv(doors: Entrances, order: Order, details: dict[str, str]) -> list[str]:
    text = io.StringIO()
    writer = csv.DictWriter(text, awb_file.COLUMNS)
    writer.writeheader()
    writer.writerow({"order_number": order.order_number, "seller": order.seller.code} | details)
    file = SimpleUploadedFile("awbs.csv", text.getvalue().encode(), "text/csv")
    return at_the_desk(doors, {"file": file})


def shipped_by_grid(doors: Entrances, order: Order, details: dict[str, str]) -> list[str]:
    """Which has no columns for links."""
    typed = {name: [details[name]] for name in ("courier", "awb_number")}
    named = {"order_number": [order.order_number], "seller": [order.seller.code]}
    return at_the_desk(doors, named | typed)


def at_the_desk(doors: Entrances, given: dict[str, Any]) -> list[str]:
    """Shown first, then given; what was shown is what comes of it."""
    shown = doors.staff.post(DESK, given, follow=True)
    [foreseen] = shown.context["verdicts"]
    if foreseen.is_refused:
        return [foreseen.said]
    given_now = doors.staff.post(shown.request["PATH_INFO"], follow=True)
    [verdict] = given_now.context["verdicts"]
    assert verdict.result == foreseen.result, verdict
    return []


def said_in(answer: dict[str, Any]) -> list[str]:
    return [each["message"] for each in answer["errors"]]


WITH_LINKS: dict[str, Ship] = {
    "put": shipped_by_put,
    "bulk": shipped_in_bulk,
    "form": shipped_by_form,
    "paste": shipped_by_paste,
    "csv": shipped_by_csv,
}
SHIPMENT_ENTRANCES: dict[str, Ship] = WITH_LINKS | {"grid": shipped_by_grid}
