"""Each row of docs/reliability.md#3-abuse, and the tests that prove it.

A row without a proof fails here, and so does a proof that is gone. They run on both databases.
"""

import inspect

import pytest

from tests import test_lost_key
from tests.booon_console import (
    test_access,
    test_environment,
    test_error_pages,
    test_fields,
    test_given_passwords,
    test_log_in,
    test_port,
    test_roles,
)
from tests.hostile import test_doors, test_sequences, test_weight, test_wire
from tests.integration import test_canaries, test_environments_canaries
from tests.integration.admin import (
    test_actions,
    test_documents,
    test_every_list,
    test_import,
    test_keys,
    test_order_buyers,
    test_order_page,
)
from tests.integration.admin.finding import test_find
from tests.integration.admin.sellers import test_import as test_sellers_import
from tests.integration.admin.sellers import (
    test_passkeys,
    test_second_step,
    test_sellers,
    test_sessions,
)
from tests.integration.api import test_errors, test_listings, test_orders, test_powers
from tests.integration.easyecom import test_masking, test_strict_json, test_transport
from tests.integration.monitoring import test_staff_trail
from tests.integration.monitoring.metrics import test_page
from tests.integration.orders import test_erasure
from tests.integration.seller_link import test_abuse as links
from tests.integration.seller_link import test_races as link_races
from tests.integration.sync import test_engine, test_error_dictionary, test_turns
from tests.integration.webhooks import test_on_the_wire, test_processing, test_views
from tests.sellers import test_passkeys as passkeys
from tests.sellers import test_second_factor
from tests.sellers import test_sessions as sessions

ROWS = range(1, 73)
# As the page itself says, until somebody asks for them.
LEFT_OUT = {6: "timing probes"}

