"""The environment of a container as the kubelet builds it."""

from typing import Any

import pytest

from vaultkube.expansion import TooLong
from vaultsync.reload.environment import Room, Source, environment_of, sources_of, values_of

MAP, SECRET = Source("ConfigMap", "map"), Source("Secret", "secret")


def _container(*env: dict[str, Any], env_from: list[dict[str, Any]] | None = None) -> dict[str, Any]:
    return {"name": "app", "env": list(env), "envFrom": env_from or []}


def test_later_values_win_and_names_are_expanded_as_far_as_they_are_known() -> None:
    container = _container(
        {"name": "A", "value": "own"},
        {"name": "B", "value": "$(A)-$$(A)-$(LATER)"},
        {"name": "LATER"},
        env_from=[{"prefix": "P_", "configMapRef": {"name": "map"}}, {"secretRef": {"name": "secret"}}],
    )
    sources = {MAP: {"A": b"map"}, SECRET: {"A": b"secret", "C": b"c"}}
    assert environment_of(container, sources, Room()) == {
        "P_A": b"map",
        "A": b"own",
        "B": b"own-$(A)-$(LATER)",
        "C": b"c",
        "LATER": b"",
    }


def test_a_variable_that_only_the_kubelet_knows_hides_one_of_its_name() -> None:
    container = _container(
        {"name": "A", "valueFrom": {"fieldRef": {"fieldPath": "metadata.name"}}},
        {"name": "K", "valueFrom": {"configMapKeyRef": {"name": "map", "key": "k"}}},
        {"name": "N", "valueFrom": {"secretKeyRef": {"name": "nowhere", "key": "k"}}},
        env_from=[{"configMapRef": {"name": "map"}}],
    )
    assert environment_of(container, {MAP: {"A": b"a", "k": b"v"}}, Room()) == {"k": b"v", "K": b"v"}
    assert set(sources_of(container)) == {MAP, Source("Secret", "nowhere")}


def test_values_that_grow_by_each_other_are_refused() -> None:
    env = [{"name": "V0", "value": "x" * 100_000}]
    env += [{"name": f"V{n}", "value": "$(V0)" * 10} for n in range(1, 9)]
    with pytest.raises(TooLong):
        environment_of(_container(*env), {}, Room())


def test_the_names_of_many_prefixes_and_containers_are_bounded_together() -> None:
    room, sources = Room(), {MAP: {f"k{number}": b"" for number in range(10_000)}}
    one = _container(env_from=[{"prefix": "p", "configMapRef": {"name": "map"}}])
    assert len(environment_of(one, sources, room)) == 10_000
    many = [{"prefix": f"p{number}_", "configMapRef": {"name": "map"}} for number in range(1000)]
    for container in (_container(env_from=many), one):
        with pytest.raises(TooLong):
            environment_of(container, sources, room)


def test_a_secret_has_its_values_in_base64_and_a_config_map_as_text() -> None:
    assert values_of("Secret", {"data": {"a": "eA==", "b": "not base64"}}) == {"a": b"x", "b": b""}
    assert values_of("ConfigMap", {"data": {"a": "eA=="}}) == {"a": b"eA=="}
    assert values_of("ConfigMap", {}) == {}
