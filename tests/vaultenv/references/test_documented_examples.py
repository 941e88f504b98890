"""Every example of docs/references.md, run on the secrets of the page."""

import re
from pathlib import Path

import pytest

from tests.vaultenv.resolving import resolve
from vaultenv.basics.jsontext import loads
from vaultenv.references.store import FileStore

PAGE = (Path(__file__).parents[3] / "docs/references.md").read_text(encoding="utf-8")
STORE = FileStore(loads(PAGE.partition("```json\n")[2].partition("```")[0].encode()))
ROW = re.compile(r"^\| `(.+)` \| (?:`(.*)`|\*left out\*) \|$", re.MULTILINE)
EXAMPLES = [
    (value.replace("\\|", "|"), result if f"`{value}` | `" in PAGE else None)
    for value, result in ROW.findall(PAGE)
    if "vault" in value.lower() or value.startswith("$")
]


def test_the_page_has_examples() -> None:
    assert len(EXAMPLES) >= 30


@pytest.mark.parametrize(("value", "expected"), EXAMPLES)
def test_an_example_has_the_result_on_the_page(value: str, expected: str | None) -> None:
    environ = {b"V": value.encode()}
    resolved = resolve(environ, STORE)
    becomes = resolved.get(b"V") if "vault:" in value and b"V" in resolved else None
    if becomes is None and expected is not None:
        assert value == expected
    else:
        assert becomes == (None if expected is None else expected.encode())
