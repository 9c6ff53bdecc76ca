"""Every secret that the console is given, makes or takes, and six buyers; and a journey in which
each is used, typed wrongly, and repeated by EasyEcom wherever it can say no.

What stands in BELONGS is where each may be. Anything else is a leak.
"""

import csv
import io
import json
import secrets
import zipfile
from collections.abc import Collection
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qs, quote, urlsplit

import requests
from django.conf import settings as configured
from django.contrib.auth.models import User
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from booon_console.lib import clock
from booon_console.lib.digests import digest_of
from integration.feed import announcements, sender
from integration.models import (
    ApiCall,
    ApiKey,
    Order,
    SellerFile,
    SyncJob,
    WebhookEndpoint,
)
from integration.monitoring import alert_channels
from integration.onboarding import seller_links
from integration.orders import erasure
from integration.orders.csv_file import EXAMPLE
from integration.sync import engine
from integration.webhooks import processing
from sellers.models import CarrierRegistration, Location
from tests.booon_console.test_given_passwords import CHANGE
from tests.factories import (
    ADDRESS,
    accept,
    make_location,
    make_order,
    make_registration,
    make_seller,
    make_shipment,
    pushed,
    refuse,
)
from tests.integration.admin.sellers.test_second_step import KEY, SPARE, STEP, shown_by
from tests.integration.orders.test_intake import facts
from tests.integration.seller_link.conftest import (
    enter,
    make_token,
    post,
    text_of,
    tokens_in,
    typed,
)

# Of the account, which EasyEcom knows: it may repeat them.
OF_ACCOUNT = {
    "API password": "CANARY01 pass/word",
    "x-api-key": "CANARY02-api-key",
    "location token": "eyJDQU5BUlkwMyI6MX0.eyJDQU5BUlkwMyI6MX0.Q0FOQVJZMDM",
    "carrier password": "CANARY04-carrier-password",
    "carrier token": "CANARY05-carrier-token",
    "Booon's carrier password": "CANARY06-booon-password",
    "webhook token": "CanaryTok3n" + secrets.token_urlsafe(32)[11:],
}
OF_FILE = {
    "API password in a file": "CANARY08 file/password",
    "x-api-key in a file": "CANARY09-file-key",
    "carrier password in a file": "CANARY10-file-carrier",
    "carrier token in a file": "CANARY11-file-token",
}
OF_WAITING_FILE = {
    "API password in a file that nobody has taken in": "CANARY12-waiting-password",
    "x-api-key in a file that nobody has taken in": "CANARY13-waiting-key",
}
TYPED = {
    "first password of staff": "CANARY14-first-password",
    "own password of staff": "CANARY15-own-password",
    "mistyped password": "CANARY16-mistyped-password",
    "password in the user name's field": "CANARY17-in-the-wrong-field",
    "mistyped code of the app": "CANARY18",
    "API password typed into a link": "CANARY19 typed/password",
    "mistyped code of a link": "CANARY20" + "c" * 40,
    "wrong API key": "booon_CANARY21-wrong-api-key",
    "API key in a query": "booon_CANARY22-key-in-a-query",
    "wrong webhook token": "CanaryTok4n" + secrets.token_urlsafe(32)[11:],
    "webhook token in a query": "CanaryTok5n" + secrets.token_urlsafe(32)[11:],
    "webhook token in its overlap": "CanaryTok6n" + secrets.token_urlsafe(32)[11:],
    "wrong token of the metrics": "CANARY26-wrong-metrics-token",
}
OF_SETTINGS = {
    "METRICS_TOKEN": "CANARY27-metrics-token",
    "BOOON_WEBHOOK_SECRET": "whsec_" + "CANARY28" * 4,
    "BOOON_WEBHOOK_SECRET_OLD": "whsec_" + "CANARY29" * 4,
    "EMAIL_HOST_PASSWORD": "CANARY30-mail-password",
    "ALERT_WEBHOOK_URL": "https://alerts.example/hook/CANARY31-alert-token",
    "BOOON_WEBHOOK_URL": "https://booon.example/hook?key=CANARY32-receiver-key",
}
BUYER = ADDRESS | {
    "name": "Canaryfirst Canarylast",
    "phone": "98765 01210",
    "email": "canary.mail@mail.example",
    "line1": "14 Canary Street",
    "line2": "Canary Gardens, Canary Quarter",
}
PERSON = {
    "name": "Canaryfirst",
    "surname": "Canarylast",
    "phone": "98765 01210",
    "phone in one": "9876501210",
    "mail": "canary.mail@mail.example",
    "street": "14 Canary Street",
    "second line": "Canary Gardens",
    "part of it": "Canary Quarter",
}


