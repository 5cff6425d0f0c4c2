"""Every state has a band, and what is not known is never said to be there or gone."""

from datetime import timedelta

from profilegen.fleet.bands import BANDS, Band, Installed, Sends, installed_of, sends_of
from profilegen.fleet.drift import State
from profilegen.fleet.tally import RIGHT
from tests.fleet.making import NOW, ago, make_sight


def test_every_state_has_a_band_and_right_means_the_same_everywhere() -> None:
    assert set(BANDS) == set(State)
    assert {state for state, band in BANDS.items() if band is Band.RIGHT} == RIGHT


def test_states_in_which_nobody_looked_say_nothing_of_the_device() -> None:
    for state in (State.UNKNOWN, State.OFFLINE, State.IN_FLIGHT, State.RE_ENROLLED, State.NOT_ENROLLED, State.FAILED):
        assert installed_of(state) is Installed.NOT_KNOWN


def test_a_device_that_sent_before_a_restore_is_not_said_to_send() -> None:
    assert sends_of(make_sight()) is Sends.NOT_KNOWN
    assert sends_of(make_sight(sends_since=ago(2))) is Sends.YES
    doubted = make_sight(sends_since=ago(2), password_unknown_since=ago(1))
    assert sends_of(doubted) is Sends.NOT_SINCE
    again = make_sight(sends_since=NOW - timedelta(minutes=1), password_unknown_since=ago(1))
    assert sends_of(again) is Sends.YES
