"""What EasyEcom calls a webhook in its headers, and which names are another trigger's."""

import pytest

from integration.easyecom.triggers import NOT_TOLD, Trigger, trigger_of, wrong_trigger

ACTION, COMPANY = "HTTP_X_EASYECOM_WEBHOOK_ACTION", "HTTP_X_EASYECOM_COMPANY_ID"


@pytest.mark.parametrize(
    ("headers", "trigger"),
    [
        ({ACTION: " UpdateInventory ", COMPANY: " 88231 "}, Trigger("UpdateInventory", "88231")),
        ({ACTION: "ManifestedV2"}, Trigger("ManifestedV2", "")),
        ({COMPANY: "88231"}, Trigger("", "88231")),
        ({}, NOT_TOLD),
        ({ACTION: "<script>", COMPANY: "88231; drop"}, NOT_TOLD),
        ({ACTION: "x" * 64, COMPANY: "9" * 32}, Trigger("x" * 64, "9" * 32)),
        ({ACTION: "x" * 65, COMPANY: "9" * 33}, NOT_TOLD),
    ],
)
def test_only_what_looks_like_a_name_and_a_number_is_kept(
    headers: dict[str, str], trigger: Trigger
) -> None:
    assert trigger_of(headers) == trigger


@pytest.mark.parametrize(
    ("action", "topic", "is_another"),
    [
        ("UpdateInventory", "inventory", False),
        ("inventoryupdatev2", "inventory", False),
        ("ManifestedV2", "manifested", False),
        ("MarkManifestOrder", "manifested", False),
        ("ManifestedV2", "inventory", True),
        ("UpdateInventory", "manifested", True),
        ("CancelOrderV2", "manifested", True),
        ("CancelOrderV2", "a topic of another day", False),
        ("", "manifested", False),
    ],
)
def test_another_triggers_name_is_told(action: str, topic: str, is_another: bool) -> None:
    told = f"EasyEcom calls this {action}: another trigger was pointed here."

    assert wrong_trigger(action, topic) == (told if is_another else "")
