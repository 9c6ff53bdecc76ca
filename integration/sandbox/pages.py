"""The page at ``/``: forms that steer the sandbox, and the picture that they change."""

from pathlib import Path
from urllib.parse import parse_qsl, urlencode

from integration.sandbox import panels
from integration.sandbox.control import control
from integration.sandbox.ledger import as_json
from integration.sandbox.markup import Markup, el, join
from integration.sandbox.picture import picture
from integration.sandbox.replies import HTML, Reply, page
from integration.sandbox.touchpoints import Request
from integration.sandbox.world import World

STYLE_PATH = "/page/style.css"
STYLE = (Path(__file__).parent / "style.css").read_bytes()
LEDGER_LINES = 25
POLICY = "default-src 'none'; style-src 'self'; form-action 'self'; base-uri 'none'"
FORMS = {
    "/page/levels": "/sandbox/levels",
    "/page/manifest": "/sandbox/manifest",
    "/page/webhooks": "/sandbox/webhooks",
}
WHOLE_NUMBERS = ("quantity", "invoice_id")


def is_page(path: str) -> bool:
    return path == "/" or path.startswith("/page/")


def answer(world: World, request: Request) -> Reply:
    if request.method == "GET" and request.path == "/":
        return _shown(world, request)
    if request.method == "GET" and request.path == STYLE_PATH:
        return Reply(200, STYLE, "text/css; charset=utf-8", (("Cache-Control", "no-cache"),))
    if request.method == "POST" and request.path in FORMS:
        return _followed(world, request)
    return page(404, "404 Not Found")


def _followed(world: World, request: Request) -> Reply:
    """A form is a control call; then back to the page, or the page with what was wrong."""
    text = request.raw_body.decode("utf-8", "replace")
    body = {key: _value(key, value.strip()) for key, value in parse_qsl(text)}
    status, said = control(world, "POST", FORMS[request.path], {}, body)
    if status != 200:
        return _shown(world, request, problem=said["error"])
    is_level = request.path == "/page/levels"
    back = f"/?{urlencode({'sku': body['sku']})}#stock" if is_level else "/"
    return Reply(303, b"", HTML, (("Location", back),))


def _value(key: str, text: str) -> str | int:
    is_number = key in WHOLE_NUMBERS and text.isascii() and text.isdecimal() and len(text) < 10
    return int(text) if is_number else text


def _shown(world: World, request: Request, problem: str = "") -> Reply:
    host = request.headers.get("host", "127.0.0.1")
    with world.lock:
        state = picture(world)
        ledger = [as_json(line) for line in world.ledger.lines[-LEDGER_LINES:]]
        received = len(world.ledger.lines)
    body = [
        panels.heading(state, f"http://{host}", received),
        el("p", problem, class_="problem", role="alert") if problem else None,
        panels.body(state, ledger[::-1], f"http://{host}", request.query.get("sku", "")),
    ]
    html = "<!doctype html>" + _document(join(*body))
    headers = (("Content-Security-Policy", POLICY), ("Cache-Control", "no-store"))
    return Reply(400 if problem else 200, html.encode("utf-8", "replace"), HTML, headers)


def _document(body: Markup) -> Markup:
    head = el(
        "head",
        el("meta", charset="utf-8"),
        el("meta", name="viewport", content="width=device-width, initial-scale=1"),
        el("title", "EasyEcom sandbox"),
        el("link", rel="stylesheet", href=STYLE_PATH),
        el("link", rel="icon", href="data:,"),
    )
    return el("html", head, el("body", body), lang="en")
