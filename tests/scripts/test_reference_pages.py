"""The reference pages are those made from the tables in the code."""

from pathlib import Path

import pytest

from scripts.folders import PACKAGES, folders
from scripts.reference_pages import pages


@pytest.mark.parametrize("path", pages(), ids=lambda path: path.name)
def test_a_page_is_current(path: Path) -> None:
    assert path.read_text(encoding="utf-8") == pages()[path], "run scripts/docs"


@pytest.mark.parametrize("package", PACKAGES)
def test_every_folder_has_a_summary(package: str) -> None:
    assert [folder for folder, summary in folders(package).items() if not summary.endswith(".")] == []