def another(name: str, phone: str) -> dict[str, str]:
    """Somebody of whom no word is the other buyers'."""
    return {
        "name": f"{name}first {name}last",
        "phone": phone,
        "email": f"{name}.mail@mail.example",
        "line1": f"15 {name} Street",
    }


# Who else stands somewhere, and the tables that hold them.
PEOPLE = {
    "who pays": another("Finch", "9876501211"),
    "before a correction": another("Linnet", "9876501212"),
    "of an order file": another("Siskin", "9876501213"),
    "of a webhook": another("Serin", "9876501214"),
    "who is erased": another("Twite", "9876501215"),
}
THEIRS = {f"{part} {who}": said for who, one in PEOPLE.items() for part, said in one.items()}
WHOSE_TABLE = {
    "who pays": ["integration_order"],
    "before a correction": ["integration_orderrevision"],
    "of an order file": ["integration_orderfile"],
    "of a webhook": ["integration_delivery"],
    "who is erased": [],
}
LABEL = {"label's address": "https://labels.example/l.pdf?key=CANARY33-label-key"}
# Besides, what the console makes by itself, once it has: see `everybody_uses_theirs`.
SECRETS = OF_ACCOUNT | OF_FILE | OF_WAITING_FILE | TYPED | OF_SETTINGS
BUYERS = PERSON | THEIRS
# By canary, the tables that hold it in plain text. Secrets are kept as ciphers and digests only.
BELONGS: dict[str, Collection[str]] = {
    **dict.fromkeys(PERSON, ["integration_order", "integration_orderrevision"]),
    # As it is sent, and only so.
    "phone in one": (),
    **{f"{part} {who}": WHOSE_TABLE[who] for who, one in PEOPLE.items() for part in one},
    # Sessions are found by their keys.
    "session": ["sellers_staffsession"],
    # Booon's own, given back to Booon.
    "label's address": ["integration_shipmentdetails"],
}
SAID = f"no to {', '.join(OF_ACCOUNT.values())}; of +91-98765-01210"
SAID_OF_BUYER = f"no for {', '.join(PERSON.values())}; of +91-98765-01210"
KINDS = {
    *("log_in", "get_locations", "add_carrier", "get_products", "get_inventory"),
    *("create_order", "assign_awb", "find_order", "get_queue_status"),
}
NOTHING = "No data found"


# EasyEcom, Booon's receiver and the alerts' --------------------------------------------------


def no(words: str, **more: Any) -> dict[str, Any]:
    return {"code": 400, "message": words, "data": [], **more}


def refusal(request: requests.PreparedRequest) -> tuple[int, dict[str, str], str]:
    """What is answered, by the path and the order: no, with all that the other side knows."""
    path, query = urlsplit(request.url).path, parse_qs(urlsplit(request.url).query)
    body = json.loads(request.body or b"{}")
    number = body.get("orderNumber") or query.get("reference_code", [""])[0]
    answer: dict[str, Any] = no(SAID)
    status = 200
    match path, number:
        case "/hook", _:
            signature = request.headers["webhook-signature"]
            status, answer = 500, no(f"no to {request.url}, {signature}")
        case "/access/token", _:
            said = SAID if body["password"] in SAID else f"no to {request.body!r}"
            key = request.headers.get("x-api-key", "")
            answer = no(f"Invalid user credentials provided: {said}, {key}")
        case "/webhook/v2/createOrder", "BN-lines":
            lines = [
                {"OrderItemId": "1", "Sku": "KURTA", "Message": words}
                for words in (SAID[:190], SAID[190:], SAID_OF_BUYER)
            ]
            answer = no("Error creating order", data=lines)
        case "/webhook/v2/createOrder", "BN-queue":
            answer = {"code": 200, "message": "Successfully Queued", "data": {"queueId": 9012}}
        case "/webhook/v2/createOrder", "BN-exists":
            answer = no(f"BN-exists already exists: {SAID_OF_BUYER}")
        case "/webhook/v2/createOrder", "BN-token":
            status, answer = 401, {"message": f"Unauthenticated: {SAID}"}
        case "/webhook/v2/createOrder", "BN-unclear":
            status = 500
        case "/webhook/v2/createOrder", "BN-buyer":
            answer = no(SAID_OF_BUYER)
        case "/getQueueStatus", _:
            file = f"https://files.example/{quote(OF_ACCOUNT['x-api-key'])}.csv?key=1"
            data = {"status_id": "4", "message": f"Error: {SAID_OF_BUYER}", "result": file}
            answer = {"code": 200, "message": SAID, "data": data}
        case "/Carrier/assignAWB", _:
            answer = no(SAID_OF_BUYER)
        case "/orders/V2/getOrderDetails", "BN-unclear":
            answer = no(SAID_OF_BUYER)
        case "/orders/V2/getOrderDetails", _:
            answer = no(f"{NOTHING}: {SAID_OF_BUYER}")
    return status, {}, json.dumps(answer)


