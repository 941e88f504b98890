"""The variables of a container, as far as they are known before it starts."""

import pytest

from vaultkube.errors import Refused
from webhook.pods.environment import environment
from webhook.pods.facts import Source


def container(**env: str) -> dict[str, object]:
    return {"name": "app", "env": [{"name": name, "value": value} for name, value in env.items()]}


def values(**env: str) -> dict[str, bytes | None]:
    return {variable.name: variable.value for variable in environment(container(**env), {}).found.values()}


def test_a_variable_may_name_those_before_it() -> None:
    assert values(A="$(B)", B="b", C="$(A)$(B)") == {"A": b"$(B)", "C": b"$(B)b"}


def test_plain_text_is_left_out_unless_it_is_a_setting_of_the_launcher() -> None:
    assert values(A="text", VAULT_NAMESPACE="team", C="a vault: b") == {
        "VAULT_NAMESPACE": b"team",
        "C": b"a vault: b",
    }


@pytest.mark.parametrize(
    ("texts", "expected"),
    [
        (["vault:a#b", "plain"], {}),
        (["plain", "vault:a#b"], {"A": b"vault:a#b"}),
        (["$(A)", "plain", "$(A)!"], {"A": b"plain!"}),
        (["plain", "$(A)", "$(A)!"], {"A": b"plain!"}),
    ],
)
def test_the_last_of_a_name_counts_and_sees_the_one_before(
    texts: list[str], expected: dict[str, bytes]
) -> None:
    env = [{"name": "A", "value": text} for text in texts]
    found = environment({"name": "app", "env": env}, {})
    assert {variable.name: variable.value for variable in found.found.values()} == expected


def test_variables_that_double_each_other_are_refused_before_they_fill_the_memory() -> None:
    doubling = {f"V{number}": f"$(V{number - 1})" * 2 for number in range(1, 60)}
    with pytest.raises(Refused, match=r"container app: variable V\d+: .* more than 1 MiB"):
        values(V0="0123456789", **doubling)


def test_many_variables_that_name_another_are_refused_before_they_fill_the_memory() -> None:
    naming = {f"V{number}": "$(V0)" for number in range(1, 200)}
    with pytest.raises(Refused, match="more than 1 MiB"):
        values(V0="x" * 10_000, **naming)


def test_long_values_that_do_not_grow_are_none_of_our_business() -> None:
    assert values(V="vault:" + "x" * 2_000_000) == {"V": b"vault:" + b"x" * 2_000_000}


SOURCES = {Source("ConfigMap", "settings"): {"k": b"vault:a/late#k"}}


def key_of(**fields: object) -> dict[str, object]:
    return {"name": "A", "valueFrom": {"configMapKeyRef": {"name": "settings", "key": "k", **fields}}}


@pytest.mark.parametrize(
    ("entries", "value", "hidden"),
    [
        ([key_of()], b"vault:a/late#k", []),
        ([key_of(optional=True)], b"vault:a/late#k", [b"vault:a/b#c"]),
        ([key_of(key="no", optional=True)], b"vault:a/b#c", []),
        ([key_of(key="no")], None, []),
        ([key_of(optional=True), key_of()], b"vault:a/late#k", []),
    ],
)
def test_a_missing_optional_key_leaves_the_earlier_value(
    entries: list[dict[str, object]], value: bytes | None, hidden: list[bytes]
) -> None:
    before = {"name": "A", "value": "vault:a/b#c"}
    found = environment({"name": "app", "env": [before, *entries]}, SOURCES)
    assert [variable.value for variable in found.found.values()] == [value]
    assert [variable.value for variable in found.hidden()] == hidden


def test_a_name_is_expanded_by_earlier_variables_only() -> None:
    texts = [("B", "one"), ("A", "vault:$(B)"), ("B", "two"), ("C", "vault:$(B)$(D)"), ("D", "three")]
    env = [{"name": name, "value": text} for name, text in texts]
    found = {
        variable.name: variable for variable in environment({"name": "app", "env": env}, {}).found.values()
    }
    assert (found["A"].value, found["A"].complete) == (b"vault:one", True)
    assert (found["C"].value, found["C"].complete) == (b"vault:two$(D)", False)


def test_all_names_of_env_are_listed() -> None:
    env = [{"name": "A", "value": "text"}, {"name": "B", "value": "vault:a/b#c"}, {"name": "A"}]
    assert environment({"name": "app", "env": env}, {}).names == {"A", "B"}
