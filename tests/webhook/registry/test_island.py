"""No forbidden address is dialled: seen in a private network namespace, where each of them answers."""

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from tests.servers.packages import install_missing
from tests.webhook.registry.island import BUDGET_S
from tests.webhook.registry.scenarios import SCENARIOS, Scenario

ROOT = Path(__file__).parents[3]


@pytest.fixture(scope="module")
def seen(session_folder: Path) -> Mapping[str, Any]:
    """Return the island's observations, by scenario."""
    install_missing()
    folder = session_folder / "island"
    folder.mkdir()
    rights = [] if os.geteuid() == 0 else ["--map-root-user"]
    command = [
        "unshare",
        *rights,
        "--net",
        "--mount",
        sys.executable,
        "-m",
        "tests.webhook.registry.island",
        str(folder),
    ]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    return {line["name"]: line for line in lines}


@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda scenario: scenario.name)
def test_only_allowed_addresses_are_dialled(seen: Mapping[str, Any], scenario: Scenario) -> None:
    found = seen[scenario.name]
    assert set(found["dialled"]) <= set(scenario.dialled)
    if scenario.works:
        assert found["outcome"] in ("good", "connected")
        assert found["dialled"] == list(scenario.dialled)


def test_denied_silent_and_broken_addresses_get_the_same_message(seen: Mapping[str, Any]) -> None:
    names = (
        "the metadata address",
        "a private address",
        "a name of the cluster",
        "a name server that does not answer",
        "a redirect to loopback",
    )
    tails = {seen[name]["outcome"].partition(": UNREACHABLE: ")[2] for name in names}
    assert len(tails) == 1 and tails != {""}


def test_a_silent_name_server_takes_no_more_than_the_budget(seen: Mapping[str, Any]) -> None:
    assert seen["a name server that does not answer"]["s"] < BUDGET_S + 0.5
