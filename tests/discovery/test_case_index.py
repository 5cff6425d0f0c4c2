"""
Which test shows which case: thirty-three things that have broken mail set-up somewhere, and where we prove we hold.

 1 two servers each way              12 redirects to http, to others        23 STARTTLS stripped or injected
 2 a plain block beside a good one   13 400 without the address, %2E        24 port 25 and open relays
 3 placeholders inside a text        14 mail filters in front               25 silence and tarpits
 4 SRV targets of the root           15 Microsoft tenants and consumers     26 certificates for another name
 5 POP before IMAP by priority       16 a left-over file                    27 two user names (iCloud)
 6 implicit TLS under _submission    17 MX order, two providers             28 entries without servers
 7 SRV into a foreign domain         18 public suffixes                     29 servers for one network alone
 8 plain with the better priority    19 international names                 30 bombs, loops, inside addresses
 9 text/html with a byte order mark  20 odd local parts                     31 OAuth first, OAuth only
10 wildcard DNS                      21 Autodiscover redirects and values   32 sources that disagree
11 https late, http at hand          22 PACC digests, one direction         33 locked mailboxes

A case that a whole search cannot show is shown where it happens: nobody can make Postfix strip STARTTLS (23), a lookup
never comes as far as a recipient (24) and has no password to be refused (33), and names that must not be asked about
are shown by sources that fail the test when they are asked (18).
"""

import ast
import re
from functools import cache
from pathlib import Path

import pytest

TESTS = Path(__file__).resolve().parents[1]

HERE = "discovery/test_cases.py"
PUBLISHED = "discovery/test_published_cases.py"
FILES = "discovery/test_file_cases.py"

