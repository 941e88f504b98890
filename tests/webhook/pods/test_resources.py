"""The QoS class of a pod is the same with the init container."""

from typing import Any

import pytest

from tests.webhook.pods.specs import OPERATOR, mutate, referring, spec_of
from webhook.config.settings import read_settings
from webhook.pods.resources import launcher_resources

BURSTABLE = {"limits": {"cpu": "250m", "memory": "64Mi"}, "requests": {"cpu": "50m", "memory": "64Mi"}}
GUARANTEED = {"limits": BURSTABLE["limits"], "requests": BURSTABLE["limits"]}
ONE = {"cpu": "1", "memory": "1Gi"}


@pytest.mark.parametrize(
    ("resources", "expected"),
    [
        ({}, {}),
        ({"requests": {}, "limits": None}, {}),
        ({"requests": {"cpu": "0"}}, {}),
        ({"requests": {"ephemeral-storage": "1Gi"}, "limits": {"nvidia.com/gpu": "1"}}, {}),
        ({"requests": {"cpu": "1"}}, BURSTABLE),
        ({"limits": {"cpu": "1"}}, BURSTABLE),
        ({"limits": ONE, "requests": {"cpu": "0.5"}}, BURSTABLE),
        ({"limits": ONE}, GUARANTEED),
        ({"limits": ONE, "requests": ONE}, GUARANTEED),
        ({"limits": ONE, "requests": {"cpu": "1000m", "memory": "1024Mi"}}, GUARANTEED),
        ({"limits": {"cpu": 1, "memory": "1Gi"}, "requests": ONE}, GUARANTEED),
        ({"limits": {"cpu": "much"}}, {}),
    ],
)
def test_the_class_is_that_of_the_containers(resources: dict[str, Any], expected: dict[str, Any]) -> None:
    new, _, _ = mutate(spec_of(referring(resources=resources)))
    assert new["initContainers"][0].get("resources", {}) == expected


def test_a_pod_is_guaranteed_only_with_all_its_containers() -> None:
    both = [{"resources": {"limits": ONE}}, {"name": "other"}]
    assert launcher_resources({}, both, read_settings(OPERATOR)) == BURSTABLE


def test_resources_of_the_pod_as_a_whole_are_left_to_it() -> None:
    spec = {"resources": {"limits": {"cpu": "100m", "memory": "32Mi"}}}
    assert launcher_resources(spec, [{"resources": {"limits": ONE}}], read_settings(OPERATOR)) == {}


def test_a_second_run_finds_the_same() -> None:
    once, _, _ = mutate(spec_of(referring(resources={"limits": ONE})))
    assert mutate(once)[0] == once
