"""The choice and the order of tests: those that need no build first, those that measure time last, on a quiet machine."""

from collections.abc import Mapping
from enum import Enum, IntEnum

import pytest


class Tier(IntEnum):
    """A test's place in the suite, by its most expensive requirement; its name is the test's mark."""

    UNIT = 0
    LONG = 1
    """No server, but seconds: it waits for deadlines, starts the webhook, or tries thousands of inputs."""
    SERVERS = 2
    LAUNCHER = 3
    ARM64 = 4
    NODE = 5
    TIMED = 6


_FIXTURES: Mapping[str, Tier] = {
    "anonymous_registry": Tier.SERVERS,
    "azure": Tier.SERVERS,
    "basic_registry": Tier.SERVERS,
    "bearer_registry": Tier.SERVERS,
    "cluster": Tier.SERVERS,
    "consul_template": Tier.SERVERS,
    "containers": Tier.SERVERS,
    "demo_vault": Tier.SERVERS,
    "guarded": Tier.SERVERS,
    "old_registry": Tier.SERVERS,
    "oracle": Tier.SERVERS,
    "own_vault": Tier.SERVERS,
    "registry": Tier.SERVERS,
    "vault": Tier.SERVERS,
    "helpers": Tier.LAUNCHER,
    "static_file": Tier.LAUNCHER,
    "emulated": Tier.ARM64,
    "cluster_command": Tier.NODE,
    "launcher_image": Tier.NODE,
    "session_node": Tier.NODE,
}


def mark_names() -> list[str]:
    """Return the marks of the tiers, as `--strict-markers` wants them."""
    return [f"{tier.name.lower()}: tests/order.py says what such a test needs" for tier in Tier]


def tier_of(item: pytest.Item) -> Tier:
    """Return the highest tier of the test's marks and fixtures."""
    fixtures = getattr(item, "fixturenames", ())
    by_fixture = [_FIXTURES[name] for name in fixtures if name in _FIXTURES]
    by_mark = [tier for tier in Tier if item.get_closest_marker(tier.name.lower())]
    return max((Tier.UNIT, *by_fixture, *by_mark))


class Part(Enum):
    """The tiers that run together, in their order."""

    ALL = tuple(Tier)
    FAST = (Tier.UNIT,)
    BESIDE = (Tier.NODE, Tier.UNIT, Tier.LONG, Tier.SERVERS, Tier.LAUNCHER, Tier.ARM64)
    """Tests that may run beside others: two workers begin with those on a node, which wait most of the time."""
    ALONE = (Tier.TIMED,)
    """Tests that measure time and want a quiet machine."""


def arrange(
    items: list[pytest.Item], part: Part, *, arm64: bool
) -> tuple[list[pytest.Item], list[pytest.Item]]:
    """Return the tests to run, in their order, and those that are left out.

    Emulation of the other architecture runs with `arm64` only.
    """
    tiers = {item: tier_of(item) for item in items}
    chosen = [item for item in items if tiers[item] in part.value and (arm64 or not _emulates(item))]
    left_out = set(items).difference(chosen)
    return sorted(chosen, key=lambda item: part.value.index(tiers[item])), list(left_out)


def _emulates(item: pytest.Item) -> bool:
    return item.get_closest_marker("arm64") is not None
