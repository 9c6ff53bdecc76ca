"""docs/rehearsal.md: each step is played, by the pages that it names, in the page's sequence."""

import json
import re
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
import requests
from django.core.management import call_command
from django.test import Client
from django.urls import reverse

from integration.demo.data import TEXTILES
from integration.models import Hold, Order, StockLevel
from integration.sandbox.server import Sandbox
from integration.sync import gateway
from tests.integration.admin.rows import make_superuser
from tests.integration.processes import wait_for
from tests.test_journey import Platform, bind_anew, connect_webhooks, settle

PAGE = (Path(__file__).parent.parent / "docs" / "rehearsal.md").read_text(encoding="utf-8")
PLACE = TEXTILES.keys[0]
# Long enough for a busy machine to try in; the page says three minutes.
AWAY_SECONDS = 25
WHY = "EasyEcom is away, says its status page"

pytestmark = [pytest.mark.slow, pytest.mark.django_db(transaction=True)]


def body(state: str) -> Any:
    """What the page's `order` sends."""
    [sent] = re.findall(r"--data '(\{.+?\}\})'$", PAGE, re.M | re.S)
    return json.loads(sent.replace("'\"${2:-Kerala}\"'", state))


class Stage:
    """Who takes part: Booon's platform, staff at the admin, and the page of EasyEcom's stand-in."""

    def __init__(self, platform: Platform, sandbox: Sandbox, staff: Client) -> None:
        self.platform, self.sandbox, self.staff = platform, sandbox, staff

    def order(self, number: str, state: str = "Kerala") -> None:
        self.platform.put(f"/sellers/{TEXTILES.code}/orders/{number}/", body(state), 201)

    def press(self, form: str, **typed: object) -> str:
        answer = requests.post(f"{self.sandbox.address}/page/{form}", data=typed, timeout=20)
        assert answer.status_code == 200, answer.text
        return answer.text

    def until(self, number: str, stage: str = "", reason: str = "") -> Order:
        """Its page says so, once the workers have done theirs."""

        def is_so() -> bool:
            order = Order.objects.get(order_number=number)
            return order.stage == stage if stage else order.blocked_reason == reason

        settle(is_so)
        return Order.objects.get(order_number=number)

    def door(self, number: str, name: str = "change") -> str:
        order = Order.objects.get(order_number=number)
        return reverse(f"admin:integration_order_{name}", args=[order.pk])

    def count(self, number: str) -> int:
        orders = self.sandbox.ask("state", parts="orders")["orders"]
        return Counter(order["order_number"] for order in orders)[number]


def give_an_order(stage: Stage) -> None:
    stage.order("DAY-1")
    stage.until("DAY-1", "awaiting_carrier")
    failed = stage.sandbox.ask("state", parts="failed_orders")["failed_orders"]
    assert [order["order_number"] for order in failed] == ["DAY-1"]


def give_awb(stage: Stage) -> None:
    desk = reverse("admin:integration_order_awbs")
    lines = {"lines": "DAY-1\t890077", "courier": "Delhivery"}
    shown = stage.staff.post(desk, lines, follow=True)
    stage.staff.post(shown.request["PATH_INFO"], follow=True)
    stage.until("DAY-1", "carrier_assigned")


def manifest(stage: Stage) -> None:
    order = Order.objects.get(order_number="DAY-1")
    stage.press("manifest", invoice_id=order.easyecom_invoice_id)
    order = stage.until("DAY-1", "manifested")
    assert order.manifest_number in stage.staff.get(stage.door("DAY-1")).content.decode()


def change_level(stage: Stage) -> None:
    stage.press("levels", location_key=PLACE, sku="KURTA-IVORY", quantity=11)
    levels = StockLevel.objects.filter(location__location_key=PLACE, sku="KURTA-IVORY")
    settle(lambda: levels.filter(quantity=11).exists())


def refuse_a_state(stage: Stage) -> None:
    stage.press("habits", name="unlisted_state", value="Ladakh")
    stage.order("BAD-1", "Ladakh")
    stage.until("BAD-1", reason="rejected")
    assert "Unable to find states" in stage.staff.get(stage.door("BAD-1")).content.decode()
    assert "BAD-1" in stage.staff.get(reverse("admin:index")).content.decode()


def mend(stage: Stage) -> None:
    door = stage.door("BAD-1", "mend")
    form = stage.staff.post(door).context["form"]
    given = {name: form.get_initial_for_field(field, name) for name, field in form.fields.items()}
    answer = stage.staff.post(door, given | {"shipping_address.state": "Jammu and Kashmir"})
    assert answer.status_code == 302
    order = stage.until("BAD-1", "awaiting_carrier")
    assert [each.actor for each in order.revisions.order_by("number")][-1] == "asha"