def place(**fields: Any) -> Location:
    """A location of a seller with all those secrets."""
    location = make_location(
        seller=make_seller(
            api_password=OF_ACCOUNT["API password"],
            x_api_key=OF_ACCOUNT["x-api-key"],
            name="Seller",
        ),
        **fields,
    )
    Location.objects.filter(pk=location.pk).update(token=OF_ACCOUNT["location token"])
    if not location.is_live:
        make_registration(location)
    at = CarrierRegistration.objects.filter(location_key=location.location_key)
    at.update(password=OF_ACCOUNT["carrier password"], token=OF_ACCOUNT["carrier token"])
    location.endpoints.update(token_digest=digest_of(OF_ACCOUNT["webhook token"]))
    return location


def nobody_waits() -> bool:
    """Each order and location has heard its no, and what its look-up says."""
    return not SyncJob.objects.filter(status__in=["pending", "in_doubt"], attempts__lt=2).exists()


def refuse_everything() -> None:
    """Each touchpoint once, and each says no in all the ways it has."""
    now = clock.now()
    for number in ("lines", "queue", "exists", "token", "unclear", "buyer"):
        make_order(place(), order_number=f"BN-{number}", shipping_address=BUYER)
    make_shipment(
        pushed(make_order(place(), order_number="BN-awb", shipping_address=BUYER)),
        label_url="https://labels.example/l.pdf",
    )
    on_its_way = {"live": False, "token_issued_at": now}
    places = [
        place(live=False),
        place(**on_its_way),
        place(**on_its_way, located_at=now),
    ]
    for location in places:
        SyncJob.objects.want_location(location)
    for kind in (SyncJob.Kind.PRODUCTS, SyncJob.Kind.STOCK, SyncJob.Kind.PROBE):
        job = SyncJob.objects.of_location(place(), kind)
        SyncJob.objects.filter(pk=job.pk).want()
    for _ in range(15):
        engine.drain(1)
        if set(ApiCall.objects.values_list("kind", flat=True)) >= KINDS and nobody_waits():
            return
        SyncJob.objects.filter(due_at__isnull=False).update(due_at=now)


# What else there is to be known --------------------------------------------------------------


def everybody_uses_theirs(settings: Any) -> dict[str, str]:
    """Each secret once, in its place and in a wrong one. Returns what was made on the way."""
    for name, value in OF_SETTINGS.items():
        setattr(settings, name, value)
    settings.ALERT_EMAILS = ["ops@booon.example"]
    announcements.ensure_receiver(clock.now())
    boss = Client()
    boss.force_login(User.objects.create_superuser("boss", password="pw"))
    made = {"SECRET_KEY": configured.SECRET_KEY, **LABEL}
    made |= {f"key {i} of FIELD_KEYS": key for i, key in enumerate(configured.FIELD_KEYS)}
    made |= staff_log_in(boss, settings)
    made |= booon_calls(boss)
    made |= sellers_come_by_files(boss)
    made |= seller_comes_by_a_link()
    easyecom_posts_webhooks()
    buyers_stand_elsewhere(boss)
    everybody_is_told()
    return made