CASES: dict[int, tuple[tuple[str, str], ...]] = {
    1: ((FILES, "test_case_1_two_servers_each_way_are_one_choice_and_one_alternative"),),
    2: ((FILES, "test_case_2_a_block_without_encryption_drops_only_itself"),),
    3: (
        (FILES, "test_case_3_placeholders_are_filled_in_wherever_they_stand"),
        (FILES, "test_case_3_a_placeholder_that_is_not_closed_is_never_a_user_name"),
    ),
    4: (
        (HERE, "test_case_4_a_label_that_is_not_offered_says_nothing_about_its_sibling"),
        (HERE, "test_case_4_a_domain_that_declares_everything_missing_is_believed_and_nothing_is_guessed"),
    ),
    5: ((HERE, "test_case_5_pop_wins_by_a_better_priority_and_imap_by_an_equal_one"),),
    6: ((HERE, "test_case_6_the_port_is_believed_and_not_the_label"),),
    7: (
        (HERE, "test_case_7_a_foreign_target_is_not_connected_to_before_somebody_confirms_it"),
        (HERE, "test_case_7_a_foreign_target_that_dnssec_vouches_for_is_the_domains_own_word"),
    ),
    8: ((HERE, "test_case_8_a_server_without_tls_loses_to_any_with_it"),),
    9: ((PUBLISHED, "test_case_9_the_well_known_place_alone_as_text_html_with_a_byte_order_mark_is_enough"),),
    10: (
        (PUBLISHED, "test_case_10_a_web_server_that_answers_for_every_name_is_no_settings_and_no_error"),
        ("discovery/test_autoconfig.py", "test_a_wrong_certificate_is_noted_and_the_other_place_still_answers"),
    ),
    11: ((PUBLISHED, "test_case_11_when_https_times_out_what_http_says_is_never_trusted_and_never_asked_for_unasked"),),
    12: ((PUBLISHED, "test_case_12_https_never_leads_to_http_and_a_foreign_domain_needs_a_word"),),
    13: (
        (
            PUBLISHED,
            "test_case_13_a_server_that_wants_the_address_or_refuses_it_is_asked_again_and_its_echo_is_unescaped",
        ),
    ),
    14: (
        (HERE, "test_case_14_behind_a_filter_two_traces_lead_to_the_provider_and_never_to_the_filter"),
        (HERE, "test_case_14_one_trace_alone_is_no_hint"),
    ),
    15: ((HERE, "test_case_15_tenants_and_consumers_of_microsoft_are_told_apart_and_neither_takes_a_password"),),
    16: ((HERE, "test_case_16_a_left_over_file_loses_to_the_provider_that_has_the_mail_now"),),
    17: ((HERE, "test_case_17_the_best_mx_is_believed_and_a_second_provider_is_named"),),
    18: (
        (PUBLISHED, "test_case_18_a_company_below_a_public_suffix_is_asked_about_and_the_suffix_is_not"),
        ("discovery/test_engine.py", "test_a_domain_that_must_not_be_asked_about_is_refused_without_a_question"),
        ("settings/test_address.py", "test_what_can_never_be_mail_is_refused_with_its_reason"),
    ),
    19: (
        (PUBLISHED, "test_case_19_an_international_domain_is_asked_about_in_a_labels_only"),
        ("net/test_http.py", "test_an_international_name_is_asked_in_a_labels"),
        ("settings/test_spelling.py", "test_only_deceptive_letters_and_letters_outside_ascii_are_told"),
    ),
    20: (
        (PUBLISHED, "test_case_20_every_local_part_arrives_as_it_was_typed"),
        ("settings/test_pox.py", "test_every_address_gives_a_well_formed_request"),
        ("settings/test_standin.py", "test_the_shared_answer_made_out_to_a_person_is_the_answer_about_that_person"),
    ),
    21: (
        (PUBLISHED, "test_case_21_a_domain_that_speaks_to_outlook_only_is_found_and_needs_a_word"),
        ("discovery/test_autodiscover.py", "test_a_chain_of_addresses_ends_after_three"),
        ("discovery/test_autodiscover.py", "test_another_url_is_asked_and_a_loop_ends"),
        ("discovery/test_autodiscover.py", "test_a_request_for_a_login_says_that_exchange_is_there_and_gets_none"),
        ("settings/test_pox.py", "test_elsewhere_encryption_overrules_ssl_and_ssl_is_on_by_default"),
        ("settings/test_pox.py", "test_namespaces_do_not_matter"),
        ("settings/test_pox.py", "test_an_error_is_an_empty_answer"),
    ),
    22: (
        (PUBLISHED, "test_case_22_outgoing_from_pacc_and_incoming_from_the_next_source"),
        ("discovery/test_pacc.py", "test_a_document_whose_digest_is_in_dns_is_the_domains_own_word"),
        ("discovery/test_pacc.py", "test_a_document_nobody_vouches_for_is_trusted_less_and_says_so"),
    ),
    23: (
        (HERE, "test_case_23_a_submission_server_without_tls_is_refused"),
        ("probe/test_misbehaviour.py", "test_clear_text_before_encryption_is_an_injection"),
        ("probe/test_misbehaviour.py", "test_starttls_that_vanished_from_the_list_is_not_offered"),
        ("probe/test_send.py", "test_no_credential_is_sent_without_verified_tls"),
    ),
    24: (
        (HERE, "test_case_24_port_25_is_never_selected"),
        ("probe/test_send.py", "test_an_open_relay_is_reported_and_nothing_else_suffers"),
        ("cli/test_fix_lab.py", "test_the_broken_phone_meets_the_relay_refusal_of_postfix"),
    ),
    25: (
        (HERE, "test_case_25_a_silent_server_costs_its_share_of_time_and_is_named"),
        (
            "discovery/test_fault_matrix.py",
            "test_whatever_a_source_does_the_search_ends_in_its_time_and_leaves_nothing_behind",
        ),
    ),
    26: (
        (HERE, "test_case_26_another_name_of_the_same_server_is_proposed_and_takes_a_word"),
        (HERE, "test_case_26_a_name_at_another_address_is_not_proposed"),
        (HERE, "test_case_26_a_certificate_that_is_expired_or_self_made_is_never_accepted"),
    ),
    27: (
        (HERE, "test_case_27_incoming_and_outgoing_user_names_stay_apart"),
        ("cli/test_lookup.py", "test_icloud_has_two_user_names"),
    ),
    28: ((HERE, "test_case_28_an_entry_without_servers_hides_nothing"),),
    29: ((FILES, "test_case_29_a_server_for_the_providers_own_network_is_left_out_and_said"),),
    30: (
        (PUBLISHED, "test_case_30_hostile_answers_from_every_place_at_once_bring_nothing_out"),
        (PUBLISHED, "test_case_30_a_stranger_learns_nothing_about_the_inside_of_our_network"),
        ("net/test_http.py", "test_a_gzip_bomb_is_refused"),
        ("net/test_http.py", "test_three_redirects_are_followed_and_a_loop_is_not"),
        ("net/test_policy.py", "test_the_address_that_was_judged_is_the_one_that_is_asked"),
    ),
    31: ((HERE, "test_case_31_oauth_first_means_an_app_password_and_oauth_alone_no_password_at_all"),),
    32: ((HERE, "test_case_32_a_disagreement_has_one_winner_and_is_shown_fifty_times_the_same"),),
    33: (
        ("storage/test_logins.py", "test_of_twenty_processes_at_once_exactly_two_may_try"),
        ("probe/test_send.py", "test_a_wrong_password_costs_exactly_one_failed_login_per_server"),
        ("probe/test_send.py", "test_a_spent_budget_sends_nothing_and_says_when_to_try_again"),
    ),
}


@cache
def functions_in(path: str) -> frozenset[str]:
    """Return the names of all test functions of a file."""
    tree = ast.parse((TESTS / path).read_text(encoding="utf-8"))
    return frozenset(node.name for node in tree.body if isinstance(node, ast.FunctionDef))


def test_every_case_is_here() -> None:
    assert list(CASES) == list(range(1, 34))


@pytest.mark.parametrize("number", CASES)
def test_each_case_is_shown_by_tests_that_exist(number: int) -> None:
    assert CASES[number]
    assert [name for path, name in CASES[number] if name not in functions_in(path)] == []


def test_a_test_that_says_it_shows_a_case_is_listed_there() -> None:
    named = [
        (int(found[1]), name)
        for path in TESTS.rglob("test_*.py")
        for name in functions_in(path.relative_to(TESTS).as_posix())
        if (found := re.match(r"test_case_(\d+)_", name))
    ]
    assert [name for number, name in named if name not in _names(number)] == []


def _names(number: int) -> set[str]:
    return {name for _, name in CASES[number]}
