"""A small public-key infrastructure: root, two intermediates below it, and a signer at the end."""

from dataclasses import dataclass

import pytest

from tests.signing.pki import Certified, p256, rsa2048


@dataclass(frozen=True, slots=True)
class Hierarchy:
    """`root` signs `upper`, that signs `lower`, that signs `leaf`; `stranger` is another root."""

    root: Certified
    upper: Certified
    lower: Certified
    leaf: Certified
    stranger: Certified


@pytest.fixture(scope="session")
def hierarchy() -> Hierarchy:
    root = Certified.root("CA Root")
    upper = Certified.issue("CA Upper", issuer=root, key=p256())
    lower = Certified.issue("CA Lower", issuer=upper, key=p256())
    leaf = Certified.issue("Mail Profiles", issuer=lower, key=rsa2048())
    return Hierarchy(root=root, upper=upper, lower=lower, leaf=leaf, stranger=Certified.root("CA Stranger"))
