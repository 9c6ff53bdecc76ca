"""Every operation of the API's description, with what fits it and what does not.

Nothing is a 5xx, NUL included, and every answer is one that the description has.
"""

import pytest
import schemathesis
from django.core.signals import request_finished, request_started
from django.db import close_old_connections
from hypothesis import HealthCheck, settings
from schemathesis.checks import not_a_server_error
from schemathesis.config import GenerationConfig, ProjectConfig, ProjectsConfig, SchemathesisConfig
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
    unsupported_method,
)

from booon_console.wsgi import application
from tests.examples import examples
from tests.integration.api.conftest import BODY, KEY, ORDER_URL, SHIPMENT
from tests.integration.api.conftest import api as api
from tests.integration.api.conftest import key as key
from tests.integration.api.conftest import location as location
from tests.integration.api.conftest import woken as woken
from tests.kept_schema import KEPT

pytestmark = pytest.mark.slow

EXAMPLES = examples(15)
CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
    unsupported_method,
]
GENERATION = GenerationConfig(deterministic=True, allow_x00=True, max_examples=EXAMPLES)
CONFIG = SchemathesisConfig(
    projects=ProjectsConfig(default=ProjectConfig(generation=GENERATION)),
)
# What is there, in the place of what is invented, wherever that begins with one of these.
KNOWN = {"seller": "acme", "order_number": "BN-1001", "sku": "mob000"}
LATE_LETTERS = "ghijklmnopqrstuvwxyzGHIJKLMNOPQRSTUVWXYZ01234"


schema = schemathesis.openapi.from_path(KEPT, config=CONFIG)
schema.app = application


@pytest.fixture
def one_connection():
    """As Django's own client does: a request's end is not the end of the test's transaction."""
    for signal in (request_started, request_finished):
        signal.disconnect(close_old_connections)
    yield
    for signal in (request_started, request_finished):
        signal.connect(close_old_connections)


@pytest.fixture
def order(api, location):
    """With shipment details: what there is for some calls to be about."""
    assert api.put_json(ORDER_URL, BODY).status_code == 201
    assert api.put_json(ORDER_URL + "shipment/", SHIPMENT).status_code == 200


@pytest.mark.usefixtures("order", "one_connection")
@pytest.mark.django_db
@schema.parametrize()
@settings(
    max_examples=EXAMPLES,
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=list(HealthCheck),
)
def test_operation_answers_as_described_whatever_comes(case):
    for name, value in KNOWN.items():
        if str((case.path_parameters or {}).get(name, ""))[:1] in LATE_LETTERS:
            case.path_parameters[name] = value
    case.call_and_validate(headers={"Authorization": f"Bearer {KEY}"}, checks=CHECKS)