def staff_log_in(boss: Client, settings: Any) -> dict[str, str]:
    """A colleague: the first password, their own, and the second step with all it has."""
    first, own = TYPED["first password of staff"], TYPED["own password of staff"]
    form = {"username": "meera", "role": "Viewer", "sees": "all", "is_active": "on"}
    answer = boss.post(
        reverse("admin:auth_user_add"), form | {"password1": first, "password2": first}
    )
    assert answer.status_code == 302
    client = Client()
    assert log_in(client, TYPED["mistyped password"]).status_code == 200
    assert log_in(client, first, TYPED["password in the user name's field"]).status_code == 200
    assert log_in(client, first).status_code == 302
    changed = {"old_password": first, "new_password1": own, "new_password2": own}
    assert client.post(CHANGE, changed).status_code == 302

    settings.STAFF_MFA = True
    unconfirmed = Client()
    assert log_in(unconfirmed, own).status_code == 302
    never_confirmed = key_on(unconfirmed)
    key = key_on(client)
    client.post(STEP, {"code": TYPED["mistyped code of the app"]})
    spare = SPARE.findall(client.post(STEP, {"code": shown_by(key)}).content.decode())
    assert len(spare) == 8
    other = Client()
    assert log_in(other, own).status_code == 302
    half_way = str(other.session.session_key)
    assert other.post(STEP, {"code": spare[0]}).status_code == 302
    settings.STAFF_MFA = False
    return {
        "key of the app": key,
        "key of the app that nobody confirmed": never_confirmed,
        "session": str(client.session.session_key),
        "session before the second step": half_way,
        **{f"spare code {code[0]}": code for code in spare},
    }


def log_in(client: Client, password: str, name: str = "meera") -> Any:
    return client.post("/admin/login/?next=/admin/", {"username": name, "password": password})


def key_on(client: Client) -> str:
    found = KEY.search(client.get(STEP).content.decode())
    assert found
    return found[1]


def booon_calls(boss: Client) -> dict[str, str]:
    """With a key that is good, one that is none, and one in the address; and the metrics."""
    made = boss.post(reverse("admin:integration_apikey_make"), {"name": "Booon", "days": "0"})
    (key,) = tokens_in(boss.get(made["Location"]).content.decode())
    wrong, in_query = TYPED["wrong API key"], TYPED["API key in a query"]
    orders = "/api/v1/orders/"
    said = [
        bearing(orders, key),
        bearing(orders, wrong),
        Client().get(f"{orders}?api_key={in_query}").status_code,
        bearing("/metrics", OF_SETTINGS["METRICS_TOKEN"]),
        bearing("/metrics", TYPED["wrong token of the metrics"]),
    ]
    assert said == [200, 401, 401, 200, 403]
    ended = "booon_CANARY34-revoked-api-key"
    revoked_at = clock.now()
    ApiKey.objects.create(name="Ended", digest=digest_of(ended), revoked_at=revoked_at)
    assert bearing(orders, ended) == 401
    return {"API key": key, "API key that was revoked": ended}


def bearing(path: str, key: str) -> int:
    return Client().get(path, headers={"Authorization": f"Bearer {key}"}).status_code


def sellers_come_by_files(boss: Client) -> dict[str, str]:
    """One file is taken in, and its log-in refused; one waits; of one the tokens are handed out."""
    upload = reverse("admin:sellers_seller_import")
    columns = ("api_password", "x_api_key", "carrier_password", "carrier_token")
    row = dict(zip(columns, OF_FILE.values(), strict=True)) | {
        "code": "filed",
        "name": "Filed",
        "api_username": "api@filed.example",
        "carrier_username": "own",
        "location_key": "fl100",
    }
    preview = boss.post(upload, {"file": SimpleUploadedFile("f.csv", csv_of(row))})
    assert boss.post(preview["Location"]).status_code == 302
    waits = zip(columns, OF_WAITING_FILE.values(), strict=False)
    waiting = csv_of(row | {"code": "waits", "location_key": "wt100"} | dict(waits))
    assert boss.post(upload, {"file": SimpleUploadedFile("w.csv", waiting)}).status_code == 302

    location = place()
    location.endpoints.update(token_digest="", token_issued_at=None)
    lines = [{"row": 2, "code": location.seller.code, "key": location.location_key}]
    now = timezone.now()
    file = SellerFile.objects.create(
        user=User.objects.get(username="boss"),
        name="live.csv",
        uploaded_at=now,
        begun_at=now,
        results=[line | {"result": "new"} for line in lines],
    )
    boss.post(reverse("admin:sellers_seller_import_tokens", args=[file.pk]))
    handed = boss.post(reverse("admin:sellers_seller_import_handouts", args=[file.pk])).content
    with zipfile.ZipFile(io.BytesIO(handed)) as archive:
        sheet = archive.read("webhooks.csv").decode("utf-8-sig")
    tokens = [each["access_token"] for each in csv.DictReader(io.StringIO(sheet))]
    assert len(set(tokens)) == 2
    return {f"token {i} of a hand-out": token for i, token in enumerate(tokens)}


