"""The webhook tokens of all sellers of a file at once, with their hand-outs: one ZIP.

Issued once, where none was; held for a quarter of an hour for whoever had them made
(docs/decisions/0056-one-act.md).
"""

import csv
import io
import zipfile
from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from pathlib import Path as FilePath

from django.contrib.staticfiles import finders
from django.db import transaction
from django.http import HttpRequest
from django.template.loader import render_to_string

from booon_console.lib.spreadsheets import safe
from integration.admin import held_tokens
from integration.admin.sellers import import_results
from integration.admin.sellers.import_results import Line
from integration.admin.sellers.paths import issue
from integration.models import WebhookEndpoint
from integration.onboarding.progress import Path, paths_of
from sellers.models import Location, Seller

COLUMNS = (
    *("seller", "name", "location_key", "location", "trigger", "marketplace", "action", "url"),
    "access_token",
)
STYLES = "console/handout.css"


@dataclass(frozen=True, slots=True)
class TokensOfFile:
    """What the import's page says of them."""

    # Webhook addresses without a token, locations without addresses yet, tokens that are held.
    missing: int
    awaited: int
    held: int


def taken_in(lines: Iterable[Line]) -> list[str]:
    """The location keys of what was taken in."""
    done = (import_results.NEW, import_results.KNOWN)
    return [line.key for line in lines if line.result in done]


def standing(request: HttpRequest, keys: Collection[str]) -> TokensOfFile:
    endpoints = WebhookEndpoint.objects.filter(location__location_key__in=keys)
    ids = list(endpoints.values_list("pk", flat=True))
    return TokensOfFile(
        endpoints.filter(token_digest="").count(),
        Location.objects.filter(location_key__in=keys, endpoints=None).count(),
        len(held_tokens.held(request, ids)),
    )


def issue_missing(request: HttpRequest, keys: Collection[str]) -> int:
    """Returns how many were made. Sent once more it makes none."""
    bare = Location.objects.filter(location_key__in=keys, endpoints__token_digest="")
    locations = list(bare.defer("token").distinct().order_by("pk"))
    with transaction.atomic():
        made = issue(locations, actor=request.user.get_username())
        held_tokens.hold(request, made)
    return len(made)


def zipped(request: HttpRequest, keys: Collection[str]) -> tuple[bytes, int]:
    """The hand-outs and the sheet of webhooks, and how many tokens are in them.

    Without one that is held it is empty: b"", 0.
    """
    sellers = Seller.objects.filter(locations__location_key__in=keys)
    found = paths_of(Location.objects.filter(seller__in=sellers).select_related("seller"))
    ids = [paste.endpoint.pk for path in found for paste in path.pastes]
    tokens = held_tokens.held(request, ids)
    if not tokens:
        return b"", 0
    paths = defaultdict(list)
    for path in found:
        paths[path.location.seller].append(path.with_tokens(tokens))
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("webhooks.csv", sheet(path for each in paths.values() for path in each))
        archive.writestr("hand-outs/handout.css", styles())
        for seller, of_seller in sorted(paths.items(), key=lambda pair: pair[0].code):
            context = {"seller": seller, "paths": of_seller}
            page = render_to_string("console/handout_file.html", context)
            archive.writestr(f"hand-outs/{seller.code}.html", page)
    return content.getvalue(), len(tokens)


def sheet(paths: Iterable[Path]) -> str:
    """Of the webhooks whose tokens are shown, a row each."""
    text = io.StringIO()
    writer = csv.writer(text, quoting=csv.QUOTE_ALL)
    writer.writerow(COLUMNS)
    for path in paths:
        place = path.location
        for paste in path.pastes:
            if not paste.token:
                continue
            seller = (place.seller.code, place.seller.name, place.location_key, place.name)
            what = (paste.trigger, paste.marketplace, paste.action, paste.url)
            writer.writerow([*safe((*seller, *what)), paste.token])
    return "\ufeff" + text.getvalue()


def styles() -> str:
    found = finders.find(STYLES)
    assert isinstance(found, str), STYLES
    return FilePath(found).read_text()
