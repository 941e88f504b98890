"""Whole pods: unchanged ones, those of a second run, and the bounds of the search."""

import itertools
import json
import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.webhook.pods.specs import CIPHERTEXT, REFERENCE, config_of, container, mutate, referring, spec_of
from vaultkube.deadline import Deadline
from vaultkube.errors import OutOfTime
from vaultkube.problem import messages
from webhook.pods.pod import plan_pod


def test_a_pod_without_references_stays_as_it_is() -> None:
    spec = spec_of(container(env=[{"name": "HOST", "value": "vault:8200"}]))
    assert mutate(spec)[0] == spec


def test_a_second_run_changes_nothing() -> None:
    config = config_of(
        mutate_probes="true", mutate_lifecycle_hooks="true", vault_tls_secret="ca", vault_token_audience="v"
    )
    handler = {"exec": {"command": ["check"]}}
    spec = spec_of(
        referring(livenessProbe=handler, lifecycle={"preStop": handler}),
        initContainers=[referring(name="i")],
    )
    once, _, _ = mutate(spec, config)
    twice, problems, _ = mutate(once, config)
    assert twice == once
    assert not problems


def test_a_container_that_another_webhook_adds_later_is_wrapped_too() -> None:
    once, _, _ = mutate(spec_of(referring()))
    once["containers"] = [*once["containers"], referring(name="sidecar")]
    new, _, _ = mutate(once)
    assert new["containers"][1]["command"] == ["/vault/vault-env"]
    assert len(new["initContainers"]) == len(new["volumes"]) == 1


def test_a_windows_pod_is_unchanged_with_a_warning() -> None:
    spec = spec_of(referring(), os={"name": "windows"})
    new, _, plan = mutate(spec)
    assert new == spec
    assert "Windows" in messages(plan.warnings)[0]


def test_a_pod_that_variables_would_make_too_large_to_store_is_refused() -> None:
    config = config_of(vault_env_from_path=",".join(f"kv/{number}" for number in range(200)))
    many = [referring(name=f"c{number}") for number in range(1500)]
    (problem,) = mutate(spec_of(*many), config)[1]
    assert "longer than 1.5 MiB" in problem
    assert mutate(spec_of(*many[:500]), config)[1] == ()


def test_each_container_and_each_reference_is_looked_at_once() -> None:
    checks = itertools.count()
    containers = [referring(name=f"c{number}") for number in range(100)]
    inline = container(env=[{"name": "V", "value": "${vault:a#${.b}}" * 100}])
    plan_pod(spec_of(*containers, inline), config_of(), {}, Deadline(math.inf, lambda: next(checks)))
    assert next(checks) == 1 + 2 * 100 + 1 + 1 + 100


def test_the_deadline_ends_the_search_for_references() -> None:
    checks = itertools.count()
    containers = [referring(name=f"c{number}") for number in range(100)]
    with pytest.raises(OutOfTime, match="make it smaller"):
        plan_pod(spec_of(*containers), config_of(), {}, Deadline(50, lambda: next(checks)))
    assert next(checks) == 51


NAMES = st.text("ABC", min_size=1, max_size=2)


VALUES = st.sampled_from(
    [
        "x",
        REFERENCE,
        "${vault:a/b#c}",
        "vault:8200",
        "$(A)",
        "$$(A)",
        "vault:$(A)#k",
        CIPHERTEXT,
        r"\vault:a#b",
    ]
)


CONTAINERS = st.fixed_dictionaries(
    {"name": st.sampled_from(["a", "b"]), "image": st.just("i:1"), "command": st.just(["/x"])},
    optional={
        "env": st.lists(st.fixed_dictionaries({"name": NAMES, "value": VALUES}), max_size=3),
        "args": st.lists(st.text("x$", max_size=2), max_size=2),
        "unknownField": st.just({"kept": True}),
        "livenessProbe": st.just({"exec": {"command": ["check"]}}),
    },
)


SPECS = st.fixed_dictionaries(
    {"containers": st.lists(CONTAINERS, min_size=1, max_size=3)},
    optional={"initContainers": st.lists(CONTAINERS, max_size=2), "unknownField": st.just([1, 2])},
)


@given(SPECS, st.booleans())
def test_any_pod_keeps_its_unknown_fields_and_is_changed_once(spec: dict[str, Any], probes: bool) -> None:
    config = config_of(mutate_probes=str(probes).lower())
    once, _, plan = mutate(spec, config)
    assert mutate(once, config)[0] == once
    assert json.dumps(once).count("unknownField") == json.dumps(spec).count("unknownField")
    assert (once == spec) == (not plan.wrapped)
