"""What the operator's own files say, and what is said about one that cannot be used."""

import asyncio
import json
import os
import tempfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from profilegen.address import Address
from profilegen.discovery.override import MAX_BYTES, OverrideSource, version_of
from profilegen.errors import ConfigProblem
from profilegen.settings.candidates import Answer, Status, Tier

YOU = Address.parse("you@example.com")
SERVERS = {
    "address": "any.body@example.com",
    "status": "untrusted",
    "incoming": {"protocol": "imap", "host": "imap.hoster.com", "port": 993, "security": "tls", "username": "any.body"},
    "outgoing": {"host": "smtp.hoster.com", "port": 587, "security": "starttls", "username": "any.body@example.com"},
}
CONFIG = """<clientConfig version="1.1"><emailProvider id="hoster">
<incomingServer type="imap"><hostname>imap.%EMAILDOMAIN%</hostname><port>993</port><socketType>SSL</socketType>
<username>%EMAILLOCALPART%</username><authentication>password-cleartext</authentication></incomingServer>
</emailProvider></clientConfig>"""


def ask(*folders: Path, address: Address = YOU) -> Answer:
    return asyncio.run(OverrideSource(folders=folders).find(address))


def write(folder: Path, name: str, content: object) -> Path:
    path = folder / name
    path.write_text(content if isinstance(content, str) else json.dumps(content))
    return path


def test_what_lookup_prints_about_one_mailbox_holds_for_its_whole_domain(tmp_path: Path) -> None:
    path = write(tmp_path, "example.com.json", SERVERS)
    os.utime(path, (1_700_000_000, 1_700_000_000))
    answer = ask(tmp_path)
    assert [(one.server.endpoint, one.server.username, one.tier) for one in answer.candidates] == [
        ("imap.hoster.com:993/tls", "you", Tier.T0),
        ("smtp.hoster.com:587/starttls", "you@example.com", Tier.T0),
    ]
    source = answer.candidates[0].sources[0]
    assert source.detail == "the operator's file example.com.json"
    assert str(source.fetched) == "2023-11-14 22:13:20+00:00"
    assert answer.advice is None


@pytest.mark.parametrize(
    ("form", "filled"),
    [
        ("%EMAILADDRESS%", "you@example.com"),
        ("%EMAILLOCALPART%.%EMAILDOMAIN%", "you.example.com"),
        ("%EMAILLOCALPART%@hoster.com", "you@hoster.com"),
        ("shared", "shared"),
    ],
)
def test_a_user_name_may_be_a_form(tmp_path: Path, form: str, filled: str) -> None:
    outgoing = {"host": "smtp.hoster.com", "port": 465, "security": "tls", "username": form}
    write(tmp_path, "example.com.json", {"address": "x@example.com", "outgoing": outgoing})
    assert ask(tmp_path).candidates[0].server.username == filled


def test_one_pass_fills_a_form_so_a_mailbox_with_an_odd_name_stays_what_it_is(tmp_path: Path) -> None:
    outgoing = {"host": "smtp.hoster.com", "port": 465, "security": "tls", "username": "%EMAILADDRESS%"}
    write(tmp_path, "example.com.json", {"address": "x@example.com", "outgoing": outgoing})
    odd = Address.parse("%EMAILDOMAIN%@example.com")
    assert ask(tmp_path, address=odd).candidates[0].server.username == "%EMAILDOMAIN%@example.com"


def test_a_client_config_file_is_believed_as_well(tmp_path: Path) -> None:
    write(tmp_path, "example.com.xml", CONFIG)
    assert [(one.server.endpoint, one.server.username, one.tier) for one in ask(tmp_path).candidates] == [
        ("imap.example.com:993/tls", "you", Tier.T0)
    ]


def test_the_first_folder_that_knows_is_believed_and_a_missing_one_knows_nothing(tmp_path: Path) -> None:
    first, second = tmp_path / "first", tmp_path / "second"
    second.mkdir()
    write(second, "example.com.xml", CONFIG)
    assert len(ask(first, second).candidates) == 1
    first.mkdir()
    write(first, "example.com.json", SERVERS)
    assert len(ask(first, second).candidates) == 2


def test_a_block_by_the_operator_is_advice(tmp_path: Path) -> None:
    notice = {"code": "blocked", "text": "Not here.", "url": None}
    write(tmp_path, "example.com.json", {"address": "x@example.com", "status": "refused", "notices": [notice]})
    answer = ask(tmp_path)
    assert answer.advice is not None
    assert (answer.advice.status, answer.advice.notices[0].text) == (Status.REFUSED, "Not here.")


def test_another_domain_has_no_file(tmp_path: Path) -> None:
    write(tmp_path, "example.com.json", SERVERS)
    for domain in ("sub.example.com", "example.org"):
        assert ask(tmp_path, address=Address.parse(f"you@{domain}")) == Answer(kind="override")


@pytest.mark.parametrize(
    ("name", "content", "reason"),
    [
        ("example.com.json", "{", "is not JSON"),
        ("example.com.json", "[]", "it is no object"),
        ("example.com.json", {"address": "you"}, "it has no @"),
        ("example.com.json", {"address": "x@example.org"}, "its address is of example.org"),
        ("example.com.json", {**SERVERS, "outgoing": {"host": "a.b", "port": 25}}, "port"),
        ("example.com.json", " " * (MAX_BYTES + 1), "larger than 64 KiB"),
        ("example.com.xml", "<html/>", "clientConfig"),
        ("example.com.xml", "<clientConfig/>", "no server a profile can use"),
        ("example.com.xml", '<!DOCTYPE a [<!ENTITY b "c">]><clientConfig/>', ""),
    ],
)
def test_a_file_that_cannot_be_used_is_named_with_the_reason(
    tmp_path: Path, name: str, content: object, reason: str
) -> None:
    path = write(tmp_path, name, content)
    with pytest.raises(ConfigProblem) as caught:
        ask(tmp_path)
    assert caught.value.code == "bad_override"
    assert str(path) in caught.value.message
    assert reason in caught.value.message


@pytest.mark.skipif(os.name != "posix", reason="named pipes are a POSIX notion")
def test_a_pipe_in_the_place_of_a_file_is_refused_and_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "example.com.json")
    with pytest.raises(ConfigProblem, match="no regular file"):
        ask(tmp_path)


def test_the_version_changes_with_every_file_and_never_fails(tmp_path: Path) -> None:
    folders = [tmp_path / "missing", tmp_path]
    seen = {version_of(folders)}
    path = write(tmp_path, "example.com.json", SERVERS)
    seen.add(version_of(folders))
    os.utime(path, (1, 1))
    seen.add(version_of(folders))
    path.unlink()
    assert (len(seen), version_of(folders) in seen) == (3, True)


@given(st.text(st.sampled_from("./\\\\ax%_-\0:"), min_size=1, max_size=20))
def test_no_domain_leads_out_of_the_folder(domain: str) -> None:
    with tempfile.TemporaryDirectory() as outside:
        folder = Path(outside) / "a" / "overrides"
        folder.mkdir(parents=True)
        for place in (Path(outside), Path(outside) / "a"):
            for name in ("", ".", "..", "a", "x", "a.a"):
                write(place, f"{name}.json", "a trap")
        assert ask(folder, address=Address(local="you", domain=domain)) == Answer(kind="override")
