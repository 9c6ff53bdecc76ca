"""What is shown twice at the same time opens once, and a burst of guesses is counted whole."""

from concurrent.futures import ThreadPoolExecutor

from django.contrib.auth.models import User
from django.db import connections
from django.utils import timezone
from django_otp.oath import TOTP

from sellers import locks, passkeys, second_factor
from sellers.models import Passkey, SecondFactor
from tests import races
from tests.authenticator import Device, encoded

pytestmark = races.marks


def confirmed():
    user = User.objects.create_user("asha")
    spare = second_factor.set_up(user, second_factor.new_key(), 0)
    return SecondFactor.objects.get(), spare


def test_spare_code_that_is_shown_twice_at_once_opens_once():
    factor, spare = confirmed()
    again = SecondFactor.objects.get()

    found = races.meet(
        lambda: second_factor.accepts(factor, spare[0]),
        lambda: second_factor.accepts(again, spare[0]),
    )

    assert found == (True, False)


def test_two_spare_codes_that_are_shown_at_once_are_both_spent():
    factor, (one, other, *_) = confirmed()
    again = SecondFactor.objects.get()

    found = races.meet(
        lambda: second_factor.accepts(factor, one), lambda: second_factor.accepts(again, other)
    )

    assert found == (True, True)
    factor.refresh_from_db()
    assert len(factor.spare_hashes) == len(second_factor.SPARE_SLOTS) - 2


def test_code_of_the_app_that_is_shown_twice_at_once_opens_once():
    factor, _ = confirmed()
    again = SecondFactor.objects.get()
    totp = TOTP(second_factor.b32decode(second_factor.reveal(factor.key)))
    totp.time = timezone.now().timestamp()
    code = f"{totp.token():06}"

    found = races.meet(
        lambda: second_factor.accepts(factor, code), lambda: second_factor.accepts(again, code)
    )

    assert found == (True, False)


HERE = passkeys.Place("localhost", "http://localhost")
CHALLENGE = b"thirty-two bytes of a challenge."


def registered(device, name):
    return passkeys.made(device.make(encoded(CHALLENGE)), CHALLENGE, HERE, name)


def test_answer_of_a_passkey_that_is_shown_twice_at_once_opens_once():
    device = Device()
    passkeys.set_up(User.objects.create_user("asha"), registered(device, "Phone"))
    factor, again, answer = (
        SecondFactor.objects.get(),
        SecondFactor.objects.get(),
        device.use(encoded(CHALLENGE)),
    )

    passed, refused = races.meet(
        lambda: passkeys.accept(factor, answer, CHALLENGE, HERE),
        lambda: passkeys.accept(again, answer, CHALLENGE, HERE),
    )

    assert passed.name == "Phone"
    assert isinstance(refused, passkeys.WentBack)


def test_of_two_passkeys_that_are_removed_at_once_one_stays():
    passkeys.set_up(User.objects.create_user("asha"), registered(Device(), "Phone"))
    factor = SecondFactor.objects.get()
    passkeys.add(factor, registered(Device(), "Key"))
    phone, key = Passkey.objects.order_by("pk")

    gone, kept = races.meet(
        lambda: passkeys.remove(factor, phone.pk), lambda: passkeys.remove(factor, key.pk)
    )

    assert gone.name == "Phone"
    assert isinstance(kept, passkeys.LastOne)
    assert Passkey.objects.get().name == "Key"


# A burst, as an attacker sends it -----------------------------------------------------------------

BURST = 16


def at_once(guess):
    """What so many guesses came to, each on a connection of its own."""

    def one(number):
        try:
            return guess(number)
        finally:
            connections.close_all()

    with ThreadPoolExecutor(BURST) as pool:
        return list(pool.map(one, range(BURST)))


def test_of_sixteen_codes_at_once_five_are_compared(monkeypatch):
    factor, _ = confirmed()
    compared = []
    monkeypatch.setattr(second_factor, "is_fresh", lambda *given: compared.append(given) and False)
    monkeypatch.setattr(second_factor, "spend", lambda *_: False)

    opened = at_once(lambda n: second_factor.accepts(SecondFactor.objects.get(), f"{n:06}"))

    assert (len(compared), any(opened)) == (locks.LIMIT, False)
    assert SecondFactor.objects.get().wrong == locks.LIMIT


def test_of_sixteen_answers_at_once_five_are_read(monkeypatch):
    confirmed()
    read = []

    def parse(given):
        read.append(given)
        raise ValueError

    monkeypatch.setattr(passkeys, "parse_authentication_credential_json", parse)

    def guess(number):
        try:
            return passkeys.accept(SecondFactor.objects.get(), "{}", CHALLENGE, HERE)
        except passkeys.Refused:
            return None

    opened = at_once(guess)

    assert (len(read), any(opened)) == (locks.LIMIT, False)


def test_of_sixteen_passwords_at_once_five_are_compared(rf, monkeypatch):
    User.objects.create_user("asha", password="right", is_staff=True)
    compared = []
    monkeypatch.setattr(User, "check_password", lambda *given: compared.append(given) and False)

    def guess(number):
        given = {"username": "asha", "password": f"guess-{number}"}
        form = locks.CountedLogInForm(rf.post("/admin/login/"), given)
        try:
            return form.is_valid()
        except locks.Locked:
            return "locked"

    told = at_once(guess)

    assert len(compared) == locks.LIMIT
    assert set(told) <= {False, "locked"} and told.count("locked") >= BURST - locks.LIMIT
