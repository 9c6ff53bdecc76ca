"""RELIABILITY's abuse matrix: each row, and the tests that prove it.

A row without a proof fails here, and so does a proof that is gone. They run on both databases.
"""

import inspect

import pytest

from tests import test_access, test_roles, test_second_step
from tests.hostile import test_doors, test_sequences, test_weight, test_wire
from tests.integration import (
    test_inbox,
    test_webhooks,
    test_webhooks_on_the_wire,
)
from tests.integration.admin import test_asks, test_every_list, test_import
from tests.integration.api import test_errors, test_orders
from tests.integration.easyecom import test_strict_json, test_transport

ROWS = range(1, 46)
# As the page itself says, until somebody asks for them.
LEFT_OUT = {6: "timing probes"}

hostile_body = (
    test_webhooks.test_a_hostile_body_is_kept_and_answered_200,
    test_inbox.test_a_hostile_body_is_parked_and_nothing_else_comes_of_it,
)
PROOFS = {
    1: (
        test_webhooks.test_a_wrong_token_is_refused_and_counted,
        test_webhooks.test_nearly_the_right_token_is_wrong,
        test_webhooks.test_two_different_tokens_are_refused_even_if_one_is_right,
        test_webhooks_on_the_wire.test_the_same_header_twice_is_no_token,
    ),
    2: (test_webhooks_on_the_wire.test_a_token_of_any_bytes_is_refused,),
    3: (test_webhooks.test_an_endpoint_without_a_token_refuses_everything,),
    4: (test_doors.test_nothing_that_a_caller_chooses_opens_a_webhook,),
    5: (test_webhooks.test_a_token_anywhere_else_is_no_token,),
    7: (
        test_webhooks.test_refusals_are_counted_by_cause_and_hour,
        test_webhooks.test_wrong_tokens_are_never_remembered_and_right_ones_are_bounded,
    ),
    8: (
        test_inbox.test_replay_keeps_the_old_arrival_number_and_replaces_the_old_verdict,
        test_sequences.test_deliveries_in_any_order_end_in_the_level_of_the_highest_arrival,
    ),
    **dict.fromkeys((9, 10, 11, 12, 13), hostile_body),
    14: (*hostile_body, test_inbox.test_an_odd_but_good_body_is_applied),
    15: (*hostile_body, test_strict_json.test_nesting_of_64_is_still_read),
    16: hostile_body,
    17: (*hostile_body, test_strict_json.test_a_hostile_megabyte_is_judged_at_once),
    18: (
        test_webhooks.test_a_body_announced_as_too_large_is_not_read,
        test_webhooks_on_the_wire.test_a_body_that_is_too_large_is_refused_before_it_is_sent,
        test_weight.test_body_without_end_is_refused_and_not_held,
    ),
    19: (*hostile_body, test_webhooks.test_what_stands_beside_the_body_does_not_matter),
    20: (test_webhooks.test_what_stands_beside_the_body_does_not_matter, *hostile_body),
    21: (test_webhooks.test_what_stands_beside_the_body_does_not_matter,),
    22: (test_webhooks_on_the_wire.test_a_chunked_body_is_stored_whole,),
    23: (test_weight.test_two_hundred_stalled_senders_keep_no_good_delivery_waiting,),
    24: (*hostile_body, test_inbox.test_an_odd_but_good_body_is_applied),
    25: (
        test_wire.test_hostile_requests_are_never_our_fault_and_only_bodies_are_stored,
        test_webhooks_on_the_wire.test_odd_headers_are_taken_or_refused_and_never_a_fault,
    ),
    26: (test_webhooks.test_a_wrong_host_is_400, test_errors.test_a_foreign_host_is_a_400_in_json),
    27: (test_webhooks.test_a_delivery_is_stored_as_it_came_and_the_inbox_is_woken,),
    28: (
        test_webhooks.test_another_topics_token_and_another_locations_are_wrong,
        test_inbox.test_a_line_that_names_another_location_is_parked,
    ),
    29: (test_doors.test_code_in_a_sku_is_kept_word_for_word_and_shown_inert,),
    30: (
        test_doors.test_sku_that_turns_the_reading_direction_is_parked,
        test_doors.test_link_that_is_not_plain_https_is_no_link,
    ),
    31: (
        test_asks.test_any_body_is_shown_escaped_and_bounded,
        test_doors.test_no_page_marks_anything_as_safe,
        test_every_list.test_no_page_needs_an_inline_script_or_style,
    ),
    32: (test_doors.test_log_line_stays_one_line_whatever_a_caller_writes,),
    33: (test_import.test_refused_rows_come_back_as_a_file_that_can_be_put_right,),
    34: (test_import.test_a_file_that_is_none_is_refused_with_the_reason,),
    35: (
        test_doors.test_nobody_sets_easyecoms_address_but_the_environment,
        test_doors.test_easyecoms_address_is_https_or_this_machine,
        test_transport.test_a_redirect_is_not_followed,
    ),
    36: (test_doors.test_label_and_invoice_are_passed_on_and_never_fetched,),
    37: (
        test_roles.test_staff_of_one_seller_never_open_another_ones_rows,
        test_every_list.test_hostile_parameters_are_never_a_500,
    ),
    38: (
        test_roles.test_each_role_opens_what_the_tables_say_and_nothing_else,
        test_every_list.test_get_changes_nothing,
        test_import.test_importing_asks_for_the_csrf_token,
    ),
    39: (
        test_access.test_five_wrong_passwords_lock_the_user_name,
        test_second_step.test_no_page_of_the_admin_opens_before_the_second_step,
        test_second_step.test_code_works_once,
        test_access.test_session_gets_a_new_key_at_log_in,
        test_access.test_idle_session_ends_after_half_an_hour,
        test_access.test_session_ends_after_half_a_day_however_busy,
    ),
    40: (test_every_list.test_hostile_parameters_are_never_a_500,),
    41: (test_doors.test_task_that_we_did_not_sign_is_never_unpickled,),
    42: (
        test_orders.test_a_wrong_value_is_refused_by_name,
        test_orders.test_the_same_order_written_in_another_way_is_the_same,
        test_orders.test_a_sent_order_can_not_be_changed,
        test_errors.test_an_absurd_number_is_never_a_fault_of_ours,
    ),
    43: (test_doors.test_what_is_not_a_callers_to_say_is_refused_by_name,),
    44: (
        test_doors.test_health_says_yes_or_no_and_nothing_else,
        test_doors.test_page_that_is_not_there_tells_nothing_of_the_console,
    ),
    45: (test_roles.test_event_is_neither_changed_nor_deleted,),
}


@pytest.mark.parametrize("row", [row for row in ROWS if row not in LEFT_OUT])
def test_row_of_the_abuse_matrix_is_proved(row):
    for proof in PROOFS[row]:
        assert proof.__name__.startswith("test_")
        assert inspect.getmodule(proof).__name__.split(".")[-1].startswith("test_")


def test_matrix_has_no_row_that_the_page_does_not_have():
    assert set(PROOFS) | set(LEFT_OUT) == set(ROWS)
