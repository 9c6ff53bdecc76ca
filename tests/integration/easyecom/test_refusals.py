"""Refusals that carry their reason: Create Order's lines, and a queue that failed."""

import json

import pytest

from integration import easyecom
from integration.easyecom import (
    AlreadyExists,
    Done,
    LineProblem,
    Outcome,
    OutcomeUnknown,
    QueueStatus,
    Rejected,
    read,
)
from tests.integration.easyecom.bodies import body, told
from tests.integration.easyecom.test_calls import new_order

ORDER = easyecom.create_order(new_order())
AWB = easyecom.assign_awb("733000333", "Delhivery", "5512", "7301")
QUEUE = easyecom.get_queue_status(9012)
TOP = "Error creating order"


def line(sku: str, message: object, line_id: object = "") -> dict[str, object]:
    return {"OrderItemId": line_id, "Sku": sku, "Quantity": 1, "Price": 10.5, "Message": message}


def refused(*lines: object, message: object = TOP) -> Outcome:
    return read(ORDER, 200, {}, told(code=400, message=message, data=list(lines)))


def failed(**data: object) -> QueueStatus:
    answer = told(code=200, message="Successful", data={"status_id": "4", **data})
    outcome = read(QUEUE, 200, {}, answer)
    assert isinstance(outcome, Done)
    assert isinstance(outcome.reply, QueueStatus)
    return outcome.reply


def test_a_refusal_names_its_lines_and_what_is_wrong_with_each() -> None:
    assert read(ORDER, 200, {}, body("order_refused_lines")) == Rejected(
        "Error creating order: DIYA-12: Tax Rate Not Set; LAMP-01: Mandatory parameter missing",
        (
            LineProblem("BN-7731-1", "DIYA-12", "Tax Rate Not Set"),
            LineProblem("BN-7731-2", "LAMP-01", "Mandatory parameter missing"),
        ),
    )


def test_a_line_without_a_message_is_not_among_them() -> None:
    outcome = refused(line("DIYA-12", None), line("LAMP-01", " NA "), line("WICK", "No tax", 7))
    assert outcome == Rejected(
        "Error creating order: WICK: No tax", (LineProblem("7", "WICK", "No tax"),)
    )


def test_a_line_without_a_sku_is_named_by_its_id() -> None:
    outcome = refused(line("", "No tax", "BN-1-1"), line("", "No price"))
    assert isinstance(outcome, Rejected)
    assert outcome.message == "Error creating order: BN-1-1: No tax; A line: No price"


def test_one_line_as_an_object_is_read_like_a_list_of_one() -> None:
    answer = told(code=400, message=TOP, data=line("WICK", "No tax"))
    outcome = read(ORDER, 200, {}, answer)
    assert outcome == Rejected(
        "Error creating order: WICK: No tax", (LineProblem("", "WICK", "No tax"),)
    )


def test_the_lines_are_the_message_where_there_is_none_on_top() -> None:
    outcome = refused(line("WICK", "No tax"), message=None)
    assert isinstance(outcome, Rejected)
    assert outcome.message == "WICK: No tax"


def test_what_does_not_fit_is_counted_and_kept_as_lines() -> None:
    outcome = refused(*(line(f"SKU-{n:03}", "Tax Rate Not Set") for n in range(150)))
    assert isinstance(outcome, Rejected)
    assert len(outcome.lines) == 150
    assert len(outcome.message) <= 500
    assert outcome.message.startswith(
        "Error creating order: SKU-000: Tax Rate Not Set; SKU-001: Tax Rate Not Set; "
    )
    assert outcome.message.endswith("SKU-015: Tax Rate Not Set; and 134 more lines")


def test_a_very_long_line_is_cut() -> None:
    outcome = refused(line("S" * 255, "x" * 900))
    assert isinstance(outcome, Rejected)
    assert outcome.message == f"Error creating order: {'S' * 255}: {'x' * 200}"


@pytest.mark.parametrize("data", [["words"], [5, None], [{"Sku": "WICK"}], "words", {}, None])
def test_data_of_another_shape_leaves_the_message_as_it_is(data: object) -> None:
    answer = told(code=400, message=TOP, data=data)
    assert read(ORDER, 200, {}, answer) == Rejected("Error creating order")


def test_no_code_and_no_message_is_doubt_whatever_the_lines_say() -> None:
    answer = told(data=[line("WICK", "No tax")])
    assert isinstance(read(ORDER, 200, {}, answer), OutcomeUnknown)


def test_a_line_that_says_the_number_exists_is_a_duplicate() -> None:
    words = "Order Number BN-7731 already exists within the Company"
    assert refused(line("WICK", words)) == AlreadyExists(words)


def test_a_line_that_says_anything_else_exists_is_a_refusal() -> None:
    outcome = refused(line("WICK", "SKU already exists twice"))
    assert isinstance(outcome, Rejected)


def test_a_token_in_a_line_is_hidden() -> None:
    outcome = refused(line("WICK", "Bearer abcdefghij is not allowed"))
    assert isinstance(outcome, Rejected)
    assert "abcdefghij" not in repr(outcome)


def test_only_create_order_has_lines() -> None:
    answer = told(code=400, message="Invalid", data=[line("WICK", "No tax")])
    assert read(AWB, 200, {}, answer) == Rejected("Invalid")


def test_a_failed_queue_says_its_own_words_and_leads_to_its_error_file() -> None:
    assert read(QUEUE, 200, {}, body("queue_failed")) == Done(
        QueueStatus("failed", message="Error", error_file="https://files.example/error_9012.csv")
    )


def test_the_sentence_of_a_failed_queue_names_the_file_without_its_key() -> None:
    status = failed(message="Error", result="https://files.example/e.csv?X-Signature=secret")
    assert status.error_file == "https://files.example/e.csv?X-Signature=secret"
    assert status.sentence == (
        "The queue has failed: Error (error file: https://files.example/e.csv)"
    )


@pytest.mark.parametrize("link", ["http://files.example/e.csv", "error.csv", 7, None, "NA"])
def test_an_error_file_that_is_no_https_address_is_none(link: object) -> None:
    assert failed(message="Error", result=link).error_file == ""


@pytest.mark.parametrize(
    ("data", "message"),
    [
        ({"message": "Error", "notes": json.dumps({"message": "Bad SKU"})}, "Bad SKU"),
        ({"message": "Error", "notes": json.dumps({"error": "Bad SKU"})}, "Bad SKU"),
        ({"message": "Error", "notes": "Bad SKU"}, "Error"),
        ({"message": "NA", "notes": "Bad SKU"}, "Bad SKU"),
        ({"message": None, "notes": ""}, "Successful"),
    ],
)
def test_why_a_queue_failed_is_the_first_place_with_words(
    data: dict[str, object], message: str
) -> None:
    assert failed(**data).message == message
