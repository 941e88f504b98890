"""Custom objects: each field is read, each fault is a problem with its place, all at once."""

from dataclasses import fields
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.vaultkube.sync_resources.documents import SMALLEST, document, wrong_documents
from vaultkube.sync_resources.auth import AuthSpec
from vaultkube.sync_resources.kinds import RULE
from vaultkube.sync_resources.methods import AppRoleLogin
from vaultkube.sync_resources.references import Reference
from vaultkube.sync_resources.resources import BY_KIND, KINDS, is_resource, read_resource
from vaultkube.sync_resources.secrets import DynamicSecretSpec, StaticSecretSpec
from vaultkube.sync_resources.table import items_of

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=12,
)


@pytest.mark.parametrize("kind", SMALLEST)
def test_the_smallest_object_of_each_kind_has_no_problem(kind: str) -> None:
    found = read_resource(document(kind))
    assert (found.problems, str(found)) == ((), f"{kind} team/one")
    assert isinstance(found.spec, BY_KIND[kind].table)


@pytest.mark.parametrize("row", KINDS, ids=lambda row: row.kind)
def test_every_field_of_a_spec_has_its_row(row: Any) -> None:
    assert [item.field for item in items_of(row.table)] == [one.name for one in fields(row.table)]


def test_an_auth_of_the_manual_is_read() -> None:
    spec = read_resource(document("VaultAuth", vaultConnectionRef="vault-connection")).spec
    assert isinstance(spec, AuthSpec)
    assert spec.connection == Reference("", "vault-connection")
    assert spec.login("appRole") == AppRoleLogin(role_id="e7a69056", secret="k8s-vault-op")


def test_a_static_secret_has_its_defaults() -> None:
    spec = read_resource(document("VaultStaticSecret", refreshAfter="1h30m")).spec
    assert isinstance(spec, StaticSecretSpec)
    assert (spec.refresh_after_s, spec.hmac, spec.auth, spec.destination.create) == (5400, True, None, False)


def test_null_is_a_field_that_is_not_there() -> None:
    spec = read_resource(
        document("VaultDynamicSecret") | {"spec": {**SMALLEST["VaultDynamicSecret"], "renewalPercent": None}}
    ).spec
    assert isinstance(spec, DynamicSecretSpec)
    assert spec.renewal_percent == 67


@pytest.mark.parametrize("name", wrong_documents())
def test_a_fault_is_a_problem_with_its_place(name: str) -> None:
    wrong, part = wrong_documents()[name]
    found = read_resource(wrong)
    assert found.spec is None
    assert [part in problem.message for problem in found.errors] == [True]


def test_all_faults_are_reported_at_once() -> None:
    found = read_resource(document("VaultStaticSecret", mount=1, type="kv", path="", destination={"name": 7}))
    assert [problem.path[1:] for problem in found.errors] == [
        ("mount",),
        ("path",),
        ("type",),
        ("destination", "name"),
    ]


def test_an_unknown_field_is_a_problem_with_a_suggestion_and_the_spec_is_used() -> None:
    found = read_resource(document("VaultStaticSecret", refreshafter="60s"))
    assert found.spec and not found.errors
    assert [(problem.rule, "refreshAfter?" in problem.message) for problem in found.problems] == [
        ("sync-unknown", True)
    ]


def test_malformed_templates_and_expressions_are_problems_of_the_object() -> None:
    transformation = {
        "includes": ["ok", "("],
        "templates": {"a": {"text": "{{ .x | foo }}"}, "b": {"text": "{{ .Secrets.x | upper }}"}},
    }
    found = read_resource(
        document("VaultStaticSecret", destination={"name": "kv", "transformation": transformation})
    )
    assert [problem.path[3:] for problem in found.errors] == [("includes", 1), ("templates", "a", "text")]
    assert 'function "foo" not defined' in found.errors[1].message


def test_a_header_is_in_no_message() -> None:
    found = read_resource(document("VaultConnection", headers={"X-Key": ["s3cret"], "Other": 17253}))
    assert len(found.errors) == 2
    assert not [
        problem for problem in found.errors if "s3cret" in problem.message or "17253" in problem.message
    ]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("Content-Length", "5"),
        ("transfer-encoding", "chunked"),
        ("Connection", "Upgrade"),
        ("X Key", "a"),
        ("X-Key:", "a"),
        ("", "a"),
        ("X-Key", "a\r\nOther: b"),
        ("X-Key", "\x00"),
        ("X-Key", " a"),
    ],
)
def test_a_header_that_ends_or_reaches_into_other_requests_is_a_problem(name: str, value: str) -> None:
    found = read_resource(document("VaultConnection", headers={name: value, "X-Right": "é, 1"}))
    assert [problem.path for problem in found.errors] == [("spec", "headers", name)]


@pytest.mark.parametrize("patterns", [["(?:(?:(?:){1000}){1000}){1000}"], ["x{1000}"] * 800])
def test_expressions_of_an_object_are_compiled_within_bounds_together(patterns: list[str]) -> None:
    found = read_resource(document("SecretTransformation", includes=patterns))
    assert found.errors
    assert all("too many steps" in problem.message for problem in found.errors)


@pytest.mark.parametrize(
    ("kind", "spec"),
    [
        ("SecretTransformation", {"includes": ["("] * 20_000}),
        ("SecretTransformation", {"templates": {f"k{number}": {"text": "{{"} for number in range(5000)}}),
        ("VaultConnection", {"headers": {f"a {number}": "x" for number in range(5000)}}),
    ],
)
def test_problems_of_an_object_do_not_fill_the_memory(kind: str, spec: dict[str, Any]) -> None:
    assert 50 < len(read_resource(document(kind, **spec)).errors) <= 500


def test_documents_of_other_groups_are_none() -> None:
    assert not is_resource({"apiVersion": "v1", "kind": "Secret"})
    assert not is_resource({"apiVersion": "secrets.hashicorp.com/v1beta1", "kind": "CSISecrets"})
    assert not is_resource({"apiVersion": "secrets.hashicorp.com/v1beta1", "kind": ["VaultAuth"]})


@given(st.sampled_from(sorted(SMALLEST)), st.data())
def test_any_spec_has_values_or_problems(kind: str, data: st.DataObject) -> None:
    names = [item.name for item in items_of(BY_KIND[kind].table)]
    spec = data.draw(st.dictionaries(st.sampled_from(names), JSON, max_size=4) | JSON)
    found = read_resource({"kind": kind, "metadata": None, "spec": spec})
    assert (found.spec is None) == any(problem.rule == RULE for problem in found.problems)
    assert all(problem.path[0] == "spec" for problem in found.problems)
