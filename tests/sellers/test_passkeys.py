"""A passkey answers for its holder, at its address, to its challenge, once; and no copy does."""

import json
from datetime import UTC, datetime, timedelta
from io import StringIO

import pytest
import time_machine
from cryptography.fernet import Fernet
from django.contrib.auth.models import User
from django.core.management import call_command
from django.db import connection

from booon_console import field_keys
from sellers import locks, passkeys, second_factor
from sellers.models import Passkey, SecondFactor
from sellers.passkeys import LastOne, NotHere, Refused, Stale, Taken, WentBack
from tests.authenticator import PRESENT, Device, encoded

pytestmark = pytest.mark.django_db

START = datetime(2026, 11, 23, 10, 0, tzinfo=UTC)
HERE = passkeys.Place("localhost", "http://localhost")
CHALLENGE = b"thirty-two bytes of a challenge."
OTHER_CHALLENGE = b"thirty-two bytes of another one."
SAID = encoded(CHALLENGE)


def at(**parts):
    return time_machine.travel(START + timedelta(**parts), tick=False)


def made(device, name="Phone"):
    return passkeys.made(device.make(SAID), CHALLENGE, HERE, name)


def holder(device, name="asha"):
    """The factor of somebody who has this passkey alone."""
    user = User.objects.create_user(name)
    passkeys.set_up(user, made(device))
    return SecondFactor.objects.get(user=user)


def accept(factor, answer, challenge=CHALLENGE, place=HERE):
    return passkeys.accept(factor, answer, challenge, place)


def is_refused(factor, answer, **given):
    with pytest.raises(Refused) as found:
        accept(factor, answer, **given)
    factor.refresh_from_db()
    return type(found.value) is Refused


# Registering --------------------------------------------------------------------------------


def test_passkey_is_kept_with_what_its_answers_are_told_by():
    device = Device(count=7)
    factor = holder(device)

    kept = Passkey.objects.get()
    assert (kept.name, kept.rp_id, kept.transports) == ("Phone", "localhost", "internal,hybrid")
    assert (kept.sign_count, kept.used_at) == (7, None)
    assert kept.credential_id == encoded(device.credential_id)
    assert (factor.has_app, len(factor.spare_hashes)) == (False, 8)


def test_who_has_passkeys_alone_has_an_app_of_no_key(monkeypatch):
    factor = holder(Device())
    looked_at = []
    monkeypatch.setattr(second_factor, "step_of", lambda *given: looked_at.append(given) or 9**9)

    assert not second_factor.accepts(factor, "123456")
    assert looked_at == []


def test_app_that_comes_later_leaves_the_passkeys():
    factor = holder(Device())
    second_factor.replace(factor.user, second_factor.new_key(), 1)

    factor.refresh_from_db()
    assert (factor.has_app, factor.passkeys.count()) == (True, 1)


@pytest.mark.parametrize(
    ("changed", "spoiled"),
    [
        ({"origin": "http://localhost:8000"}, {}),
        ({"origin": "https://evil.test"}, {}),
        ({"rp_id": "evil.test"}, {}),
        ({"flags": 0}, {}),
        ({}, {"attestationObject": "oWNmbXRkbm9uZQ"}),
        ({}, {"attestationObject": "%%%"}),
        ({}, {"clientDataJSON": encoded(b"[" * 5_000)}),
        ({}, {"attestationObject": encoded(b"\x81" * 5_000)}),
    ],
)
def test_what_is_made_elsewhere_or_is_no_answer_is_refused(changed, spoiled):
    with pytest.raises(Refused):
        passkeys.made(Device(**changed).make(SAID, **spoiled), CHALLENGE, HERE, "Phone")


@pytest.mark.parametrize("answer", ["", "{}", "[]", "null", "[" * 19_000, '"x"', "\x00"])
def test_what_is_no_object_of_a_browser_is_refused(answer):
    with pytest.raises(Refused):
        passkeys.made(answer, CHALLENGE, HERE, "Phone")
    assert is_refused(holder(Device()), answer)


@pytest.mark.parametrize(("longer", "is_read"), [(0, True), (1, False)])
def test_answer_of_more_than_20000_characters_is_not_read(longer, is_read):
    device = Device()
    factor = holder(device)
    answer = device.use(SAID)
    answer += " " * (20_000 + longer - len(answer))
    if is_read:
        assert accept(factor, answer).name == "Phone"
    else:
        assert is_refused(factor, answer)


