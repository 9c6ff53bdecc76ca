"""The alert rules and the dashboard ask for figures and labels that /metrics gives."""

import json
import re
import shutil
import subprocess
from collections.abc import Iterator
from typing import Any

import pytest
import yaml
from prometheus_client import Metric

from integration.monitoring.metrics import page
from tests.deploy import DEPLOY
from tests.factories import make_location, make_order, open_call

pytestmark = pytest.mark.django_db

# A name with the labels asked for in braces behind it, if there are any.
ASKED = re.compile(r"\b(booon_\w+|process_\w+|up)\b(?:\{([^}]*)\})?")
GROUPED = re.compile(r"\bby \(([^)]*)\)")
# Prometheus' own, of each target.
OWN = {"job", "instance", "le"}


def dashboard() -> dict[str, Any]:
    return json.loads((DEPLOY / "grafana/console.json").read_text())


def rules() -> list[dict[str, Any]]:
    groups = yaml.safe_load((DEPLOY / "prometheus/alerts.yaml").read_text())["groups"]
    return [rule for group in groups for rule in group["rules"]]


def expressions() -> Iterator[str]:
    for panel in dashboard()["panels"]:
        yield from (target["expr"] for target in panel["targets"])
    yield from (rule["expr"] for rule in rules())


@pytest.fixture
def families(client) -> list[Metric]:
    """With something in each of them: a request, a call, an order."""
    client.get("/healthz")
    order = make_order(make_location())
    call = open_call(order)
    call.is_open, call.outcome = False, "done"
    call.save()
    return list(page.registry.collect())


def names(families: list[Metric]) -> dict[str, set[str]]:
    """Each series' name, and its labels."""
    found = {"up": set[str]()}
    for family in families:
        suffixes = {"histogram": ["_bucket", "_count", "_sum"], "counter": ["_total"]}
        for suffix in suffixes.get(family.type, [""]):
            labels = {name for sample in family.samples for name in sample.labels}
            found[family.name + suffix] = labels
    return found


# Families whose labels are known only once there is something to count.
FILLED_LATER = {
    *("booon_webhook_refusals", "booon_quota_left", "booon_quota_limit"),
    *("booon_request_faults_total", "booon_drains_running"),
}


def test_rules_and_dashboard_ask_for_nothing_that_is_not_there(families):
    known = names(families)
    for expression in expressions():
        asked = ASKED.findall(expression)
        assert asked, expression
        for name, _ in asked:
            assert name in known, (name, expression)


def test_labels_that_are_asked_for_or_grouped_by_are_there(families):
    known = names(families)
    for expression in expressions():
        asked = ASKED.findall(expression)
        if {name for name, _ in asked} & FILLED_LATER:
            continue
        there = OWN.union(*(known[name] for name, _ in asked))
        wanted = {label for _, braces in asked for label in re.findall(r"(\w+)[=!]", braces)}
        for labels in GROUPED.findall(expression):
            wanted |= {label.strip() for label in labels.split(",")}
        assert wanted <= there, expression


def test_values_that_are_asked_for_can_be_there(families):
    """A slip in a value would make a rule that never fires."""
    given = {
        (label, value)
        for family in families
        for sample in family.samples
        for label, value in sample.labels.items()
    }
    given |= {("door", each) for each in ("api", "webhooks", "staff", "feed_waiting")}
    given |= {("status", "5xx"), ("job", "booon-console")}
    for expression in expressions():
        for _, braces in ASKED.findall(expression):
            for label, values in re.findall(r'(\w+)[=!]~?"([^"]*)"', braces):
                assert {(label, value) for value in values.split("|")} <= given, expression


def test_each_figure_of_the_rows_is_on_the_dashboard_or_has_a_rule(families):
    text = "\n".join(expressions())
    left_out = {
        *("booon_calls_today", "booon_deliveries_parked", "booon_announcements"),
        "booon_worker_last_beat_timestamp_seconds",
        "booon_console",
    }
    ours = {name for name in names(families) if name.startswith("booon_")}

    assert left_out <= ours
    unused = {name for name in ours - left_out if name not in text}
    assert {name for name in unused if not name.endswith("_sum")} == set()


def test_panels_have_places_of_their_own():
    places = [
        (x, y)
        for panel in dashboard()["panels"]
        for x in range(panel["gridPos"]["x"], panel["gridPos"]["x"] + panel["gridPos"]["w"])
        for y in range(panel["gridPos"]["y"], panel["gridPos"]["y"] + panel["gridPos"]["h"])
    ]

    assert len(places) == len(set(places))
    assert max(x for x, _ in places) < 24
    assert len({panel["id"] for panel in dashboard()["panels"]}) == len(dashboard()["panels"])


def test_each_rule_says_what_is_wrong_and_how_soon_to_look():
    assert len(rules()) > 10
    for rule in rules():
        assert rule["labels"]["severity"] in {"page", "ticket"}
        assert rule["annotations"]["summary"].endswith(".")


@pytest.mark.skipif(not shutil.which("promtool"), reason="Prometheus is not installed")
def test_prometheus_takes_the_rules():
    command = ["promtool", "check", "rules", str(DEPLOY / "prometheus/alerts.yaml")]
    checked = subprocess.run(command, capture_output=True, text=True)

    assert checked.returncode == 0, checked.stdout + checked.stderr
