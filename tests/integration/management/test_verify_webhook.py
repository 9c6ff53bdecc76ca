"""What a receiver's developer is told: which check fails, and what their receiver lets through."""

import base64
import hmac
import io
import json
from datetime import UTC, datetime, timedelta

import pytest
from django.core.management import CommandError, call_command

from integration.feed import signing
from tests.receiver import OLD_SECRET, SECRET

DATA = {"cursor": "7", "data": {"sku": "Kurtā"}}
MESSAGE = signing.message("change_7", "stock.updated", "2026-11-24T10:00:00Z", DATA)


def signed_now():
    return MESSAGE.headers(datetime.now(UTC))


@pytest.fixture(autouse=True)
def secrets(settings):
    settings.BOOON_WEBHOOK_SECRET, settings.BOOON_WEBHOOK_SECRET_OLD = SECRET, ""


@pytest.fixture
def verify(tmp_path, capsys):
    def verify(body=MESSAGE.body, headers=None):
        """The lines that it printed, and its exit code."""
        file = tmp_path / "body.json"
        file.write_bytes(body)
        given = signed_now() if headers is None else headers
        options = [f"--header={name}: {value}" for name, value in given.items()]
        return told(capsys, str(file), *options)

    return verify


def told(capsys, *options):
    code = 0
    try:
        call_command("verify_webhook", *options)
    except SystemExit as end:
        code = end.code
    return capsys.readouterr().out.splitlines(), code


def failures(lines):
    return [line.removeprefix("FAILED  ") for line in lines if line.startswith("FAILED")]


def test_a_genuine_webhook_passes_every_check(verify):
    lines, code = verify()

    assert code == 0
    assert [line[:8] for line in lines] == ["ok      "] * 4
    assert lines[0] == "ok      headers: All there."
    assert lines[2] == "ok      signature: Made with BOOON_WEBHOOK_SECRET."
    assert lines[3] == f"ok      body: stock.updated, {len(MESSAGE.body)} bytes."


def test_during_a_rotation_it_says_which_secret_was_used(verify, settings):
    settings.BOOON_WEBHOOK_SECRET, settings.BOOON_WEBHOOK_SECRET_OLD = OLD_SECRET, ""
    signed_before = signed_now()
    settings.BOOON_WEBHOOK_SECRET, settings.BOOON_WEBHOOK_SECRET_OLD = SECRET, OLD_SECRET

    lines, code = verify(headers=signed_before)

    assert code == 0
    assert lines[2] == "ok      signature: Made with BOOON_WEBHOOK_SECRET_OLD."


@pytest.mark.parametrize(
    ("changed", "failed"),
    [
        ({"webhook-id": ""}, ["headers: webhook-id missing.", "signature: It fits no secret"]),
        ({"webhook-id": "change_8"}, ["signature: It fits no secret"]),
        ({"webhook-timestamp": "soon"}, ["time: webhook-timestamp must", "signature: Not checked"]),
        ({"webhook-signature": "v2,abc"}, ["signature: None of version v1."]),
        ({"webhook-signature": "v1,abc"}, ["signature: It fits no secret"]),
    ],
)
def test_each_header_that_is_wrong_is_named(verify, changed, failed):
    lines, code = verify(headers=signed_now() | changed)

    assert code == 1
    found = failures(lines)
    assert len(found) == len(failed)
    assert all(line.startswith(start) for line, start in zip(found, failed, strict=True))


@pytest.mark.parametrize(("seconds", "word"), [(-3600, "3,600 s ago"), (3600, "s ahead")])
def test_an_old_webhook_fails_by_its_time_alone(verify, seconds, word):
    lines, code = verify(headers=MESSAGE.headers(datetime.now(UTC) + timedelta(seconds=seconds)))

    assert code == 1
    (line,) = failures(lines)
    assert line.startswith("time: ")
    assert word in line or seconds < 0


@pytest.mark.parametrize(
    "body",
    [
        MESSAGE.body + b"\n",
        json.dumps(json.loads(MESSAGE.body), indent=2).encode(),
        json.dumps(json.loads(MESSAGE.body), ensure_ascii=False).encode(),
    ],
)
def test_a_body_that_was_parsed_and_written_anew_is_found_out(verify, body):
    lines, code = verify(body)

    assert code == 1
    assert failures(lines) == [
        "signature: It fits this JSON in other bytes: check the body before anybody parses it."
    ]


