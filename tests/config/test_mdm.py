"""The servers a configuration names: mistakes are named with key, file and line, and no key ever stands in it."""

from pathlib import Path

import pytest

from profilegen.config.mdm import FIELDS, NEEDED, MdmKind
from profilegen.config.values import LoadedConfig, load_config
from profilegen.errors import ConfigProblem


def loaded(path: Path, text: str, **environ: str) -> LoadedConfig:
    path.write_text(text)
    return load_config(environ=environ, config_file=path, folders=[])


def test_a_server_is_read_with_its_values(tmp_path: Path) -> None:
    text = '[mdm.office]\nkind = "simplemdm"\nkey_file = "key"\nrate = 0.5\nlisten = "[::1]:9000"\n'

    config = loaded(tmp_path / "p.toml", text, PROFILEGEN_MDM__OFFICE__RATE="2").mdm["office"]

    assert (config.kind, config.get("key_file"), config.rate) == (MdmKind.SIMPLEMDM, "key", 2.0)
    assert config.listen == ("::1", 9000)


@pytest.mark.parametrize(
    ("text", "key", "line"),
    [
        ('[mdm.office]\nkind = "jamf"\nurl = "https://x"\nclient_id = "c"\nkey = "s3cret"', "mdm.office.key", ":5"),
        ('\n[mdm.a]\nkind = "intunes"', "mdm.a.kind", ":3"),
        ('[mdm.a]\nkind = "intune"\nclient_id = "c"', "mdm.a.tenant", ":2"),
        ('[mdm.a]\nkind = "folder"\nfolder = "x"\nurl = "https://x"', "mdm.a.url", ":4"),
        ('[mdm.b]\nkind = "folder"\nfolder = "x"\n[mdm.a]\nkind = "fleet"', "mdm.a.url", ":5"),
        ('[mdm.A]\nkind = "folder"\nfolder = "x"', "mdm.A.kind", ":2"),
    ],
)
def test_a_mistake_is_named_with_key_file_and_line_and_shows_no_value(
    tmp_path: Path, text: str, key: str, line: str
) -> None:
    path = tmp_path / "profilegen.toml"

    with pytest.raises(ConfigProblem) as caught:
        loaded(path, text)

    assert caught.value.code == "bad_mdm"
    assert key in caught.value.message
    assert f"{path}{line}" in caught.value.message
    assert "s3cret" not in caught.value.message + caught.value.hint


@pytest.mark.parametrize("value", ['"fast"', "0", "-1", '""', "true"])
def test_a_pace_that_is_none_is_refused(tmp_path: Path, value: str) -> None:
    with pytest.raises(ConfigProblem, match=r"mdm\.office\.rate"):
        _ = (
            loaded(tmp_path / "p.toml", f'[mdm.office]\nkind = "folder"\nfolder = "x"\nrate = {value}')
            .mdm["office"]
            .rate
        )


@pytest.mark.parametrize("value", ["9000", ":9000", "127.0.0.1:0", "127.0.0.1:x"])
def test_a_place_to_listen_that_is_none_is_refused(tmp_path: Path, value: str) -> None:
    text = f'[mdm.a]\nkind = "nanomdm"\nurl = "https://x"\nlisten = "{value}"'
    with pytest.raises(ConfigProblem, match=r"mdm\.a\.listen"):
        _ = loaded(tmp_path / "p.toml", text).mdm["a"].listen


def test_every_kind_has_settings_and_needs_only_what_it_has() -> None:
    assert set(FIELDS) == set(NEEDED) == set(MdmKind)
    assert all(set(NEEDED[kind]) <= set(FIELDS[kind]) for kind in MdmKind)