def lose_an_answer(stage: Stage) -> None:
    fault = {"fault": "drop_after_commit", "kind": "create_order", "times": 1}
    assert f"Anand Peenya {PLACE}" in stage.press("faults", location_key=PLACE, **fault)
    stage.order("BAD-2")
    stage.until("BAD-2", "awaiting_carrier")
    assert stage.count("BAD-2") == 1
    assert stage.sandbox.ask("state", parts="faults")["faults"] == []


def is_there(address: str) -> bool:
    try:
        requests.get(address, timeout=20)
    except requests.RequestException:
        return False
    return True


def go_away(stage: Stage) -> None:
    address = f"{stage.sandbox.address}/page/away"
    answer = requests.post(address, {"seconds": AWAY_SECONDS}, timeout=20, allow_redirects=False)
    assert answer.status_code == 303
    wait_for(lambda: not is_there(stage.sandbox.address))
    stage.order("OUT-1")
    stage.until("OUT-1", reason="unreachable")


def hold(stage: Stage) -> None:
    given = {"seller": TEXTILES.code, "reason": WHY}
    assert stage.staff.post(reverse("admin:integration_hold_set"), given).status_code == 302
    stage.order("OUT-2")
    stage.until("OUT-2", reason="held")


def be_back(stage: Stage) -> None:
    def is_back() -> bool:
        with suppress(requests.RequestException):
            return requests.get(stage.sandbox.address, timeout=20).ok
        return False

    wait_for(is_back, seconds=120)
    assert (stage.count("OUT-1"), stage.count("OUT-2")) == (0, 0)


def release(stage: Stage) -> None:
    door = reverse("admin:integration_hold_release", args=[Hold.objects.get().pk])
    assert stage.staff.post(door, {"reason": "EasyEcom answers again"}).status_code == 302
    stage.until("OUT-2", "awaiting_carrier")


def retry(stage: Stage) -> None:
    assert stage.staff.post(stage.door("OUT-1", "retry")).status_code == 302
    stage.until("OUT-1", "awaiting_carrier")
    assert (stage.count("OUT-1"), stage.count("OUT-2")) == (1, 1)


Steps = list[tuple[str, Callable[[Stage], None]]]
REHEARSALS: dict[str, Steps] = {
    "A day": [
        ("Booon gives an order.", give_an_order),
        ("Give it courier and AWB.", give_awb),
        ("The seller manifests it.", manifest),
        ("A level changes in the warehouse.", change_level),
    ],
    "A bad day": [
        ("EasyEcom does not list a state.", refuse_a_state),
        ("Mend it.", mend),
        ("An answer gets lost.", lose_an_answer),
    ],
    "An outage": [
        ("Nobody reaches EasyEcom.", go_away),
        ("Hold the seller.", hold),
        ("EasyEcom is back.", be_back),
        ("Release the hold.", release),
        ("Try the first at once.", retry),
    ],
}


@pytest.fixture
def stage(
    live_server: Any, settings: Any, capsys: Any, tmp_path: Path, client: Client
) -> Iterator[Stage]:
    """The demo's first seller, live, with its webhooks set."""
    gateway.session_of.cache_clear()
    with Sandbox() as sandbox:
        settings.EASYECOM_BASE_URL, settings.PUBLIC_URL = sandbox.address, live_server.url
        # As in the demo: a doubt is looked up at once, and what can't be reached stays to be seen.
        settings.IN_DOUBT_DELAYS, settings.RETRY_DELAYS = [0], [900]
        sandbox.tell("accounts", **TEXTILES.account())
        file = tmp_path / "seller.json"
        file.write_text(json.dumps(TEXTILES.file()))
        bind_anew()
        capsys.readouterr()
        call_command("onboard_seller", str(file))
        connect_webhooks(sandbox, json.loads(capsys.readouterr().out))
        call_command("create_api_key", "rehearsal")
        platform = Platform(live_server.url, capsys.readouterr().out.strip())
        client.force_login(make_superuser())
        yield Stage(platform, sandbox, client)
    gateway.session_of.cache_clear()


@pytest.mark.parametrize("name", list(REHEARSALS))
def test_rehearsal_goes_as_the_page_says(name: str, stage: Stage) -> None:
    for _, step in REHEARSALS[name]:
        step(stage)


@pytest.mark.parametrize("name", list(REHEARSALS))
def test_every_step_of_the_page_is_played_in_its_place(name: str) -> None:
    section = PAGE.split(f"## {name}\n")[1].split("\n## ")[0]

    written = re.findall(r"^[0-9]+\. \*\*(.+?)\*\*", section, re.M)

    assert written == [title for title, _ in REHEARSALS[name]]


def test_the_page_has_these_rehearsals_and_no_other() -> None:
    assert re.findall(r"^## (.+)$", PAGE, re.M) == list(REHEARSALS)
