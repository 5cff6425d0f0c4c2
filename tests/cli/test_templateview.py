"""What a plan says of the servers it would keep busy."""

import pytest

from profilegen.cli.templateview import paces
from profilegen.errors import ConfigProblem


def test_a_server_nobody_configured_any_longer_is_named() -> None:
    with pytest.raises(ConfigProblem, match='"elsewhere"') as caught:
        paces({"elsewhere": 3}, {})
    assert caught.value.code == "unknown_mdm"
