"""The demo's first steps: everything is started, and Booon's platform gets its key."""

from urllib.parse import urlsplit

from django.conf import settings

from integration.demo.journey import ADMIN_NAME, Journey
from integration.demo.processes import MANAGE, web_server
from integration.demo.telling import expect


def make_database(journey: Journey) -> None:
    processes = journey.processes
    processes.command("migrate", "--no-input")
    journey.say("manage.py migrate: every table is there")
    if not (settings.STATIC_ROOT / "staticfiles.json").exists():
        processes.command("collectstatic", "--no-input")
        journey.say("manage.py collectstatic: the admin's styles are in place")
    processes.command(
        *("createsuperuser", "--no-input", "--username", ADMIN_NAME),
        *("--email", "demo-admin@booon.example"),
        DJANGO_SUPERUSER_PASSWORD=journey.admin_password,
    )
    journey.say(f"manage.py createsuperuser: {ADMIN_NAME}")


def start_everything(journey: Journey) -> None:
    processes, console, sandbox = journey.processes, journey.console, journey.sandbox
    port = str(urlsplit(sandbox.address).port)
    processes.start("sandbox", *MANAGE, "easyecom_sandbox", "--port", port)
    processes.start("web", *web_server("127.0.0.1", urlsplit(console.address).port or 0))
    processes.start("workers", *MANAGE, "workers")
    journey.wait_for_answer(sandbox, "/sandbox/settings", "the stand-in EasyEcom")
    journey.say(f"sandbox  {sandbox.address}  stands in for EasyEcom")
    journey.wait_for_answer(console, "/readyz", "the web server")
    journey.say(f"web      {console.address}  is ready")
    journey.wait_for_answer(console, "/healthz/workers", "the workers' health")
    journey.say("workers  have a pulse")


def make_key(journey: Journey) -> None:
    key = journey.processes.command("create_api_key", "Booon's platform (demo)").strip()
    journey.say("manage.py create_api_key: it was printed once, and only its digest is kept")
    refused = journey.console.ask("GET", "/api/v1/orders/", 401).json()["errors"]
    expect(len(refused) == 1, "one error for a call without a key", refused)
    journey.say(f"GET /api/v1/orders/ without it: 401, {refused[0]['message']}")
    journey.console.show(key)
    orders = journey.console.one("/orders/")
    expect(orders["results"] == [], "no orders yet", orders)
    journey.say("GET /api/v1/orders/ with it: 200, no orders yet")
