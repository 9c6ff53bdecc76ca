"""One stand-in EasyEcom for the tests of a single call, and the engine to drive."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
import responses
from django.conf import settings

from integration.models import SyncJob
from integration.sync import engine, gateway

API = settings.EASYECOM_BASE_URL

CREATED = {
    "code": 200,
    "message": "BN-1 created successfully",
    "data": {"Status": 200, "SuborderID": "71", "OrderID": "81", "InvoiceID": "91", "Message": ""},
}
REFUSED = {"code": 400, "message": "product/sku does not exist", "data": []}
NOT_FOUND = {"code": 400, "message": "No data found", "data": []}


@pytest.fixture
def easyecom() -> Iterator[responses.RequestsMock]:
    """Answers in place of EasyEcom; a call that no test expects fails it."""
    gateway.session_of.cache_clear()
    with responses.RequestsMock(assert_all_requests_are_fired=False) as mock:
        yield mock
    gateway.session_of.cache_clear()


def run(job: SyncJob, seconds: float = 10) -> SyncJob:
    """Carry one job until it rests, as a drain does: `seconds` are for a machine that is busy."""
    engine.drain(seconds, only=[job.pk])
    job.refresh_from_db()
    return job


def bodies(easyecom: responses.RequestsMock, path: str) -> list[dict[str, Any]]:
    """What was sent to a path, in order."""
    sent = [call.request for call in easyecom.calls if path in str(call.request.url)]
    return [json.loads(request.body or b"{}") for request in sent]