def test_answer_to_another_challenge_registers_nothing():
    with pytest.raises(Refused):
        passkeys.made(Device().make(encoded(OTHER_CHALLENGE)), CHALLENGE, HERE, "Phone")


def test_answer_of_a_log_in_registers_nothing():
    with pytest.raises(Refused):
        passkeys.made(Device().use(SAID), CHALLENGE, HERE, "Phone")


def test_passkey_of_somebody_is_nobody_elses():
    device = Device()
    factor, vik = holder(device), User.objects.create_user("vik")
    with pytest.raises(Taken):
        passkeys.add(factor, made(device))
    with pytest.raises(Taken):
        passkeys.set_up(vik, made(device))

    assert Passkey.objects.count() == 1
    assert not SecondFactor.objects.filter(user=vik).exists()


def test_passkey_that_is_registered_twice_at_once_is_one_persons(monkeypatch):
    device = Device()
    factor, vik = holder(device), User.objects.create_user("vik")
    # Both looked before the other one wrote.
    monkeypatch.setattr(passkeys, "is_known", lambda passkey: False)
    with pytest.raises(Taken):
        passkeys.add(factor, made(device))
    with pytest.raises(second_factor.AlreadySet):
        passkeys.set_up(vik, made(device))

    assert not SecondFactor.objects.filter(user=vik).exists()


def test_nobody_sets_up_a_second_factor_beside_the_one_that_there_is():
    factor = holder(Device())
    with pytest.raises(second_factor.AlreadySet):
        passkeys.set_up(factor.user, made(Device()))

    assert Passkey.objects.count() == 1


def test_there_are_ten_at_most():
    factor = holder(Device())
    for _ in range(9):
        passkeys.add(factor, made(Device()))
    with pytest.raises(Taken):
        passkeys.add(factor, made(Device()))

    assert factor.passkeys.count() == 10


# Using --------------------------------------------------------------------------------------


@pytest.mark.parametrize("flags", [PRESENT, 0x05])
def test_passkey_is_accepted_and_when_is_written_down(flags):
    device = Device(flags=flags)
    factor = holder(device)
    SecondFactor.objects.update(wrong=4, wrong_at=START)
    with at(minutes=1):
        assert accept(factor, device.use(SAID)).name == "Phone"

    kept = Passkey.objects.get()
    assert (kept.sign_count, kept.used_at) == (1, START + timedelta(minutes=1))
    assert SecondFactor.objects.get().wrong == 0


@pytest.mark.parametrize(
    "changed",
    [
        {"origin": "http://localhost:8000"},
        {"origin": "https://localhost"},
        {"origin": "https://evil.test"},
        {"rp_id": "evil.test"},
        {"flags": 0},
        {"key": Device().key},
        {"credential_id": b"of nobody"},
    ],
    ids=lambda changed: next(iter(changed)),
)
def test_answer_of_elsewhere_or_of_another_device_is_refused_and_counted(changed):
    device = Device()
    factor = holder(device)
    for name, value in changed.items():
        setattr(device, name, value)

    assert is_refused(factor, device.use(SAID))
    assert (factor.wrong, Passkey.objects.get().used_at) == (1, None)


@pytest.mark.parametrize("part", ["clientDataJSON", "authenticatorData", "signature"])
@pytest.mark.parametrize("spoiled", ["", "AAAA", "%", None, 7])
def test_forged_answer_is_refused(part, spoiled):
    device = Device()

    assert is_refused(holder(device), device.use(SAID, **{part: spoiled}))


def test_answer_to_another_challenge_is_refused():
    """So is one that was overheard: each log-in has a challenge of its own."""
    device = Device()
    factor = holder(device)
    overheard = device.use(SAID)
    accept(factor, overheard)

    assert is_refused(factor, overheard, challenge=OTHER_CHALLENGE)


def test_answer_of_a_registration_is_none_of_a_log_in():
    device = Device()

    assert is_refused(holder(device), device.make(SAID))


def test_passkey_of_another_person_is_refused():
    mine, other = Device(), Device()
    asha, vik = holder(mine), holder(other, "vik")

    assert is_refused(asha, other.use(SAID))
    assert accept(vik, other.use(SAID)).factor == vik


def test_passkey_of_another_address_is_refused():
    device = Device()
    factor = holder(device)
    Passkey.objects.update(rp_id="console.test")

    assert is_refused(factor, device.use(SAID))


def test_removed_passkey_is_refused():
    device = Device()
    factor = holder(device)
    passkeys.add(factor, made(Device()))
    passkeys.remove(factor, Passkey.objects.earliest("pk").pk)

    assert is_refused(factor, device.use(SAID))


