"""The nodes that a pod is for."""

from typing import Any

import pytest

from webhook.pods.nodes import is_windows, pinned_architectures


def affinity(*terms: list[tuple[str, str, list[str]]]) -> dict[str, Any]:
    """Return a required affinity: one of the terms holds if all of its (key, operator, values) do."""
    selectors = [
        {
            "matchExpressions": [
                {"key": key, "operator": operator, "values": values} for key, operator, values in term
            ]
        }
        for term in terms
    ]
    required = {"requiredDuringSchedulingIgnoredDuringExecution": {"nodeSelectorTerms": selectors}}
    return {"affinity": {"nodeAffinity": required}}


ARCH = "kubernetes.io/arch"
ARM, AMD = (ARCH, "In", ["arm64"]), (ARCH, "In", ["amd64"])
ZONE = ("topology.kubernetes.io/zone", "In", ["a"])


@pytest.mark.parametrize(
    ("spec", "pinned"),
    [
        ({}, ()),
        ({"nodeSelector": {ARCH: "arm64"}}, ("arm64",)),
        ({"nodeSelector": {"disk": "ssd"}}, ()),
        (affinity([ARM]), ("arm64",)),
        (affinity([ARM, ZONE]), ("arm64",)),
        (affinity([ARM], [AMD]), ("arm64", "amd64")),
        (affinity([ARM], [ZONE]), ()),
        (affinity([(ARCH, "In", ["arm64", "amd64"]), AMD]), ("amd64",)),
        (affinity([(ARCH, "NotIn", ["arm64"])]), ()),
        ({"nodeSelector": {ARCH: "amd64"}, **affinity([ARM], [AMD])}, ("amd64",)),
        ({"affinity": {"nodeAffinity": None}}, ()),
    ],
)
def test_a_pod_pins_architectures(spec: dict[str, Any], pinned: tuple[str, ...]) -> None:
    assert pinned_architectures(spec) == pinned


def test_comparing_long_lists_of_values_takes_linear_time() -> None:
    """A hundred thousand steps squared would take many minutes."""
    values = [f"v{number}" for number in range(100_000)]
    expression = (ARCH, "In", values)
    assert pinned_architectures(affinity([expression, expression])) == tuple(values)


OS = "kubernetes.io/os"
WINDOWS, LINUX = (OS, "In", ["windows"]), (OS, "In", ["linux"])
HOST_PROCESS = {"securityContext": {"windowsOptions": {"hostProcess": True}}}


@pytest.mark.parametrize(
    ("spec", "windows"),
    [
        ({}, False),
        ({"os": {"name": "windows"}}, True),
        ({"nodeSelector": {OS: "windows"}}, True),
        (affinity([WINDOWS]), True),
        (affinity([WINDOWS, ZONE], [WINDOWS]), True),
        (affinity([WINDOWS], [LINUX]), False),
        (affinity([WINDOWS], [ZONE]), False),
        (affinity([(OS, "In", ["windows", "linux"])]), False),
        (HOST_PROCESS, True),
        ({"containers": [HOST_PROCESS]}, True),
        ({"securityContext": {"windowsOptions": {"hostProcess": False}}}, False),
        ({"os": {"name": "linux"}, **HOST_PROCESS}, False),
    ],
)
def test_a_pod_is_for_windows_where_it_can_run_nowhere_else(spec: dict[str, Any], windows: bool) -> None:
    assert is_windows(spec) is windows
