"""`python -m tests.hostile.bodies --count 20000 --seed 1`: hostile bodies at the webhooks' door.

In process, through every middleware, on a database of its own. Each body that is not too large has
to be answered 200 and kept byte for byte; the inbox then has to judge it without a fault of ours.
Body n depends on the seed and on n only, and `failures` names each n that went wrong.
"""

import time
from collections import Counter
from dataclasses import dataclass, field

from django.db import DatabaseError, connection
from django.test import Client

from integration.models import Delivery, ParkedLine
from integration.webhooks import processing
from integration.webhooks.views import MAX_BODY
from sellers.models import Location
from tests.factories import endpoint_token, make_location, make_order, pushed
from tests.hostile.mutations import delivery_of
from tests.hostile.own_database import own_database
from tests.hostile.report import Counts, tell

BATCH = 250
MOST_FAILURES = 20
BAD = ("server_errors", "refused", "stored_otherwise", "not_judged", "faults")
# What may stand beside a body, and must not matter.
BESIDE: tuple[dict[str, str], ...] = (
    {},
    {"CONTENT_TYPE": ""},
    {"CONTENT_TYPE": "text/plain; charset=bz2_codec"},
    {"CONTENT_TYPE": "multipart/form-data; boundary=x"},
    {"HTTP_CONTENT_ENCODING": "gzip"},
    {"HTTP_ACCEPT": "application/xml", "QUERY_STRING": "format=xml&a=%00"},
    {"HTTP_USER_AGENT": "\x1b[31m{}%s", "HTTP_X_REQUEST_ID": "a\r\nb"},
)
GOOD_ENDS = (Delivery.Status.APPLIED, Delivery.Status.PARTLY)


@dataclass
class Tally:
    """What became of the bodies; `failures` are the numbers to look at."""

    seed: int
    counts: Counter[str] = field(default_factory=Counter)
    reasons: Counter[str] = field(default_factory=Counter)
    failures: list[int] = field(default_factory=list)

    def fail(self, what: str, number: int) -> None:
        self.counts[what] += 1
        self.failures = [*self.failures, number][:MOST_FAILURES]

    def told(self, seconds: float) -> Counts:
        names = ("bodies", "stored", "too_large", "applied", "partly", "parked", "database_down")
        return {
            "seed": self.seed,
            "database": connection.vendor,
            **{name: self.counts[name] for name in (*names, *BAD)},
            "reasons": dict(self.reasons.most_common()),
            "failures": self.failures,
            "seconds": round(seconds, 1),
        }


def run(count: int, seed: int) -> Counts:
    """Send this many bodies, and judge what was kept after each batch of them."""
    began = time.monotonic()
    tally, location = Tally(seed), samples_location()
    client = Client(raise_request_exception=False)
    for start in range(0, count, BATCH):
        sent: dict[int, tuple[int, bytes]] = {}
        for number in range(start, min(start + BATCH, count)):
            send(client, location, number, tally, sent)
        judge(sent, tally)
    return tally.told(time.monotonic() - began)


def samples_location() -> Location:
    """The location, and the order, that the samples speak of."""
    location = make_location(location_key="kv70010001", company_id="40417")
    order = pushed(make_order(location, order_number="BN-7731"))
    order.change(easyecom_order_id="733000111", easyecom_invoice_id="733000333")
    return location


def send(
    client: Client,
    location: Location,
    number: int,
    tally: Tally,
    sent: dict[int, tuple[int, bytes]],
) -> None:
    """One POST; `sent` gets the delivery that it made."""
    topic, body = delivery_of(tally.seed, number)
    address = location.endpoints.get(topic=topic).path
    environ = {"HTTP_ACCESS_TOKEN": endpoint_token(location, topic)} | BESIDE[number % len(BESIDE)]
    response = client.generic("POST", address, body, **{"CONTENT_TYPE": "a/b"} | environ)
    tally.counts["bodies"] += 1
    if response.status_code == 200:
        tally.counts["stored"] += 1
        sent[Delivery.objects.latest("pk").pk] = number, body
    elif response.status_code == 413 and len(body) > MAX_BODY:
        tally.counts["too_large"] += 1
    elif response.status_code == 503 and not database_answers():
        tally.counts["database_down"] += 1
    else:
        tally.fail("server_errors" if response.status_code >= 500 else "refused", number)


def database_answers() -> bool:
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except DatabaseError:
        return False
    return True


def judge(sent: dict[int, tuple[int, bytes]], tally: Tally) -> None:
    """What was kept of a batch, and what the inbox says of it; then the rows make room."""
    while processing.has_stored() and processing.drain(60):
        pass
    kept = Delivery.objects.in_bulk(sent)
    for pk, (number, body) in sent.items():
        if pk not in kept or bytes(kept[pk].body) != body:
            tally.fail("stored_otherwise", number)
        else:
            count_verdict(kept[pk], number, tally)
    ParkedLine.objects.filter(delivery__in=sent).delete()


def count_verdict(delivery: Delivery, number: int, tally: Tally) -> None:
    """Applied, or parked for a reason that is not a fault of ours."""
    tally.counts[delivery.status] += 1
    if delivery.reason:
        tally.reasons[delivery.reason] += 1
    if delivery.reason == "internal_error":
        tally.fail("faults", number)
    elif delivery.status not in GOOD_ENDS and not (delivery.status == "parked" and delivery.reason):
        tally.fail("not_judged", number)


def main(count: int, seed: int) -> Counts:
    with own_database():
        return run(count, seed)


if __name__ == "__main__":
    tell(main, bad=BAD, count=20_000)
