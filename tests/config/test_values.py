from dataclasses import fields
from datetime import timedelta
from pathlib import Path

import pytest

from profilegen.config.values import KEYS, Config, load_config
from profilegen.errors import ConfigProblem


def test_every_field_has_a_dotted_key() -> None:
    assert {field.name for field in fields(Config)} == set(KEYS.values())


def test_environment_beats_the_named_file_which_beats_the_folder(tmp_path: Path) -> None:
    named = tmp_path / "named.toml"
    named.write_text('organization = "Named"\n[network]\nresolver = "127.0.0.1:53"\n')
    (tmp_path / "profilegen.toml").write_text(
        'organization = "Folder"\nidentifier_prefix = "com.example"\ndomains = ["example.com"]\n'
        '[network]\nresolver = "127.0.0.2"\n'
    )

    loaded = load_config(
        environ={"PROFILEGEN_NETWORK__RESOLVER": "127.0.0.3:5353", "PROFILEGEN_MAIL_PASSWORD": "x"},
        config_file=named,
        folders=[tmp_path],
    )

    assert loaded.config == Config(
        organization="Named",
        identifier_prefix="com.example",
        domains=("example.com",),
        network_resolver="127.0.0.3:5353",
    )
    assert loaded.origins["network.resolver"] == "environment PROFILEGEN_NETWORK__RESOLVER"
    assert loaded.origins["organization"] == f"file {named}"
    assert loaded.origins["signing.key"] == "default"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("organisation = 'x'", '"organisation"'),
        ("organization = 3", "must be a text"),
        ("domains = 'example.com'", "must be a list"),
        ("[network]\nresolver = ''", "must be a text"),
        ("organization = ", "cannot be read"),
        ("[policy]\nmin_level = 5", "a level from 1 to 4"),
        ("[policy]\nmin_level = true", "a level from 1 to 4"),
        ("[policy]\nmin_level = '1'", "a level from 1 to 4"),
        ("[policy]\nmax_age = 7", "must be a text"),
        ("[policy]\nmax_age = '7 days'", "is no duration"),
    ],
)
def test_a_wrong_file_is_named_with_its_key(tmp_path: Path, text: str, words: str) -> None:
    path = tmp_path / "profilegen.toml"
    path.write_text(text)

    with pytest.raises(ConfigProblem, match=words) as caught:
        load_config(environ={}, config_file=None, folders=[tmp_path])

    assert str(path) in caught.value.message


def test_a_misspelt_section_in_the_environment_is_an_error() -> None:
    with pytest.raises(ConfigProblem, match=r"network\.resolvr"):
        load_config(environ={"PROFILEGEN_NETWORK__RESOLVR": "x"}, config_file=None, folders=[])


def test_a_list_in_the_environment_is_comma_separated_or_json() -> None:
    for text in ("example.com, example.org", '["example.com", "example.org"]'):
        loaded = load_config(environ={"PROFILEGEN_DOMAINS": text}, config_file=None, folders=[])

        assert loaded.config.domains == ("example.com", "example.org")


def test_block_lists_are_a_list_and_none_by_default(tmp_path: Path) -> None:
    (tmp_path / "profilegen.toml").write_text('[review]\ndnsbl = ["bl.example.net"]\n')

    assert load_config(environ={}, config_file=None, folders=[tmp_path]).config.review_dnsbl == ("bl.example.net",)
    assert load_config(environ={}, config_file=None, folders=[]).config.review_dnsbl == ()


def test_the_policy_comes_from_file_and_environment_in_its_own_types(tmp_path: Path) -> None:
    (tmp_path / "profilegen.toml").write_text("[policy]\nmin_level = 2\n")

    loaded = load_config(environ={"PROFILEGEN_POLICY__MAX_AGE": "36h"}, config_file=None, folders=[tmp_path])
    other = load_config(environ={"PROFILEGEN_POLICY__MIN_LEVEL": "3"}, config_file=None, folders=[tmp_path])

    assert (loaded.config.policy_min_level, loaded.config.policy_max_age) == (2, timedelta(hours=36))
    assert (loaded.value("policy.min_level"), loaded.value("policy.max_age")) == ("2", "36h")
    assert (other.config.policy_min_level, other.value("policy.max_age")) == (3, "7d")


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://fleet:S3cret@db.example.com/fleet",
        "postgresql://fleet:S3cret@/fleet",
        "postgresql://fleet:S3@cret@db.example.com/fleet",
        "postgresql://db.example.com/fleet?sslmode=require&password=S3cret",
    ],
)
def test_a_database_url_with_a_password_is_refused_without_repeating_it(url: str) -> None:
    with pytest.raises(ConfigProblem) as caught:
        load_config(environ={"PROFILEGEN_FLEET__DATABASE": url}, config_file=None, folders=[])

    assert caught.value.code == "password_in_url"
    assert "S3" not in caught.value.message + caught.value.hint


def test_no_other_url_with_a_password_is_taken_either() -> None:
    for name in ("MDM__ACME__URL", "SEND__BASE_URL"):
        with pytest.raises(ConfigProblem) as caught:
            load_config(environ={f"PROFILEGEN_{name}": "https://ops:S3cret@example.com/"}, config_file=None, folders=[])
        assert caught.value.code == "password_in_url"
        assert "S3" not in caught.value.message + caught.value.hint


@pytest.mark.parametrize(
    "url", ["postgresql://fleet@db.example.com:5432/fleet", "postgresql://[::1]:5432/fleet", "postgresql:///fleet"]
)
def test_a_database_url_without_a_password_is_taken_as_it_is(url: str) -> None:
    loaded = load_config(environ={"PROFILEGEN_FLEET__DATABASE": url}, config_file=None, folders=[])

    assert loaded.config.fleet_database == url


def test_a_folder_at_which_the_system_refuses_to_look_holds_no_configuration(tmp_path: Path) -> None:
    loaded = load_config(environ={}, config_file=None, folders=[tmp_path / (300 * "x")])

    assert loaded.config == Config()
