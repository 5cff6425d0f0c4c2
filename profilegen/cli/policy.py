"""What an organisation allows."""

from profilegen.address import Address
from profilegen.config.values import Config
from profilegen.errors import UsageProblem


def allowed(address: Address, config: Config) -> Address:
    """Return the address if its domain is one of this organisation's; raises UsageProblem `foreign_domain`."""
    domains = {domain.lower() for domain in config.domains}
    if not domains or address.domain in domains:
        return address
    raise UsageProblem(
        f"{address.domain} is not one of the domains of this configuration.",
        hint=f"Use the home and configuration of its organisation; here the domains are {', '.join(sorted(domains))}.",
        code="foreign_domain",
    )
