"""Definitions: structural schemas from the table, and columns of `kubectl get`. tests/manifests has them on a real API server."""

from collections.abc import Iterator
from typing import Any

import pytest

from vaultkube.sync_resources.crds import definition, definitions
from vaultkube.sync_resources.resources import KINDS
from vaultkube.sync_resources.table import items_of


def schema(row: Any) -> dict[str, Any]:
    found: dict[str, Any] = definition(row)["spec"]["versions"][0]["schema"]["openAPIV3Schema"]
    return found


def parts(of: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield of
    inner = [*of.get("properties", {}).values(), of.get("items"), of.get("additionalProperties")]
    for part in filter(None, inner):
        yield from parts(part)


def test_each_kind_has_a_file_and_names_of_its_own() -> None:
    found = definitions()
    assert len(found) == len(KINDS) == 7
    names = [each["spec"]["names"] for each in found.values()]
    assert len({each["plural"] for each in names} | {each["shortNames"][0] for each in names}) == 14


@pytest.mark.parametrize("row", KINDS, ids=lambda row: row.kind)
def test_every_part_of_a_schema_has_a_type_and_every_field_its_help(row: Any) -> None:
    assert all("type" in part for part in parts(schema(row)))
    fields = schema(row)["properties"]["spec"]["properties"]
    assert {name: fields[name]["description"] for name in fields} == {
        item.name: item.help for item in items_of(row.table)
    }


@pytest.mark.parametrize("row", KINDS, ids=lambda row: row.kind)
def test_state_and_age_are_shown(row: Any) -> None:
    columns = definition(row)["spec"]["versions"][0]["additionalPrinterColumns"]
    assert [each["name"] for each in columns][-3:] == ["Ready", "Reason", "Age"]


def test_a_spec_is_needed_where_one_of_its_fields_is() -> None:
    needed = {row.kind for row in KINDS if "spec" in schema(row).get("required", ())}
    assert needed == {row.kind for row in KINDS} - {"VaultAuthGlobal", "SecretTransformation"}
