"""From clientConfig XML to provider files: what is taken, what is left out and said, and how it is written."""

import tomllib
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from profilegen.catalogue.check import check_text
from profilegen.catalogue.importers import (
    ImportedProvider,
    Origin,
    import_client_config,
    import_files,
    write_providers,
)
from profilegen.errors import InputProblem, OutputProblem

TODAY = date(2026, 11, 23)
ISPDB = Origin(name="ispdb", commit="abc", date="2026-03-12")


def server(kind: str, host: str, port: int, socket: str, *, auth: str = "password-cleartext", extra: str = "") -> str:
    tag = "outgoingServer" if kind == "smtp" else "incomingServer"
    return (
        f'<{tag} type="{kind}"><hostname>{host}</hostname><port>{port}</port><socketType>{socket}</socketType>'
        f"<username>%EMAILADDRESS%</username><authentication>{auth}</authentication>{extra}</{tag}>"
    )


def config(*servers: str, domains: tuple[str, ...] = ("good.example",), extra: str = "") -> bytes:
    named = "".join(f"<domain>{domain}</domain>" for domain in domains)
    return (
        f'<clientConfig version="1.1"><emailProvider id="good.example">{named}<displayName>Good Mail</displayName>'
        f"{''.join(servers)}{extra}</emailProvider></clientConfig>"
    ).encode()


IMAP = server("imap", "imap.good.example", 993, "SSL")
SMTP = server("smtp", "smtp.good.example", 587, "STARTTLS")


def take(data: bytes, name: str = "good.example.xml") -> tuple[dict[str, Any], tuple[str, ...]]:
    imported = import_client_config(data, name=name, origin=ISPDB, today=TODAY)
    return tomllib.loads(imported.text), imported.notes


def test_a_good_file_becomes_a_clean_provider_file() -> None:
    imported = import_client_config(config(IMAP, SMTP), name="good.example.xml", origin=ISPDB, today=TODAY)
    assert (imported.file, imported.notes) == ("good.example.toml", ())
    assert check_text(imported.file, imported.text, today=TODAY) == ()
    provider = tomllib.loads(imported.text)
    assert provider["id"] == "good.example" and provider["checked"] == TODAY
    assert provider["sources"] == [
        {"name": "ispdb", "entry": "good.example.xml", "commit": "abc", "date": "2026-03-12"}
    ]


def test_the_preferred_connection_comes_first() -> None:
    provider, notes = take(
        config(
            server("pop3", "pop.good.example", 995, "SSL"),
            server("imap", "imap.good.example", 143, "STARTTLS"),
            IMAP,
            server("smtp", "smtp.good.example", 465, "SSL"),
            SMTP,
        )
    )
    assert notes == ()
    assert [entry["port"] for entry in provider["imap"]] == [993, 143]
    assert [entry["port"] for entry in provider["smtp"]] == [587, 465]
    assert [entry["port"] for entry in provider["pop"]] == [995]


DEFECTS = [
    (server("pop3", "pops.good.example", 993, "SSL"), "belongs to another protocol"),
    (server("imap", "imap2.good.example", 587, "STARTTLS"), "belongs to another protocol"),
    (server("smtp", "mx.good.example", 25, "STARTTLS"), "port 25"),
    (server("smtp", "smtp2.good.example", 587, "SSL"), "port 587 speaks starttls"),
    (server("smtp", "smtp2.good.example", 587, "plain"), "plain_text"),
    (IMAP.replace("%EMAILADDRESS%", "%EMAILADDRESS"), "no known placeholder"),
    (IMAP.replace("%EMAILADDRESS%", "%REALNAME%"), "no known placeholder"),
    (IMAP.replace("<username>%EMAILADDRESS%</username>", ""), "incomplete"),
    (server("imap", "imap2.good.example", 993, "SSL", auth="GSSAPI"), "no_known_login"),
    (IMAP.replace("imap.good.example", "https://imap.good.example"), "is not a host name"),
    (
        server("smtp", "home.good.example", 465, "SSL", extra="<restriction>client-IP-address</restriction>"),
        "restricted",
    ),
]


@pytest.mark.parametrize(("bad", "said"), DEFECTS, ids=[said for _, said in DEFECTS])
def test_a_bad_server_drops_only_itself_and_is_named(bad: str, said: str) -> None:
    provider, notes = take(config(bad, IMAP, SMTP))
    assert len(notes) == 1 and said in notes[0] and "left out" in notes[0]
    assert [len(provider[table]) for table in ("imap", "smtp")] == [1, 1]
    assert "pop" not in provider and "incomplete" not in provider


def test_a_lost_direction_makes_the_file_incomplete() -> None:
    provider, notes = take(config(IMAP, server("smtp", "smtp.good.example", 25, "plain")))
    assert provider["incomplete"] is True and "smtp" not in provider
    assert any("no outgoing server is left of 2" in note for note in notes)


def test_plain_text_alone_is_not_offered_and_said() -> None:
    plain = config(server("pop3", "pop.good.example", 110, "plain"), server("smtp", "s.good.example", 587, "plain"))
    provider, _ = take(plain)
    assert [notice["code"] for notice in provider["notices"]] == ["no_tls_offered"]
    assert not {"imap", "pop", "smtp"} & set(provider)


