import json
import os
import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from profilegen import __version__, errors
from profilegen.cli.app import COMMANDS, GROUPS, exit_code
from tests.cli.conftest import Cli
from tests.lab.signals import interruptible_profilegen


def leaves(kind: type[errors.ProfilegenError]) -> list[type[errors.ProfilegenError]]:
    return [kind, *(leaf for child in kind.__subclasses__() for leaf in leaves(child))]


@pytest.mark.parametrize("kind", leaves(errors.ProfilegenError)[1:])
def test_every_error_has_an_exit_code_of_the_contract(kind: type[errors.ProfilegenError]) -> None:
    assert exit_code(kind("It broke.", hint="Mend it.")) in (1, 2, 3, 4)


def test_a_bug_of_ours_is_one_line_and_a_private_log_without_values(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(_context: object) -> None:
        raise RuntimeError(os.environ["TYPED"])

    monkeypatch.setenv("TYPED", "hunter2")
    monkeypatch.setattr("profilegen.cli.config.session_of", fail)

    answer = cli("config", "show", "--json")

    error = answer.document["error"]
    assert (answer.status, error["code"], error["retryable"]) == (70, "bug", False)
    log = Path(next(word for word in error["hint"].split() if word.endswith(".log")))
    assert log.stat().st_mode & 0o777 == 0o600
    assert "RuntimeError" in log.read_text()
    assert "hunter2" not in log.read_text() + answer.out + answer.err
    log.unlink()


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_explains_itself_with_a_runnable_example(cli: Cli, name: str) -> None:
    answer = cli(name, "--help")

    assert answer.status == 0
    assert f"Example: profilegen {name}" in " ".join(answer.out.split())


@pytest.mark.parametrize("name", ["fix", "build", "doctor"])
def test_a_command_without_arguments_shows_its_help_and_no_empty_complaint(cli: Cli, name: str) -> None:
    answer = cli(name)

    assert (answer.status, answer.err) == (2, "")
    assert f"profilegen {name}" in answer.out


@pytest.mark.parametrize("name", GROUPS)
def test_every_group_lists_its_commands(cli: Cli, name: str) -> None:
    assert "Commands" in cli(name, "--help").out


@pytest.mark.parametrize("arguments", [("--home", "elsewhere", "key", "list"), ("key", "list", "--home=elsewhere")])
def test_the_home_may_be_named_anywhere_on_the_line(cli: Cli, arguments: tuple[str, ...]) -> None:
    cli(*arguments)
    cli("key", "new", "trial", "--home", "elsewhere")

    assert cli(*arguments, "--json").document["keys"][0]["name"] == "trial"


def test_a_word_after_two_dashes_is_no_option(cli: Cli) -> None:
    assert cli("lookup", "--offline", "--json", "--", "--home").document["status"] == "invalid"


def test_an_unreadable_configuration_is_this_machines_fault(cli: Cli) -> None:
    Path("profilegen.toml").write_text("organization = ")

    answer = cli("lookup", "--offline", "you@gmail.com", "--json")

    assert (answer.status, answer.document["error"]["code"]) == (3, "configuration")


@pytest.mark.parametrize(
    ("line", "message", "hint"),
    [
        ("fleet plna", "No such command 'plna'. Did you mean 'plan'?", "See profilegen fleet --help."),
        ("lookpu you@example.com", "No such command 'lookpu'. Did you mean 'lookup'?", "See profilegen --help."),
        ("canary add", "Missing argument 'DOMAIN'.", "See profilegen canary add --help."),
        (
            "build you@gmx.de --platform ipad",
            "Invalid value for '--platform': 'ipad' is not one of 'ios', 'macos'.",
            "See profilegen build --help.",
        ),
        (
            "test you@gmx.de --level 5",
            "Invalid value for '--level': it must be at most 4.",
            "See profilegen test --help.",
        ),
        (
            "explain x --code 99",
            "Invalid value for '--code': it must be at least 200.",
            "See profilegen explain --help.",
        ),
        (
            "explain x --code abc",
            "Invalid value for '--code': it must be a whole number.",
            "See profilegen explain --help.",
        ),
    ],
)
def test_a_mistyped_line_is_answered_in_plain_words_with_the_help_of_its_own_command(
    cli: Cli, line: str, message: str, hint: str
) -> None:
    answer = cli(*line.split(), "--json")

    error = answer.document["error"]
    assert (answer.status, error["message"], error["hint"]) == (2, message, hint)


def test_an_option_without_its_value_is_answered_with_the_help_of_its_own_command(cli: Cli) -> None:
    answer = cli("send", "--json", "you@gmx.de", "--via")

    error = answer.document["error"]
    assert (error["message"], error["hint"]) == ("Option '--via' requires an argument.", "See profilegen send --help.")


def test_a_home_that_is_a_file_is_one_clear_line(cli: Cli) -> None:
    Path("file").write_text("")

    answer = cli("key", "list", "--home", "file")

    assert answer.status == 3
    assert answer.err.count("\n") == 2
    assert "it is no folder" in answer.err


def test_version_is_answered_everywhere(cli: Cli) -> None:
    assert cli("--version").out == f"profilegen {__version__}\n"


@pytest.mark.skipif(os.name != "posix", reason="signals are sent the POSIX way")
def test_control_c_leaves_nothing_half_written(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        port = silent.getsockname()[1]
        server = {"host": "127.0.0.1", "port": port, "security": "tls"}
        document = {"address": "you@example.com", "incoming": server, "outgoing": server | {"protocol": "smtp"}}
        (tmp_path / "settings.json").write_text(json.dumps(document))
        command = [*interruptible_profilegen(), "--home", "home", "fix", "you@example.com"]
        process = subprocess.Popen(
            [*command, "--settings", "settings.json", "-o", "out/"],
            cwd=tmp_path,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        silent.settimeout(20)
        connection, _ = silent.accept()
        process.send_signal(signal.SIGINT)
        _, complaint = process.communicate(timeout=20)
        connection.close()

    assert process.returncode == 130
    assert "Traceback" not in complaint
    assert "interrupted" in complaint
    assert not (tmp_path / "out").exists()


def test_a_closed_pipe_is_no_bug(tmp_path: Path) -> None:
    command = f"{sys.executable} -m profilegen --home home providers list | head -1"

    done = subprocess.run(["sh", "-c", command], cwd=tmp_path, capture_output=True, text=True, check=True)

    assert done.stderr == ""
    assert done.stdout.startswith("id")


def test_bytes_that_are_no_text_are_a_usage_error(cli: Cli) -> None:
    assert cli("\udcff", "--json").document["error"]["code"] == "usage"