hostile_body = (
    test_views.test_a_hostile_body_is_kept_and_answered_200,
    test_processing.test_a_hostile_body_is_parked_and_nothing_else_comes_of_it,
)
PROOFS = {
    1: (
        test_views.test_a_wrong_token_is_refused_and_counted,
        test_views.test_nearly_the_right_token_is_wrong,
        test_views.test_two_different_tokens_are_refused_even_if_one_is_right,
        test_on_the_wire.test_the_same_header_twice_is_no_token,
    ),
    2: (test_on_the_wire.test_a_token_of_any_bytes_is_refused,),
    3: (test_views.test_an_endpoint_without_a_token_refuses_everything,),
    4: (test_doors.test_nothing_that_a_caller_chooses_opens_a_webhook,),
    5: (test_views.test_a_token_anywhere_else_is_no_token,),
    7: (
        test_views.test_refusals_are_counted_by_cause_and_hour,
        test_views.test_wrong_tokens_are_never_remembered_and_right_ones_are_bounded,
    ),
    8: (
        test_processing.test_replay_keeps_the_old_arrival_number_and_replaces_the_old_verdict,
        test_sequences.test_deliveries_in_any_order_end_in_the_level_of_the_highest_arrival,
    ),
    **dict.fromkeys((9, 10, 11, 12, 13), hostile_body),
    14: (*hostile_body, test_processing.test_an_odd_but_good_body_is_applied),
    15: (*hostile_body, test_strict_json.test_nesting_of_64_is_still_read),
    16: hostile_body,
    17: (*hostile_body, test_strict_json.test_a_hostile_megabyte_is_judged_at_once),
    18: (
        test_views.test_a_body_announced_as_too_large_is_not_read,
        test_on_the_wire.test_a_body_that_is_too_large_is_refused_before_it_is_sent,
        test_weight.test_body_without_end_is_refused_and_not_held,
    ),
    19: (*hostile_body, test_views.test_what_stands_beside_the_body_does_not_matter),
    20: (test_views.test_what_stands_beside_the_body_does_not_matter, *hostile_body),
    21: (test_views.test_what_stands_beside_the_body_does_not_matter,),
    22: (test_on_the_wire.test_a_chunked_body_is_stored_whole,),
    23: (test_weight.test_two_hundred_stalled_senders_keep_no_good_delivery_waiting,),
    24: (*hostile_body, test_processing.test_an_odd_but_good_body_is_applied),
    25: (
        test_wire.test_hostile_requests_are_never_our_fault_and_only_bodies_are_stored,
        test_on_the_wire.test_odd_headers_are_taken_or_refused_and_never_a_fault,
    ),
    26: (test_views.test_a_wrong_host_is_400, test_errors.test_a_foreign_host_is_a_400_in_json),
    27: (test_views.test_a_delivery_is_stored_as_it_came_and_the_inbox_is_woken,),
    28: (
        test_views.test_another_topics_token_and_another_locations_are_wrong,
        test_processing.test_a_line_that_names_another_location_is_parked,
    ),
    29: (test_doors.test_code_in_a_sku_is_kept_word_for_word_and_shown_inert,),
    30: (
        test_doors.test_sku_that_turns_the_reading_direction_is_parked,
        test_doors.test_link_that_is_not_plain_https_is_no_link,
    ),
    31: (
        test_actions.test_any_body_is_shown_escaped_and_bounded,
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
        test_doors.test_health_says_yes_or_no_and_why_and_nothing_of_anybody,
        test_doors.test_page_that_is_not_there_tells_nothing_of_the_console,
    ),
    45: (test_roles.test_event_is_neither_changed_nor_deleted,),
    46: (
        test_canaries.test_canaries_are_found_nowhere_but_where_they_belong,
        test_masking.test_what_is_private_is_masked,
        test_masking.test_ordinary_refusals_stay_as_they_are,
    ),
    47: (
        test_documents.test_viewer_sees_that_there_are_documents_and_no_address,
        test_documents.test_viewer_opens_none,
    ),
    48: (
        test_erasure.test_buyer_goes_half_a_year_after_the_order_was_over,
        test_erasure.test_same_order_once_more_is_the_same_and_sends_nothing,
        test_erasure.test_erased_order_is_never_sent_without_an_address,
        test_erasure.test_buyer_is_found_in_any_spelling_and_erased,
        test_order_buyers.test_others_than_admins_neither_find_nor_erase,
    ),
    49: (
        sessions.test_ended_session_is_out_and_never_written_again,
        sessions.test_session_of_a_deactivated_account_never_lives_again,
        test_sessions.test_forgotten_second_factor_ends_sessions,
        test_sessions.test_password_that_an_admin_sets_ends_sessions,
    ),
    50: (
        test_given_passwords.test_first_password_opens_nothing_but_the_page_that_changes_it,
        test_second_factor.test_spare_code_has_eighty_bits_and_is_taken_as_people_type_it,
        test_second_factor.test_every_key_is_another,
    ),
    51: (
        test_page.test_another_host_needs_the_token,
        test_page.test_who_comes_through_a_proxy_is_not_this_host,
        test_page.test_with_a_token_set_this_host_needs_it_too,
    ),
    52: (
        test_staff_trail.test_log_in_and_out_are_events,
        test_staff_trail.test_wrong_passwords_are_events_and_then_the_lock_is,
        test_staff_trail.test_names_of_no_account_are_told_once_a_minute_and_not_repeated,
        test_listings.test_what_was_done_to_a_listing_is_in_the_trail_with_the_key_that_did_it,
    ),
    53: (
        test_find.test_buyers_number_leads_to_the_order_and_that_is_written_down,
        test_find.test_buyers_name_leads_to_the_order_and_that_is_written_down,
        test_find.test_number_of_several_orders_stands_in_no_address,
        test_find.test_name_of_several_orders_stands_in_no_address,
        test_find.test_who_may_not_read_buyers_finds_nothing_by_a_number,
        test_find.test_who_may_not_read_buyers_finds_nothing_by_a_name,
        test_find.test_staff_of_some_sellers_find_theirs_alone,
        test_find.test_what_can_be_found_nowhere_is_told_so,
    ),
    54: (
        test_powers.test_key_of_one_part_opens_that_and_no_other,
        test_powers.test_key_that_reads_only_changes_nothing,
        test_powers.test_key_has_its_calls_of_a_minute_and_then_waits_for_the_next,
        test_powers.test_one_keys_calls_are_nobody_elses,
        test_keys.test_staff_of_some_sellers_make_keys_for_theirs_alone,
    ),
    55: (
        links.test_wrong_code_opens_nothing_and_tells_nothing,
        links.test_page_is_the_same_for_an_id_that_there_is_not,
        links.test_whoever_guesses_often_is_asked_to_wait,
        links.test_cookie_is_of_its_link_alone_and_no_script_reads_it,
        links.test_cookie_that_we_did_not_sign_for_this_opens_nothing,
        links.test_secret_reaches_no_log,
        links.test_posts_need_the_csrf_token,
    ),
    56: (
        links.test_ended_link_shows_nothing_to_whoever_is_in,
        links.test_link_takes_nothing_after_a_week,
        links.test_new_link_ends_the_one_before,
    ),
    57: (
        links.test_second_of_two_people_overwrites_nothing_unseen,
        links.test_seller_that_staff_onboarded_meanwhile_is_not_taken_over,
        link_races.test_second_of_two_first_forms_changes_nothing,
        link_races.test_key_is_not_corrected_under_a_call_that_is_under_way,
    ),
    58: (
        links.test_leaked_link_reads_back_no_secret,
        links.test_leaked_link_leads_no_live_location_into_another_account,
        links.test_location_that_goes_live_meanwhile_keeps_its_log_in,
        links.test_working_webhook_is_not_cut_off_by_two_new_tokens,
        links.test_link_gives_no_carrier_and_no_limit_of_the_account,
    ),
    59: (
        links.test_another_sellers_rows_are_not_there,
        links.test_another_sellers_key_is_not_taken_and_not_told_whose_it_is,
        links.test_key_that_is_no_key_is_refused_in_the_same_words,
        links.test_link_of_nobody_yet_reaches_no_row,
    ),
    60: (
        links.test_marks_in_names_and_in_easyecoms_words_are_text,
        links.test_page_has_the_strict_policy_and_is_kept_by_nobody,
    ),
    61: (
        links.test_log_ins_at_easyecom_are_bounded_and_counted_before_they_are_tried,
        links.test_each_location_counts_as_a_try,
        links.test_link_takes_no_more_locations_than_it_may,
        links.test_acts_are_bounded_by_the_minute,
        link_races.test_tries_that_come_at_once_are_all_counted,
    ),
    62: (
        passkeys.test_forged_answer_is_refused,
        passkeys.test_answer_of_elsewhere_or_of_another_device_is_refused_and_counted,
        passkeys.test_nothing_is_read_before_it_is_counted,
        test_passkeys.test_answer_opens_once,
        test_passkeys.test_answer_after_five_minutes_opens_nothing_and_is_no_guess,
        test_passkeys.test_answer_made_for_another_address_opens_nothing,
        test_passkeys.test_somebody_elses_passkey_opens_nothing,
        test_passkeys.test_passkey_is_removed_and_ends_other_sessions,
    ),
    63: (
        test_passkeys.test_count_that_went_back_is_refused_and_written_down,
        passkeys.test_count_that_somebody_else_made_up_says_nothing_of_a_copy,
        test_passkeys.test_another_passkey_needs_a_proof_and_ends_other_sessions,
        test_passkeys.test_leave_ends_after_ten_minutes_and_is_no_other_sessions,
    ),
    64: (
        test_access.test_log_in_with_an_address_elsewhere_leads_to_home,
        test_error_pages.test_admin_leads_to_no_row_by_its_type_and_id,
        test_second_step.test_reason_of_a_hold_is_not_shown_before_it,
    ),
    65: (
        test_weight.test_flood_at_the_log_in_and_of_refused_webhooks_turns_no_webhook_away,
        test_log_in.test_address_that_tries_without_end_is_told_to_wait,
        test_log_in.test_all_addresses_together_have_an_end_too,
        test_log_in.test_no_connection_is_held_while_a_password_is_hashed,
        test_log_in.test_user_name_of_any_length_is_answered_alike,
    ),
    66: (
        test_lost_key.test_everybody_else_goes_on,
        test_lost_key.test_it_is_named_on_the_seller_on_home_and_in_an_alert,
        test_lost_key.test_password_is_typed_anew_on_the_sellers_page,
        test_lost_key.test_webhooks_of_all_sellers_are_applied,
        test_lost_key.test_api_answers_without_a_key,
        test_lost_key.test_second_factor_that_can_not_be_read_takes_a_spare_code,
    ),
    67: (
        test_sellers.test_limits_that_nobody_can_reckon_with_are_refused_by_field,
        test_sellers.test_no_row_holds_such_limits,
        test_sellers_import.test_error_names_its_row_and_column_and_the_others_go_on,
        test_engine.test_fault_of_our_own_fails_that_job_and_no_other,
        test_turns.test_fault_of_one_of_a_set_fails_that_one_alone,
    ),
    68: (
        test_error_dictionary.test_pattern_is_no_regular_expression,
        test_error_dictionary.test_no_pattern_costs_more_than_a_look_through_the_message,
        test_order_page.test_pattern_that_would_fit_everything_is_refused,
        test_roles.test_staff_of_one_seller_read_what_errors_mean_and_change_nothing,
    ),
    69: (
        test_environment.test_forgotten_env_file_switches_nothing_on_or_off,
        test_environment.test_each_of_productions_settings_keeps_the_env_file_out,
        test_environment.test_secret_in_a_file_keeps_the_env_file_out_too,
    ),
    70: (
        test_port.test_port_of_another_server_is_taken_on_all_addresses_too,
        test_port.test_start_ends_where_the_port_is_taken,
    ),
    71: (
        test_fields.test_no_dump_and_no_form_holds_a_secret,
        test_every_list.test_no_list_opens_a_secret,
        passkeys.test_public_key_is_encrypted_and_in_no_dump,
        test_canaries.test_canaries_are_found_nowhere_but_where_they_belong,
    ),
    72: (
        test_canaries.test_canaries_are_in_no_log,
        test_doors.test_debug_is_for_the_consoles_own_lines,
        test_environments_canaries.test_what_goes_wrong_is_said_without_them,
        test_environments_canaries.test_dump_is_made_without_a_password_that_others_can_read,
        test_environments_canaries.test_workers_say_that_the_database_is_away_and_show_none_of_them,
    ),
}


@pytest.mark.parametrize("row", [row for row in ROWS if row not in LEFT_OUT])
def test_row_of_the_abuse_matrix_is_proved(row):
    for proof in PROOFS[row]:
        assert proof.__name__.startswith("test_")
        assert inspect.getmodule(proof).__name__.split(".")[-1].startswith("test_")


def test_matrix_has_no_row_that_the_page_does_not_have():
    assert set(PROOFS) | set(LEFT_OUT) == set(ROWS)
