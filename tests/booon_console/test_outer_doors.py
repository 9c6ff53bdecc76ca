"""Who may open and post what outside of the admin's own addresses, which test_roles.py has: every
address of the URL configuration, so that a new one without a line here fails.
"""

import re
from collections.abc import Iterator
from typing import Any

import pytest
from django.contrib.auth.models import Group, User
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver

from tests.booon_console.test_roles import ROLES

pytestmark = pytest.mark.django_db
OTHERS = ("PUT", "PATCH", "DELETE")
SAMPLES = {"int": "1", "str": "x", "slug": "0123456789abcdef", "path": "x"}
PLAIN = {
    r"/link/^(?P<link_id>(?:.*/)?)$": "/link/x/y/",
    r"/api/\A": "/api/",
    r"/webhooks/\Aeasyecom/(?P<endpoint_id>[^/]+)/products/?\Z": "/webhooks/easyecom/x/products",
    r"/webhooks/\Aeasyecom/(?P<endpoint_id>[^/]+)/(?P<topic>[^/]+)/?\Z": (
        "/webhooks/easyecom/x/inventory"
    ),
}
# What each says to GET, to POST, and to other methods; the first that fits. 302 leads to the log-in
# or to the page on which a button stands.
STRANGERS = {
    r"/(admin|o)/.*": (302, 302, 302),
    r"/link/\w+/": (200, 403, 200),
    r"/link/\w+/state/": (200, 405, 405),
    r"/link/\w+/language/": (302, 302, 405),
    r"/link/\w+/(give|correct|remove|again|say|token|pasted)/": (302, 403, 405),
    r"/link/x/y/": (404, 404, 404),
    r"/api/v1/.*": (401, 401, 401),
    r"/api/(schema|docs)/?": (200, 405, 405),
    r"/api/": (404, 404, 404),
    r"/webhooks/easyecom/x/inventory": (405, 401, 405),
    r"/webhooks/easyecom/x/products": (401, 405, 405),
}
# The same for staff of every role, who have no second factor yet: what is theirs here.
STAFF = {
    r"/admin/second-step/(picture.svg|passkeys/)?": (200, 200, 200),
    r"/admin/second-step/(renew|another)/": (404, 404, 404),
    r"/admin/second-step/passkeys/.+": (405, 404, 405),
    r"/admin/find/": (200, 200, 200),
    r"/admin/find/live/": (302, 200, 405),
    r"/o/x": (302, 405, 405),
}


def addresses() -> list[str]:
    """Each with something in the place of what it takes."""

    def walk(patterns: Any, before: str) -> Iterator[str]:
        for pattern in patterns:
            here = before + str(pattern.pattern)
            if isinstance(pattern, URLPattern):
                yield here
            elif isinstance(pattern, URLResolver) and pattern.app_name != "admin":
                yield from walk(pattern.url_patterns, here)

    return [filled(each) for each in walk(get_resolver().url_patterns, "/")]


def filled(route: str) -> str:
    return PLAIN.get(route) or re.sub(r"<(\w+):\w+>", lambda found: SAMPLES[found[1]], route)


def said(table: dict[str, tuple[int, int, int]], address: str) -> tuple[int, int, int]:
    fitting = (answers for pattern, answers in table.items() if re.fullmatch(pattern, address))
    answers = next(fitting, None)
    assert answers, f"{address} has no line in the tables"
    return answers


def asked(client: Client, address: str) -> tuple[int, int, int]:
    statuses = [getattr(client, method.lower())(address).status_code for method in OTHERS]
    assert len(set(statuses)) == 1, (address, statuses)
    by_get, by_post = client.get(address).status_code, client.post(address).status_code
    return by_get, by_post, statuses[0]


def test_strangers_are_told_what_the_table_says():
    client = Client()
    found = {address: asked(client, address) for address in addresses()}

    assert len(found) > 50
    assert found == {address: said(STRANGERS, address) for address in found}


@pytest.mark.parametrize("role", ROLES.values())
def test_a_log_in_opens_what_is_staffs_alone_and_no_role_more_of_it(role):
    user = User.objects.create_user("vik", is_staff=True)
    user.groups.add(Group.objects.get(name=role))
    client = Client()
    client.force_login(user)
    found = {address: asked(client, address) for address in addresses()}

    staffs = {address for address in found if address.startswith(("/admin/", "/o/"))}
    assert {address: found[address] for address in staffs} == {
        address: said(STAFF, address) for address in staffs
    }
    # A session is no API key, no webhook's token and no seller's link.
    assert {address: found[address] for address in found.keys() - staffs} == {
        address: said(STRANGERS, address) for address in found.keys() - staffs
    }
