"""A permitted person: looks in EasyEcom, and says in the admin what is there."""

import html
import re
from collections import Counter
from typing import Any

import requests

from tests.faults.booon import Booon, Given
from tests.faults.children import Children
from tests.faults.easyecom import EasyEcom

REASON = "Looked under Orders and Failed Orders, and in Carrier Master."
# A session as a log-in makes it; whatever else a log-in asks for is not this harness's matter.
LOG_IN = """
from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.contrib.auth.models import User
from time import time
from sellers.sessions import SessionStore
user, _ = User.objects.get_or_create(
    username="harness", defaults=dict(is_staff=True, is_superuser=True)
)
session = SessionStore()
session[SESSION_KEY] = str(user.pk)
session[BACKEND_SESSION_KEY] = settings.AUTHENTICATION_BACKENDS[-1]
session[HASH_SESSION_KEY] = user.get_session_auth_hash()
session["begun_at"] = session["seen_at"] = time()
session.save()
print(session.session_key)
"""


class Staff:
    def __init__(self, children: Children, easyecom: EasyEcom) -> None:
        self.address, self.easyecom = f"{children.address}/admin", easyecom
        self.session = requests.Session()
        self.session.trust_env = False
        self.session.cookies["sessionid"] = children.command("shell", code=LOG_IN).stdout.split()[
            -1
        ]
        self.said: Counter[str] = Counter()
        self.is_shown = easyecom.ask("settings")["settings"]["lookup_sees_failed"]

    def settle_orders(self, booon: Booon) -> None:
        """What the look-up can show is looked up again; the rest is a person's word."""
        waiting = [
            order
            for reason in ("not_found", "number_taken", "conflict")
            for order in booon.all_where(f"/orders/?blocked_reason={reason}")
        ]
        if not waiting:
            return
        there = {(row["account"], row["order_number"]): row for row in self.easyecom.orders()}
        for order in waiting:
            number = order["order_number"]
            row = there.get((f"api@{order['seller']}.test", number))
            if row and order["blocked_reason"] == "conflict":
                given = booon.given[order["seller"], number]
                if given.is_earlier(row):
                    # It has to be ended in EasyEcom, which no answer here does.
                    continue
            pk = self.find("integration/order", number)
            if order["blocked_reason"] == "conflict" or (row and self.is_shown):
                self.press(f"integration/order/{pk}/retry/")
                self.note("Retry pressed")
                continue
            word = word_about(order, row)
            page = f"integration/order/{pk}/resolve/"
            self.press(page, order_number=number, reason=REASON, **word)
            self.note(f"of an order: {word['answer']}")

    def mend(self, order: Given) -> None:
        """Its next revision, typed on the order's page. Raises LookupError where it is not so."""
        state, sku = order.corrected()
        pk = self.find("integration/order", order.number)
        page = f"integration/order/{pk}/mend/"
        token = token_in(self.get(f"integration/order/{pk}/change/"))
        fields = fields_in(self.post(page, 200, csrfmiddlewaretoken=token))
        typed = {"shipping_address.state": state, "lines.0.sku": sku, "reason": REASON}
        self.post(page, 302, **(fields | typed))

    def settle_carriers(self, keys: list[str]) -> None:
        registered = {row["location_key"]: row for row in self.easyecom.carriers()}
        for key in keys:
            pk = self.find("sellers/carrierregistration", key)
            carrier = registered.get(key)
            answer = {"answer": "there" if carrier else "not_there"}
            if carrier:
                answer["company_carrier_id"] = str(carrier["company_carrier_id"])
            page = f"sellers/carrierregistration/{pk}/resolve/"
            self.press(page, location_key=key, reason=REASON, **answer)
            self.note(f"a carrier said to be {'' if carrier else 'not '}there")

    def note(self, sentence: str) -> None:
        self.said[sentence] += 1

    def find(self, table: str, words: str) -> str:
        """The id of the row that the list shows for these words."""
        page = self.get(f"{table}/", q=words)
        found = re.search(rf"/admin/{table}/(\d+)/", page)
        if found is None:
            raise LookupError(f"The admin's {table} shows nothing for {words}.")
        return found[1]

    def press(self, page: str, **fields: str) -> None:
        form = self.get(page.replace("retry/", "change/"))
        # A form that is shown again was not understood.
        self.post(page, 302, csrfmiddlewaretoken=token_in(form), **fields)

    def post(self, page: str, status: int, **fields: str) -> str:
        """Raises LookupError where another status is answered."""
        url = f"{self.address}/{page}"
        answer = self.session.post(url, data=fields, timeout=30, allow_redirects=False)
        if answer.status_code != status:
            raise LookupError(f"The admin answers {answer.status_code} to {page}.")
        return answer.text

    def get(self, page: str, **query: Any) -> str:
        answer = self.session.get(f"{self.address}/{page}", params=query, timeout=30)
        answer.raise_for_status()
        return answer.text


def token_in(page: str) -> str:
    found = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', page)
    return found[1] if found else ""


def fields_in(page: str) -> dict[str, str]:
    """What a form's inputs hold, by name."""
    fields = {}
    for tag in re.findall(r"<input[^>]*>", page):
        told = dict(re.findall(r'(\w+)="([^"]*)"', tag))
        if "name" in told:
            fields[told["name"]] = html.unescape(told.get("value", ""))
    return fields


def word_about(order: dict[str, Any], row: dict[str, Any] | None) -> dict[str, str]:
    """What a person who sees EasyEcom's own row of an order says of it."""
    if order["stage"] != "received":
        awb = (row["awb"] or {}).get("awb_number") if row else None
        is_there = awb == order["shipment"]["awb_number"]
        return {"answer": "awb_there" if is_there else "awb_not_there"}
    if row is None:
        return {"answer": "not_there"}
    ids = {name: str(row[name]) for name in ("invoice_id", "order_id")}
    return {"answer": "there", **ids}
