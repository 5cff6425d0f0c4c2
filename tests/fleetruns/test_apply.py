"""`fleet apply` from end to end, on a protocol-true NanoMDM with phones that answer."""

from tests.fleetruns.conftest import Organisation

SIGNED = ("--allow-self-signed",)


def test_a_fleet_is_brought_right_and_stays_so(organisation: Organisation) -> None:
    organisation.hire(3)
    first = organisation.apply(*SIGNED)
    assert first["states"] == {"ok": 3} or first["states"] == {"password_unknown": 3}, first
    assert first["pushed"] == 3
    again = organisation.apply(*SIGNED)
    assert again["pushed"] == 0
