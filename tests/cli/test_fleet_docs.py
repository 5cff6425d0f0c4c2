"""The operator's guide names every state and option as the program does."""

import re
from pathlib import Path

from profilegen.cli.fleetview import WORDS
from profilegen.fleet.drift import State
from tests.cli.conftest import Cli

GUIDE = (Path(__file__).parents[2] / "docs" / "fleet.md").read_text(encoding="utf-8")


def test_the_table_of_states_is_the_programs_own() -> None:
    table = GUIDE.partition("## States")[2].partition("\n## ")[0]
    rows = dict(re.findall(r"^\| `([a-z_]+)` \| (.+) \|$", table, re.MULTILINE))
    assert rows == {str(state): words for state, words in WORDS.items()}
    assert set(WORDS) == set(State)


def test_every_option_of_the_guide_exists(cli: Cli) -> None:
    for line in re.findall(r"^\$ profilegen (.+)$", GUIDE, re.MULTILINE):
        words = re.sub(r'"[^"]*"', "X", line).split()
        command = [word for word in words[:2] if not word.startswith("-")]
        answer = cli(*command, "--help")
        assert answer.status == 0, line
        for option in (word for word in words if word.startswith("--")):
            assert option in answer.out, f"{option} of {line}"