def test_oauth_alone_is_no_password_account() -> None:
    provider, notes = take(
        config(server("imap", "imap.good.example", 993, "SSL", auth="OAuth2"), SMTP),
    )
    assert provider["status"] == "oauth_only" and notes == ()
    assert provider["notices"][0]["code"] == "oauth_sign_in"


def test_where_imap_must_be_switched_on_first_a_notice_says_so_in_our_words() -> None:
    enable = '<enable visiturl="https://good.example/on"><instruction lang="en">Do this.</instruction></enable>'
    guide = '<documentation url="https://good.example/help"><descr lang="en">Help</descr></documentation>'
    provider, _ = take(config(IMAP, SMTP, extra=enable + guide))
    assert provider["support"] == "https://good.example/help"
    assert provider["notices"][0]["code"] == "enable_imap_first"
    assert provider["notices"][0]["url"] == "https://good.example/on"
    assert "Do this" not in str(provider)


def test_domains_are_sorted_cleaned_and_unique() -> None:
    domains = ("b.example", "A.example", "a.example", "bücher.example", "localhost", "%EMAILDOMAIN%")
    provider, notes = take(config(IMAP, SMTP, domains=domains))
    assert provider["domains"] == ["a.example", "b.example", "xn--bcher-kva.example"]
    assert [note.partition(":")[0] for note in notes] == ['domain "localhost"', 'domain "%emaildomain%"']


def test_a_template_for_the_host_is_kept() -> None:
    provider, notes = take(config(server("imap", "mail.%EMAILDOMAIN%", 993, "SSL"), SMTP))
    assert provider["imap"][0]["host"] == "mail.%EMAILDOMAIN%" and notes == ()


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (config(IMAP, SMTP, domains=("%EMAILDOMAIN%",)), "names no mail domain"),
        (b"<html/>", "not a clientConfig"),
        (b"<clientConfig>", "not well-formed"),
        (b'<!DOCTYPE x [<!ENTITY a "b">]><clientConfig>&a;</clientConfig>', "not well-formed"),
        (b"<clientConfig>" + b" " * 70_000 + b"</clientConfig>", "larger than 64 KiB"),
    ],
)
def test_what_gives_no_provider_is_refused(data: bytes, said: str) -> None:
    with pytest.raises(InputProblem, match=said):
        take(data)


@pytest.mark.parametrize(
    ("name", "file"),
    [
        ("MessagingEngine.xml", "messagingengine.toml"),
        ("config-v1.1.xml", "good.example.toml"),
        ("../../etc/passwd.xml", "etc-passwd.toml"),
        ("…", "provider.toml"),
        ("x" * 200 + ".xml", "x" * 64 + ".toml"),
    ],
)
def test_a_file_name_becomes_a_harmless_id(name: str, file: str) -> None:
    imported = import_client_config(config(IMAP, SMTP), name=name, origin=ISPDB, today=TODAY)
    assert (imported.file, imported.notes) == (file, ())


def test_a_folder_gives_one_file_each_and_a_bad_one_refuses_itself(tmp_path: Path) -> None:
    (tmp_path / "good.example.xml").write_bytes(config(IMAP, SMTP))
    (tmp_path / "bad.xml").write_bytes(b"no xml")
    (tmp_path / "README.md").write_bytes(b"no xml either")
    found = import_files(tmp_path, ISPDB, today=TODAY)
    assert [provider.file for provider in found.providers] == ["good.example.toml"]
    assert [(refused.file, "not well-formed" in refused.reason) for refused in found.refused] == [("bad.xml", True)]


def test_a_single_file_can_be_imported(tmp_path: Path) -> None:
    path = tmp_path / "single.xml"
    path.write_bytes(config(IMAP, SMTP))
    assert [provider.file for provider in import_files(path, ISPDB, today=TODAY).providers] == ["single.toml"]


@pytest.mark.parametrize("name", ["nothing", "."])
def test_nothing_to_import_is_an_input_problem(tmp_path: Path, name: str) -> None:
    with pytest.raises(InputProblem):
        import_files(tmp_path / name, ISPDB, today=TODAY)


ONE = ImportedProvider(file="one.toml", text="id = 1\n", notes=())


def test_an_existing_file_is_never_overwritten_unless_asked(tmp_path: Path) -> None:
    assert write_providers([ONE], tmp_path / "new") == (tmp_path / "new" / "one.toml",)
    (tmp_path / "new" / "one.toml").write_text("mine", encoding="utf-8")
    with pytest.raises(InputProblem, match="exists already") as caught:
        write_providers([ONE], tmp_path / "new")
    assert caught.value.code == "exists"
    assert (tmp_path / "new" / "one.toml").read_text(encoding="utf-8") == "mine"
    write_providers([ONE], tmp_path / "new", overwrite=True)
    assert (tmp_path / "new" / "one.toml").read_text(encoding="utf-8") == "id = 1\n"
    assert [path.name for path in (tmp_path / "new").iterdir()] == ["one.toml"]


def test_a_link_in_the_place_of_the_file_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "one.toml").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(InputProblem):
        write_providers([ONE], tmp_path)
    assert not (tmp_path / "elsewhere").exists()


def test_a_folder_that_cannot_be_made_is_an_output_problem(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x", encoding="utf-8")
    with pytest.raises(OutputProblem):
        write_providers([ONE], tmp_path / "file")