@pytest.mark.parametrize("body", [b"", b"\xff\xfe", b"[" * 100_000, b"[1]", b'{"type": "t"}'])
def test_any_body_is_judged(verify, body):
    lines, code = verify(body)

    assert code == 1
    assert [line.partition(":")[0] for line in failures(lines)] == ["signature", "body"]


def test_without_a_secret_it_says_what_to_set(verify, settings):
    signed = signed_now()
    settings.BOOON_WEBHOOK_SECRET = ""

    lines, _ = verify(headers=signed)

    assert failures(lines) == [
        "signature: Not checked: set BOOON_WEBHOOK_SECRET in the environment."
    ]


def test_the_body_may_come_by_stdin(capsys, monkeypatch):
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(MESSAGE.body)))

    headers = [f"-H {name}: {value}" for name, value in signed_now().items()]
    lines, code = told(capsys, "-", *headers)

    assert code == 0
    assert lines[3].startswith("ok      body: stock.updated")


@pytest.mark.parametrize("options", [[], ["--send", "https://booon.example/", "body.json"]])
def test_it_wants_a_body_or_a_receiver(tmp_path, monkeypatch, options):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "body.json").write_bytes(MESSAGE.body)

    with pytest.raises(CommandError, match="Give a BODY"):
        call_command("verify_webhook", *options)


# A receiver on trial ----------------------------------------------------------------------------


def test_a_receiver_that_checks_everything_passes(receiver, capsys):
    lines, code = told(capsys, "--send")

    assert (code, failures(lines)) == (0, [])
    assert len(lines) == 8
    assert len(receiver.came) == 2
    assert {each.message.type for each in receiver.came} == {"console.test"}
    assert len(set(receiver.ids())) == 1
    assert len(receiver.refused) == 6


def test_a_receiver_that_takes_everything_is_found_out(receiver, capsys):
    receiver.take = lambda body, headers: 204

    lines, code = told(capsys, "--send", receiver.url)

    assert code == 1
    assert failures(lines) == [
        f"{what} must be refused with 4xx: HTTP 204."
        for what in (
            "another body under its signature",
            "another id under its signature",
            "a signature by a stranger",
            "a signature with the empty secret",
            "one from an hour ago",
            "one without a signature",
        )
    ]


def test_a_receiver_without_a_secret_is_found_out(receiver, capsys):
    """Its check is right, and its key is empty: whoever knows that can tell it anything."""
    honest = receiver.take

    def take(body, headers):
        given = {name.lower(): value for name, value in headers.items()}
        signed = f"{given['webhook-id']}.{given['webhook-timestamp']}.".encode() + body
        own = base64.b64encode(hmac.digest(b"", signed, "sha256")).decode()
        return 204 if given.get("webhook-signature") == f"v1,{own}" else honest(body, headers)

    receiver.take = take

    assert failures(told(capsys, "--send")[0]) == [
        "a signature with the empty secret must be refused with 4xx: HTTP 204."
    ]


def test_a_receiver_that_falls_over_or_refuses_what_is_genuine_fails(receiver, capsys):
    receiver.take = lambda body, headers: 500
    assert len(failures(told(capsys, "--send")[0])) == 8

    receiver.take = lambda body, headers: 400
    assert [line.split(" must")[0] for line in failures(told(capsys, "--send")[0])] == [
        "a genuine webhook",
        "the same again",
    ]


@pytest.mark.parametrize("url", ["http://booon.example/", "", "https://asha:pw@booon.example/"])
def test_nobody_is_tried_at_an_address_where_nobody_would_be_told(url, settings):
    settings.BOOON_WEBHOOK_URL = ""

    with pytest.raises(CommandError, match="must be https"):
        call_command("verify_webhook", "--send", url)


def test_no_secret_is_ever_printed(verify, receiver, capsys):
    printed = str(verify()) + str(told(capsys, "--send"))

    assert "a" * 32 not in printed
