"""The page about MDMs says what the records say."""

from profilegen.config.mdm import FIELDS, MdmKind
from tests.mdm.capability_table import PAGE, generated


def test_the_table_of_the_page_is_that_of_the_records() -> None:
    assert generated() in PAGE.read_text(encoding="utf-8"), "run python -m tests.mdm.capability_table"


def test_every_kind_and_every_setting_stands_in_the_page() -> None:
    page = PAGE.read_text(encoding="utf-8")

    for kind in MdmKind:
        assert f'kind = "{kind}"' in page
        for field in FIELDS[kind]:
            assert f"`{field}`" in page or f"{field} = " in page, f"{kind}: {field}"