# How often it was used -------------------------------------------------------------------------


@pytest.mark.parametrize(("count", "is_copy"), [(4, True), (5, True), (6, False), (0, True)])
def test_count_that_does_not_go_on_is_that_of_a_copy(count, is_copy):
    device = Device(count=5)
    factor = holder(device)
    device.counts, device.count = False, count
    if is_copy:
        with pytest.raises(WentBack) as found:
            accept(factor, device.use(SAID))
        assert found.value.passkey.name == "Phone"
    else:
        accept(factor, device.use(SAID))

    assert Passkey.objects.get().sign_count == (5 if is_copy else count)
    assert SecondFactor.objects.get().wrong == (1 if is_copy else 0)


def test_device_that_counts_nothing_is_accepted_again():
    device = Device(counts=False)
    factor = holder(device)
    for _ in range(2):
        accept(factor, device.use(SAID))

    assert Passkey.objects.get().sign_count == 0


def test_count_that_somebody_else_made_up_says_nothing_of_a_copy():
    """The signature is wrong: it is an answer of nobody's."""
    device = Device(count=5)
    factor = holder(device)
    device.counts, device.count, device.key = False, 1, Device().key

    assert is_refused(factor, device.use(SAID))


# Limits -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(("wrong", "is_open"), [(4, True), (5, False)])
def test_wrong_answers_and_wrong_codes_lock_together(wrong, is_open):
    device = Device()
    factor = holder(device)
    with at():
        for _ in range(wrong - 2):
            assert is_refused(factor, "{}")
        for _ in range(2):
            assert not second_factor.accepts(factor, "abcdef")
        if is_open:
            assert accept(factor, device.use(SAID)).name == "Phone"
        else:
            assert is_refused(factor, device.use(SAID))


def test_nothing_is_read_before_it_is_counted(monkeypatch):
    device = Device()
    factor = holder(device)
    answer, seen = device.use(SAID), []
    real = passkeys.parse_authentication_credential_json

    def parse(given):
        seen.append(SecondFactor.objects.get().wrong)
        return real(given)

    monkeypatch.setattr(passkeys, "parse_authentication_credential_json", parse)
    accept(factor, answer)
    SecondFactor.objects.update(wrong=locks.LIMIT, wrong_at=datetime.now(UTC))
    assert is_refused(factor, answer)

    assert seen == [1]


# Removing -----------------------------------------------------------------------------------------


def test_last_one_stays_where_there_is_no_app():
    factor = holder(Device())
    with pytest.raises(LastOne):
        passkeys.remove(factor, Passkey.objects.get().pk)
    second_factor.replace(factor.user, second_factor.new_key(), 1)
    gone = passkeys.remove(factor, Passkey.objects.get().pk)

    assert (gone.name, Passkey.objects.exists()) == ("Phone", False)


def test_nobody_removes_another_ones():
    asha, vik = holder(Device()), holder(Device(), "vik")
    passkeys.add(vik, made(Device()))

    assert passkeys.remove(asha, vik.passkeys.earliest("pk").pk) is None
    assert vik.passkeys.count() == 2


def test_all_go_with_the_factor():
    holder(Device()).delete()

    assert not Passkey.objects.exists()


# Challenges ------------------------------------------------------------------------------------


def test_challenge_is_good_once(client):
    session = client.session
    challenge = passkeys.new_challenge(session, passkeys.USE)

    assert passkeys.take_challenge(session, passkeys.USE) == challenge
    with pytest.raises(Stale):
        passkeys.take_challenge(session, passkeys.USE)


def test_challenge_of_one_thing_is_none_of_another_and_gone(client):
    session = client.session
    passkeys.new_challenge(session, passkeys.MAKE)
    for purpose in (passkeys.USE, passkeys.MAKE):
        with pytest.raises(Stale):
            passkeys.take_challenge(session, purpose)


@pytest.mark.parametrize(("seconds", "is_good"), [(299, True), (300, False)])
def test_challenge_lasts_five_minutes(client, seconds, is_good):
    session = client.session
    with at():
        passkeys.new_challenge(session, passkeys.USE)
    with at(seconds=seconds):
        if is_good:
            assert len(passkeys.take_challenge(session, passkeys.USE)) == 64
        else:
            with pytest.raises(Stale):
                passkeys.take_challenge(session, passkeys.USE)


