"""Mail filters that stand in front of somebody else's mailboxes: their MX says nothing about IMAP or submission."""

_FILTERS = {
    "antispamcloud.com": "SpamExperts",
    "antispameurope.com": "Hornetsecurity",
    "ess.barracudanetworks.com": "Barracuda",
    "fireeyecloud.com": "Trellix",
    "gpphosted.com": "Proofpoint",
    "hes.trendmicro.com": "Trend Micro",
    "hornetsecurity.com": "Hornetsecurity",
    "hydra.sophos.com": "Sophos",
    "iphmx.com": "Cisco",
    "messagelabs.com": "Symantec",
    "mimecast-offshore.com": "Mimecast",
    "mimecast.co.za": "Mimecast",
    "mimecast.com": "Mimecast",
    "ppe-hosted.com": "Proofpoint",
    "pphosted.com": "Proofpoint",
    "reflexion.net": "Sophos",
    "spamexperts.com": "SpamExperts",
    "spamexperts.eu": "SpamExperts",
    "spamexperts.net": "SpamExperts",
    "tmes.trendmicro.com": "Trend Micro",
    "tmes.trendmicro.eu": "Trend Micro",
}


def gateway(mx_host: str) -> str | None:
    """Return the name of the filter service an MX host belongs to, None if it belongs to none that is known."""
    name = mx_host.rstrip(".").lower()
    while name:
        if name in _FILTERS:
            return _FILTERS[name]
        name = name.partition(".")[2]
    return None


def is_gateway(mx_host: str) -> bool:
    """Return True if no mailbox server may be derived from this MX host."""
    return gateway(mx_host) is not None
