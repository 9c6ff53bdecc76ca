"""What the gateway sends with a call, and when EasyEcom listens again after it refused."""

from datetime import timedelta
from typing import get_args

import pytest
from django.utils import timezone

from integration.easyecom import (
    AlreadyExists,
    AuthRefused,
    NotSent,
    Outcome,
    OutcomeUnknown,
    RateLimited,
    Rejected,
)
from integration.sync import gateway, rate_limit
from sellers.models import Location
from tests.factories import make_location, make_order
from tests.integration.conftest import run
from tests.integration.sync.test_log_ins import CREATE, CREATED, LOG_IN, TOKEN, tokenless

pytestmark = pytest.mark.django_db

# Seconds until EasyEcom listens again: with a good token, without one, and where the next log-in
# is 40 s away. The account's own pause ends in 30 s.
LISTENS = [
    (AuthRefused(401, renewable=True), (0, 0, 40)),
    (AuthRefused(403), (900, 900, 900)),
    (AuthRefused(401), (0, 0, 40)),
    (RateLimited(cool_down=True), (0, 0, 40)),
    (RateLimited(), (30, 30, 30)),
    (NotSent("refused"), (None, None, None)),
    (Rejected(), (None, None, None)),
    (AlreadyExists(), (None, None, None)),
    (OutcomeUnknown("time-out"), (None, None, None)),
]


def test_every_refusal_is_judged_when_easyecom_listens_again():
    judged = {type(outcome).__name__ for outcome, _ in LISTENS}

    assert judged == {each.__name__ for each in get_args(Outcome)} - {"Done"}


@pytest.mark.parametrize("place", range(3), ids=["good token", "no token", "log-in in 40 s"])
@pytest.mark.parametrize(("outcome", "seconds"), LISTENS, ids=lambda each: str(each)[:40])
def test_job_waits_until_easyecom_listens_again(outcome, seconds, place):
    now = timezone.now()
    location = make_location() if place == 0 else tokenless()
    next_login_at = now + timedelta(seconds=40) if place == 2 else None
    Location.objects.update(next_login_at=next_login_at)
    job = make_order(location).sync_job
    rate_limit.take(location.seller, 1, now)
    rate_limit.pause(location.seller_id, 30.0, now)

    found = gateway.listens_at(job, outcome, now)

    expected = seconds[place]
    assert found == (None if expected is None else now + timedelta(seconds=expected))


def test_api_key_of_the_seller_goes_with_every_call(easyecom):
    location = tokenless()
    location.seller.x_api_key = "key-canary"
    location.seller.save()
    easyecom.post(LOG_IN, json=TOKEN)
    easyecom.post(CREATE, json=CREATED)

    run(make_order(location).sync_job)

    assert [call.request.headers["x-api-key"] for call in easyecom.calls] == ["key-canary"] * 2