def csv_of(row: dict[str, str]) -> bytes:
    text = io.StringIO()
    writer = csv.DictWriter(text, list(row))
    writer.writeheader()
    writer.writerow(row)
    return text.getvalue().encode()


def seller_comes_by_a_link() -> dict[str, str]:
    """One whose log-in is refused, and one who makes a token."""
    link, code = seller_links.make(code="linked", name="Linked", seller=None, actor="boss")
    assert Client().post(link.path, {"code": TYPED["mistyped code of a link"]}).status_code == 403
    browser = enter(link, code)
    password = TYPED["API password typed into a link"]
    given = typed(api_password=password, location_keys="lk100")
    assert post(browser, link, "give", **given).status_code == 302

    location = place()
    own, secret = seller_links.make(
        code=location.seller.code, name="Seller", seller=location.seller, actor="boss"
    )
    maker = enter(own, secret)
    assert make_token(maker, own, location, "inventory").status_code == 302
    (token,) = tokens_in(text_of(maker, own))
    return {
        "code of a link": code,
        "cookie of a link": browser.cookies["booon_link"].value,
        "token made by a link": token,
    }


def easyecom_posts_webhooks() -> None:
    """With the right token, a wrong one, the old one and one in the address."""
    location = place()
    told = PEOPLE["of a webhook"]
    manifest = {
        "invoice_id": 733000333,
        "order_id": 733000111,
        "reference_code": "BN-nobodys",
        "location_key": location.location_key,
        "customer_name": told["name"],
        "contact_num": told["phone"],
        "email": told["email"],
        "address_line_1": told["line1"],
    }
    endpoint = location.endpoints.get(topic="manifested")
    until = timezone.now() + timedelta(hours=1)
    old = TYPED["webhook token in its overlap"]
    WebhookEndpoint.objects.filter(pk=endpoint.pk).update(
        old_digest=digest_of(old), old_until=until
    )
    in_query = f"{endpoint.path}?token={TYPED['webhook token in a query']}"
    said = [
        deliver(endpoint.path, manifest, OF_ACCOUNT["webhook token"]),
        deliver(endpoint.path, {}, old),
        deliver(endpoint.path, manifest, TYPED["wrong webhook token"]),
        deliver(in_query, manifest, ""),
    ]
    assert said == [200, 200, 401, 401]
    processing.drain(1)


def deliver(path: str, body: Any, token: str) -> int:
    answer = Client().post(
        path, body, content_type="application/json", headers={"Access-Token": token}
    )
    return answer.status_code


def buyers_stand_elsewhere(boss: Client) -> None:
    """Who pays for somebody else; before a correction; in a file of orders; erased."""
    location = place()
    make_order(location, shipping_address=BUYER, billing_address=ADDRESS | PEOPLE["who pays"])
    sent = pushed(make_order(place(), shipping_address=BUYER))
    make_shipment(sent, label_url=LABEL["label's address"])

    wrong = facts(location, shipping_address=ADDRESS | PEOPLE["before a correction"])
    refuse(accept(location.seller, "BN-corrected", wrong).order)
    accept(location.seller, "BN-corrected", wrong | {"shipping_address": BUYER})

    filed = PEOPLE["of an order file"]
    cells = {f"shipping_{part}": said for part, said in filed.items()}
    row = EXAMPLE | cells | {"seller": location.seller.code, "order_number": "BN-filed"}
    row["location_key"] = location.location_key
    file = SimpleUploadedFile("orders.csv", csv_of(row))
    assert boss.post(reverse("admin:integration_order_import"), {"file": file}).status_code == 302

    gone = facts(location, shipping_address=ADDRESS | PEOPLE["who is erased"])
    order = refuse(accept(location.seller, "BN-erased", gone).order)
    order.change(stage="withdrawn")
    erased = erasure.erase(
        Order.objects.filter(pk=order.pk), now=clock.now(), why="asked for", actor="boss"
    )
    assert erased.orders == 1


def everybody_is_told() -> None:
    """Booon's receiver, mail and the alerts' own address: each fails, and what it says is kept."""
    assert len(list(alert_channels.send_test())) == 2
    announcements.take_up(clock.now())
    sender.drain(1)
