"""The page at ``/``: forms that steer the sandbox, and the state that they change."""

from pathlib import Path
from urllib.parse import parse_qsl, urlencode

from django.template import Context, Engine

from integration.sandbox import forms
from integration.sandbox.control import control
from integration.sandbox.panels import panels
from integration.sandbox.replies import HTML, Reply, page
from integration.sandbox.touchpoints import Request
from integration.sandbox.world import World

STYLE_PATH = "/page/style.css"
STYLE = (Path(__file__).parent / "style.css").read_bytes()
TEMPLATES = str(Path(__file__).parents[2] / "templates")
# An engine of the sandbox's own: the console's settings and template tags don't reach the page.
ENGINE = Engine(dirs=[TEMPLATES], autoescape=True)
POLICY = "default-src 'none'; img-src data:; style-src 'self'; form-action 'self'; base-uri 'none'"


def is_page(path: str) -> bool:
    return path == "/" or path.startswith("/page/")


def answer(world: World, request: Request) -> Reply:
    if request.method == "GET" and request.path == "/":
        return _render_page(world, request, _shown(request.query))
    if request.method == "GET" and request.path == STYLE_PATH:
        return Reply(200, STYLE, "text/css; charset=utf-8", (("Cache-Control", "no-cache"),))
    if request.method == "POST":
        text = request.raw_body.decode("utf-8", "replace")
        typed = {key: value.strip() for key, value in parse_qsl(text)}
        shown = _shown({key: typed.pop(f"shown_{key}", "") for key in forms.SHOWN})
        if "sku" in typed and request.path == "/page/levels":
            shown["sku"] = typed["sku"]
        call = forms.call_of(world, request.path, typed)
        if call is not None:
            return _followed(world, request, call, shown)
    return page(404, "404 Not Found")


def _followed(world: World, request: Request, call: forms.Call, shown: forms.Typed) -> Reply:
    """A form is a control call; then back to the page, or the page with what was wrong."""
    method, path, body = call
    status, said = control(world, method, path, {}, body)
    if status != 200:
        return _render_page(world, request, shown, said["error"])
    place = "#stock" if request.path == "/page/levels" else ""
    query = f"?{urlencode(shown)}" if shown else ""
    return Reply(303, b"", HTML, (("Location", f"/{query}{place}"),))


def _shown(typed: forms.Typed) -> forms.Typed:
    return {key: typed[key] for key in forms.SHOWN if typed.get(key)}


def _render_page(world: World, request: Request, shown: forms.Typed, problem: str = "") -> Reply:
    with world.lock:
        values = panels(world, **shown)
    address = f"http://{request.headers.get('host', '127.0.0.1')}"
    # Else the console's language decides how a number is written, in a form's value too.
    here = f"/?{urlencode(shown)}" if shown else "/"
    said = {"address": address, "problem": problem, "here": here}
    context = Context(values | said, use_l10n=False)
    html = ENGINE.get_template("sandbox/page.html").render(context)
    headers = (("Content-Security-Policy", POLICY), ("Cache-Control", "no-store"))
    return Reply(400 if problem else 200, html.encode("utf-8", "replace"), HTML, headers)
