"""Paths allowed to a namespace; the layout is that of docs/path-policy.md."""

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vaultenv.references.grammar import normal_path
from vaultkube import value_types
from vaultkube.deadline import Deadline
from vaultkube.errors import OutOfTime
from vaultkube.policy.paths import PathPolicy, RequestedPath, foreign_namespace
from vaultkube.problem import Problem

LAYOUT = ("09999-demo-cluster/data/{namespace}", "09999-demo-cluster/data/_shared")
POLICY = PathPolicy(LAYOUT)


FIELD = ("spec", "containers", 0, "env", 0, "value")


def is_allowed(path: str | None, namespace: str = "team", policy: PathPolicy = POLICY) -> bool:
    return not policy.violations([RequestedPath(FIELD, "here", path)], namespace)


@pytest.mark.parametrize(
    "path",
    [
        "09999-demo-cluster/data/team",
        "09999-demo-cluster/data/team/app",
        "09999-demo-cluster/data/team/app/deep",
        "09999-demo-cluster/data/_shared",
        "09999-demo-cluster/data/_shared/app",
        "/09999-demo-cluster//data/./team/x/../app/",
        "09999-demo-cluster/data/other/../team",
        "09999-demo-cluster/data/team/100%",
    ],
)
def test_the_namespaces_own_path_and_the_shared_one_are_allowed(path: str) -> None:
    assert is_allowed(path)


@pytest.mark.parametrize(
    "path",
    [
        "09999-demo-cluster/data/other",
        "09999-demo-cluster/data/team-b",
        "09999-demo-cluster/data/tea",
        "09999-demo-cluster/data/Team",
        "09999-demo-cluster/data/_shared2",
        "09999-demo-cluster/data",
        "09999-demo-cluster/metadata/team",
        "09999-demo-cluster-2/data/team",
        "x/09999-demo-cluster/data/team",
        "09999-demo-cluster/data/team/../other",
        "09999-demo-cluster/data/team/%2e%2e/other",
        "09999-demo-cluster/data/team/%2E./other",
        "09999-demo-cluster/data/team/%252e%252e/other",
        "09999-demo-cluster/data/team%2f..%2fother",
        "09999-demo-cluster/data/%74eam",
        "09999-demo-cluster/data//other",
        "../09999-demo-cluster/data/team",
        "sys/auth",
        "",
        None,
    ],
)
def test_any_other_path_is_forbidden(path: str | None) -> None:
    assert not is_allowed(path)


@pytest.mark.parametrize("levels", [3, 4, 100, 10_000])
def test_a_path_encoded_more_than_three_times_is_forbidden(levels: int) -> None:
    """Decoding it to its end would take the square of its length."""
    hidden = "%" + "25" * levels + "2e"
    assert not is_allowed("09999-demo-cluster/data/team/" + hidden)


def test_a_name_encoded_up_to_three_times_is_still_read() -> None:
    assert is_allowed("09999-demo-cluster/data/team/%252541")


def test_looking_at_paths_ends_with_the_deadline() -> None:
    requested = (
        RequestedPath((), "here", f"09999-demo-cluster/data/team/{number}") for number in itertools.count()
    )
    clock = itertools.count()
    with pytest.raises(OutOfTime):
        POLICY.violations(requested, "team", Deadline(100, lambda: float(next(clock))))


def test_without_a_pattern_everything_is_allowed() -> None:
    assert is_allowed("anything", policy=PathPolicy())
    assert is_allowed(None, policy=PathPolicy())


def test_a_violation_names_the_place_the_path_and_the_rule() -> None:
    requested = RequestedPath(FIELD, "container app: variable KEY", "09999-demo-cluster/data/other")
    message = (
        "container app: variable KEY: path 09999-demo-cluster/data/other is outside of what this namespace may name; "
        "VAULT_PATH_POLICY lets namespace team name 09999-demo-cluster/data/team, 09999-demo-cluster/data/_shared"
    )
    assert POLICY.violations([requested, requested], "team") == [Problem("path-refused", FIELD, message)]
    warning = PathPolicy(LAYOUT, enforced=False).violations([requested], "team")
    assert warning == [Problem("path-warned", FIELD, message)]


def test_another_namespace_of_vault_is_a_prefix_of_the_path() -> None:
    path = "09999-demo-cluster/data/team"
    assert POLICY.violations([RequestedPath(FIELD, "here", path, "elsewhere")], "team")
    policy = PathPolicy(("tenants/*/09999-demo-cluster/data/{namespace}",))
    assert not policy.violations([RequestedPath(FIELD, "here", path, "tenants/a")], "team")


@pytest.mark.parametrize(
    ("namespace", "operators", "expected"),
    [("", "", ""), ("a", "a", ""), ("a/", "/a", ""), ("b", "a", "b"), ("b", "", "b"), ("", "a", "root")],
)
def test_vaults_namespace_counts_where_it_is_not_the_operators(
    namespace: str, operators: str, expected: str
) -> None:
    assert foreign_namespace(namespace, operators) == expected


@pytest.mark.parametrize("text", ["a//b", "a/../b", "{name}", "{namespace", "a/**", "a/x*", "a%2fb", "."])
def test_a_pattern_that_could_be_misread_is_refused(text: str) -> None:
    with pytest.raises(ValueError):
        value_types.PATH_PATTERNS.parse(text)


def test_patterns_are_read_from_the_operators_text() -> None:
    text = " 09999-demo-cluster/data/{namespace}/ , /09999-demo-cluster/data/_shared/,"
    assert value_types.PATH_PATTERNS.parse(text) == LAYOUT
    assert value_types.PATH_PATTERNS.parse("kv/data/team-{namespace}/*") == ("kv/data/team-{namespace}/*",)


SEGMENTS = st.sampled_from(
    ["09999-demo-cluster", "data", "team", "team-b", "_shared", "..", ".", "", "%2e%2e", "x"]
)


@given(st.lists(SEGMENTS, max_size=8))
def test_an_allowed_path_is_below_a_pattern_in_every_spelling(segments: list[str]) -> None:
    path = "/".join(segments)
    if is_allowed(path):
        for reading in (path, path.replace("%2e", ".")):
            normal = normal_path(reading) + "/"
            assert normal.startswith(("09999-demo-cluster/data/team/", "09999-demo-cluster/data/_shared/"))