def test_newer_challenge_takes_the_place_of_the_older(client):
    session = client.session
    older, newer = (passkeys.new_challenge(session, passkeys.USE) for _ in range(2))

    assert older != newer
    assert passkeys.take_challenge(session, passkeys.USE) == newer


# Addresses -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("host", "is_secure", "rp_id", "origin"),
    [
        ("localhost:8000", False, "localhost", "http://localhost:8000"),
        ("localhost:80", False, "localhost", "http://localhost"),
        ("localhost:443", False, "localhost", "http://localhost:443"),
        ("localhost:99999", False, "localhost", "http://localhost:99999"),
        ("demo.localhost", False, "demo.localhost", "http://demo.localhost"),
        ("Console.Test", True, "console.test", "https://console.test"),
        ("console.test:443", True, "console.test", "https://console.test"),
        ("console.test:8443", True, "console.test", "https://console.test:8443"),
    ],
)
def test_address_with_a_name_and_https_or_localhost_has_passkeys(
    rf, settings, host, is_secure, rp_id, origin
):
    settings.ALLOWED_HOSTS = ["*"]
    place = passkeys.place_of(rf.get("/", headers={"Host": host}, secure=is_secure))

    assert (place.rp_id, place.origin) == (rp_id, origin)


@pytest.mark.parametrize(
    ("host", "is_secure", "why"),
    [
        ("127.0.0.1:8000", False, "this one is a number"),
        ("10.0.0.7", True, "this one is a number"),
        ("[::1]:8000", True, "this one is a number"),
        ("console.test", False, "needs https"),
        ("notlocalhost", False, "needs https"),
    ],
)
def test_number_or_plain_http_has_none_and_says_why(rf, settings, host, is_secure, why):
    settings.ALLOWED_HOSTS = ["*"]
    with pytest.raises(NotHere, match=why):
        passkeys.place_of(rf.get("/", headers={"Host": host}, secure=is_secure))


# What is asked -----------------------------------------------------------------------------------


def test_device_is_asked_for_no_attestation_and_to_know_its_holder_where_it_can():
    factor = holder(Device())
    asked = passkeys.to_make(factor.user, HERE, CHALLENGE)

    assert asked["rp"] == {"name": "Booon console", "id": "localhost"}
    assert (asked["attestation"], asked["timeout"]) == ("none", 300_000)
    assert asked["authenticatorSelection"]["userVerification"] == "preferred"
    assert asked["challenge"] == SAID
    [excluded] = asked["excludeCredentials"]
    assert excluded["id"] == Passkey.objects.get().credential_id
    assert excluded["transports"] == ["internal", "hybrid"]


def test_handle_of_a_person_is_their_own_and_says_nothing_of_them():
    asha, vik = (User.objects.create_user(name) for name in ("asha", "vik"))
    first, again, other = (
        passkeys.to_make(user, HERE, CHALLENGE)["user"]["id"] for user in (asha, asha, vik)
    )

    assert first == again != other
    assert len(first) == 43


def test_only_those_of_this_person_and_address_are_asked_for():
    factor, _ = holder(Device()), holder(Device(), "vik")
    passkeys.add(factor, made(Device()))
    Passkey.objects.filter(pk=factor.passkeys.latest("pk").pk).update(rp_id="console.test")
    asked = passkeys.to_use(passkeys.usable(factor, HERE), HERE, CHALLENGE)

    [only] = asked["allowCredentials"]
    assert only["id"] == factor.passkeys.earliest("pk").credential_id
    assert (asked["rpId"], asked["userVerification"]) == ("localhost", "preferred")


# What is kept ---------------------------------------------------------------------------------


def test_public_key_is_encrypted_and_in_no_dump():
    device = Device()
    holder(device)
    x = device.key.public_key().public_numbers().x.to_bytes(32, "big")
    dumped = StringIO()
    call_command("dumpdata", "sellers.passkey", stdout=dumped)
    with connection.cursor() as cursor:
        cursor.execute("SELECT public_key FROM sellers_passkey")
        (kept,) = cursor.fetchone()

    [row] = json.loads(dumped.getvalue())
    assert (row["fields"]["name"], row["fields"]["public_key"]) == ("Phone", "")
    assert encoded(x) not in kept and kept.startswith("gAAAA")


def test_passkey_that_no_key_opens_is_refused(settings):
    device = Device()
    factor = holder(device)
    settings.FIELD_KEYS = [Fernet.generate_key().decode()]
    factor.refresh_from_db()

    assert is_refused(factor, device.use(SAID))
    assert Passkey in {column.model for column in field_keys.unreadable_columns()}
