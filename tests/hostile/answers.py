"""`python -m tests.hostile.answers --count 100000 --seed 1`: hostile answers for the classifier.

Each is made of EasyEcom's own, changed; what the classifier says of it has to be what the oracle
allows. Answer n depends on the seed and on n only.
"""

import json
import time
from collections import Counter
from random import Random
from typing import Any

from integration.easyecom import Call, Done, OrderCreated, Outcome, RateLimited, read
from tests.hostile import mutations, oracle
from tests.hostile.report import Counts, tell
from tests.integration.easyecom.test_reading import CALLS

BAD = ("wrong", "raised")
STATUSES = (200, 200, 200, 200, 200, 200, 201, 204, 302, 400, 400, 401, 403, 404, 408, 409, 422)
STATUSES += (425, 429, 499, 500, 502, 503, 504)
CODES = (200, 200, 200, 200, "200", 200.0, True, None, 400, 400, "400", 401, 403, 404, 422, 429)
CODES += (500, "500", 0, -400, 2**70, [200], {})
MESSAGES = (
    *("Successful", "BN-7731 created successfully", "BN-9 created successfully", None, "", "NA"),
    *("bn-7731 created successfully", "BN-77310 created successfully", "X1 created successfully"),
    *("Order created successfully", "Successfully Queued", "No Data Found", "Unable to find it"),
    *("Order Number BN-7731 already exists within the Company. Kindly import with another", 7),
    *("Invalid user credentials provided", "Invalid location key provided", "Wrong", "\x00\ud800"),
    *("product/sku does not exist", "Carrier already exists", "<b>Bearer eyJabcdefgh</b>"),
)
WAITS = ("30", "-1", "1000000000", "soon", "", "Mon, 23 Nov 2026 10:02:00 GMT", "٣", "0", "9" * 99)
# The samples that answer each call.
FITTING = {
    "log_in": ("token_issued", "token_wrong_password"),
    "get_locations": ("locations",),
    "add_carrier": ("carrier_registered",),
    "get_products": ("products", "products_none"),
    "create_order": ("order_created", "order_created_in_a_list", "order_duplicate", "order_queued"),
    "find_order": ("order_found",),
    "get_queue_status": ("queue_finished",),
    "assign_awb": ("awb_assigned",),
    "get_inventory": ("stock_levels",),
}
IDS = ("733000333", 733000333, 0, "0", "", None, "NA", True, 1.5, {}, [], "x" * 40, -3, " 7 ")
FIELDS = ("OrderID", "InvoiceID", "SuborderID", "queueId", "companyCarrierId", "status_id")


def answer_of(seed: int, number: int) -> tuple[Call, int, dict[str, str], bytes]:
    """A call, and the status, headers and body that come back."""
    random = Random(f"{seed}:{number}:answer")
    headers = {"Retry-After": random.choice(WAITS)} if random.random() < 0.3 else {}
    call = random.choice(CALLS)
    return call, random.choice(STATUSES), headers, body_of(random, call)


def body_of(random: Random, call: Call) -> bytes:
    """Made of an answer to such a call, mostly; else of any body of EasyEcom's."""
    own, others = FITTING[call.kind.value], list(mutations.SAMPLES)
    sample = mutations.SAMPLES[random.choice(own if random.random() < 0.7 else others)]
    kind = random.random()
    if kind < 0.25:
        return random.choice(mutations.MUTATIONS)(random, sample)
    if kind < 0.3:
        return sample
    told = json.loads(sample)
    return json.dumps(framed(random, told if isinstance(told, dict) else {"data": told})).encode()


def framed(random: Random, told: dict[str, Any]) -> dict[str, Any]:
    """One or more of code, message and data exchanged for something that was, or could be, seen."""
    if random.random() < 0.6:
        told = told | {"code": random.choice(CODES)}
    if random.random() < 0.5:
        told = told | {random.choice(("message", "message", "error")): random.choice(MESSAGES)}
    if random.random() < 0.5:
        told = told | {"data": data_of(random, told.get("data"))}
    if random.random() < 0.1:
        told.pop(random.choice(("code", "message", "data")), None)
    return told


def data_of(random: Random, data: Any) -> Any:
    kind = random.random()
    if kind < 0.4:
        found = {field: random.choice(IDS) for field in random.sample(FIELDS, 3)}
        if random.random() < 0.2:
            found["Status"] = random.choice((200, "200", 400, None))
        return random.choice((found, [found], [found, found]))
    if kind < 0.6:
        return random.choice(mutations.VALUES)
    return mutations.reshaped(random, data)


def objection(call: Call, status: int, headers: dict[str, str], body: bytes) -> str:
    """What is wrong with the classifier's word on an answer; "" where nothing is."""
    outcome = read(call, status, headers, body)
    answer = oracle.Answer(call.kind.value, call.about, status, body)
    allowed = oracle.verdict(answer)
    if type(outcome).__name__ not in allowed:
        return f"{type(outcome).__name__}, and not {' or '.join(sorted(allowed))}"
    return objection_to_details(outcome, answer)


def objection_to_details(outcome: Outcome, answer: oracle.Answer) -> str:
    if isinstance(outcome, RateLimited) and not 1 <= (outcome.retry_after or 1) <= 900:
        return "an absurd wait"
    if isinstance(outcome, Done) and isinstance(outcome.reply, OrderCreated):
        ids = outcome.reply.order_id, outcome.reply.invoice_id
        return "" if ids == oracle.ids_of(answer)[:2] else "other ids than the answer's"
    return ""


def run(count: int, seed: int) -> Counts:
    """Read this many answers."""
    began = time.monotonic()
    classes: Counter[str] = Counter()
    counts = dict.fromkeys(BAD, 0)
    failures: dict[int, str] = {}
    for number in range(count):
        call, status, headers, body = answer_of(seed, number)
        try:
            problem = objection(call, status, headers, body)
            classes[type(read(call, status, headers, body)).__name__] += 1
        except Exception as fault:
            counts["raised"] += 1
            problem = type(fault).__name__
        else:
            counts["wrong"] += bool(problem)
        if problem and len(failures) < 20:
            failures[number] = problem
    return {
        "seed": seed,
        "answers": count,
        "classes": dict(classes.most_common()),
        **counts,
        "failures": failures,
        "seconds": round(time.monotonic() - began, 1),
    }


if __name__ == "__main__":
    tell(run, bad=BAD, count=100_000)
