"""The tables in the migration pages name only existing values and settings."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.manifests.chart.rendering import CHART, ROOT

SCHEMA = json.loads((CHART / "values.schema.json").read_text(encoding="utf-8"))
VALUES = yaml.safe_load((CHART / "values.yaml").read_text(encoding="utf-8"))
PAGES = [
    ROOT / "docs" / name
    for name in (
        "migration-bank-vaults.md",
        "migration-vault-k8s.md",
        "migration-vault-secrets-operator.md",
        "chart.md",
    )
]


def resolved(part: Any) -> Any:
    return SCHEMA["definitions"][part["$ref"].rpartition("/")[2]] if "$ref" in part else part


def has_value(path: str) -> bool:
    """Return whether a value of that path may be given."""
    part: Any = SCHEMA
    for name in path.split("."):
        part = resolved(part).get("properties", {}).get(name)
        if part is None:
            return False
    return True


def named(page: Path) -> Iterator[str]:
    """Yield the names of our values on the page: the code of the last column, without texts that are no path."""
    for line in page.read_text(encoding="utf-8").splitlines():
        if line.startswith("| ") and "---" not in line:
            for code in re.findall(
                r"`([^`]+)`", line.rpartition(" | ")[2].split("; ")[0].partition("not here")[0]
            ):
                word = code.partition(":")[0]
                if re.fullmatch(r"[a-z][A-Za-z]*(\.[A-Za-z_]+)*", word) and "kubectl" not in word:
                    yield word


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_each_value_that_a_page_names_can_be_given(page: Path) -> None:
    words = list(named(page))
    assert len(words) > 5
    assert [word for word in words if not has_value(word)] == []


def leaves(values: Any, path: str = "") -> Iterator[str]:
    if isinstance(values, dict) and values:
        for name, value in values.items():
            yield from leaves(value, f"{path}.{name}" if path else name)
    else:
        yield path


def test_the_schema_knows_each_value_that_has_a_default() -> None:
    paths = list(leaves(VALUES))
    assert len(paths) > 60
    assert [
        path
        for path in paths
        if not has_value(path) and "resources." not in path and "tolerations" not in path
    ] == []
