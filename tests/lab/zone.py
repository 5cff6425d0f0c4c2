"""The mail lab's domain as a name server tells it."""

from tests.lab.mail import DOMAIN, MailLab

SRV = """\
_submission._tcp SRV 0 1 587 good.lab.test.
_submissions._tcp SRV 0 1 465 good.lab.test.
_imaps._tcp SRV 0 1 993 good.lab.test.
"""


def zone(lab: MailLab, extra: str = "") -> str:
    """Return the addresses of the lab's hosts, and further lines."""
    hosts = "".join(
        f"{name.removesuffix('.' + DOMAIN)} A {address}\n"
        for name, addresses in lab.hosts.items()
        for address in addresses
        if ":" not in address
    )
    return hosts + extra
