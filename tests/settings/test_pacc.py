"""PACC documents and the records that vouch for them: what is used, what is dropped, and that no bytes can hurt."""

import base64
import hashlib
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from profilegen.address import Address
from profilegen.errors import InputProblem
from profilegen.settings.pacc import PaccDocument, parse_pacc, vouches
from profilegen.settings.servers import Auth, Protocol
from profilegen.settings.xmltree import MAX_BYTES

YOU = Address.parse("you@example.test")
IMAP = {"host": "imap.example.test"}
SMTP = {"host": "smtp.example.test"}
DIGEST = hashlib.sha256(b"body").digest()
BASE64 = base64.b64encode(DIGEST).decode()


def parse(protocols: Any, **members: Any) -> PaccDocument:
    return parse_pacc(json.dumps({"protocols": protocols, **members}).encode())


def endpoints(document: PaccDocument) -> list[str]:
    return [f"{server.protocol}://{server.endpoint}" for server in document.servers(YOU)]


@pytest.mark.parametrize("outgoing", ["smtp", "submit"], ids=["revision 02", "revision 03"])
def test_every_protocol_runs_over_tls_on_its_own_port_with_the_address_as_user_name(outgoing: str) -> None:
    document = parse(
        {
            "imap": IMAP,
            "pop3": {"host": "pop.example.test"},
            outgoing: SMTP,
            "jmap": {"url": "https://example.test/jmap"},
            "managesieve": {"host": "sieve.example.test"},
        },
        authentication={"password": True},
        info={"provider": {"name": "Example"}},
    )
    assert endpoints(document) == [
        "imap://imap.example.test:993/tls",
        "pop3://pop.example.test:995/tls",
        "smtp://smtp.example.test:465/tls",
    ]
    assert {(server.username, server.auth) for server in document.servers(YOU)} == {
        ("you@example.test", (Auth.PASSWORD,))
    }


def test_the_newer_word_for_outgoing_mail_wins() -> None:
    document = parse({"smtp": {"host": "old.example.test"}, "submit": {"host": "new.example.test"}})
    assert document.hosts == ((Protocol.SMTP, "new.example.test"),)


def test_one_direction_alone_is_one_direction() -> None:
    assert endpoints(parse({"submit": SMTP})) == ["smtp://smtp.example.test:465/tls"]


@pytest.mark.parametrize(
    "bad", [None, "imap.example.test", {}, {"host": None}, {"host": 7}, {"host": "a b"}, {"host": "https://a.test/"}]
)
def test_a_bad_host_drops_only_itself(bad: Any) -> None:
    assert endpoints(parse({"imap": bad, "submit": SMTP})) == ["smtp://smtp.example.test:465/tls"]


@pytest.mark.parametrize(
    ("authentication", "auth"),
    [
        ({"password": True, "oauth-public": {"issuer": "https://id.example.test"}}, (Auth.PASSWORD, Auth.OAUTH2)),
        ({"password": False, "oauth-public": {"issuer": "https://id.example.test"}}, (Auth.OAUTH2,)),
        ({"oauth-public": {"issuer": "https://id.example.test"}}, (Auth.OAUTH2,)),
        ({"password": False}, ()),
        ({"password": "yes"}, ()),
        ([], ()),
    ],
)
def test_how_to_log_in_is_what_the_document_says(authentication: Any, auth: tuple[Auth, ...]) -> None:
    document = parse({"imap": IMAP}, authentication=authentication)
    assert document.auth == auth
    assert document.oauth_only == (auth == (Auth.OAUTH2,))
    assert bool(document.servers(YOU)) == (Auth.PASSWORD in auth)


def test_without_a_word_about_it_a_password_is_assumed() -> None:
    assert parse({"imap": IMAP}).auth == (Auth.PASSWORD,)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"<html></html>",
        b"[]",
        b"{}",
        b'{"protocols": []}',
        b'{"protocols": {}, "protocols": {}}',
        b'{"protocols": {"imap": {"host": "\xff"}}}',
        b'{"protocols": {}, "a": NaN}',
        b"[" * 60_000,
        b'{"protocols": {}, "a": ' + b"9" * 5_000 + b"}",
        b'{"protocols": {}}' + b" " * MAX_BYTES,
    ],
    ids=["empty", "html", "array", "no protocols", "no object", "twice", "latin", "nan", "deep", "number", "large"],
)
def test_what_is_no_document_is_refused(data: bytes) -> None:
    with pytest.raises(InputProblem) as caught:
        parse_pacc(data)
    assert caught.value.code == "not_pacc"


@pytest.mark.parametrize(
    "record",
    [
        f"v=UAAC1; a=sha256; d={BASE64}",
        f"v=UAAC1;a=sha256;d={BASE64};",
        f" d = {BASE64} ;  a= SHA256; new=tag; v=uaac1 ",
    ],
    ids=["as written in the draft", "no space, last semicolon", "any order, unknown tag"],
)
def test_a_record_vouches_for_its_bytes_however_it_is_laid_out(record: str) -> None:
    assert vouches(record, DIGEST)
    assert not vouches(record, hashlib.sha256(b"body ").digest())


@pytest.mark.parametrize(
    "record",
    [
        "",
        BASE64,
        f"v=UAAC2; a=sha256; d={BASE64}",
        f"v=UAAC1; a=sha512; d={BASE64}",
        f"v=UAAC1; d={BASE64}",
        "v=UAAC1; a=sha256",
        "v=UAAC1; a=sha256; d=",
        f"v=UAAC1; a=sha256; d={BASE64[:20]}",
        f"v=UAAC1; a=sha256; d=!{BASE64}",
        "v=UAAC1; a=sha256; d=\xe9",
    ],
)
def test_another_record_vouches_for_nothing(record: str) -> None:
    assert not vouches(record, DIGEST)


_KEYS = ("protocols", "imap", "smtp", "submit", "host", "authentication", "password", "oauth-public", "issuer")
_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(_KEYS) | st.text(max_size=4), inner),
    max_leaves=12,
)


@given(st.dictionaries(st.sampled_from(_KEYS), _JSON), _JSON)
def test_any_json_is_a_document_or_refused(members: dict[str, Any], protocols: Any) -> None:
    try:
        document = parse_pacc(json.dumps({**members, "protocols": protocols}).encode())
    except InputProblem:
        return
    for server in document.servers(YOU):
        assert server.port in (465, 993, 995)


@given(st.binary(max_size=200))
def test_any_bytes_are_a_document_or_refused(data: bytes) -> None:
    try:
        parse_pacc(data)
    except InputProblem as problem:
        assert problem.code == "not_pacc"


@given(st.text(max_size=100))
def test_no_text_but_the_digest_vouches(record: str) -> None:
    assert not vouches(record, DIGEST)
    assert not vouches(f"v=UAAC1; a=sha256; d={record}", DIGEST) or record.strip() == BASE64
