"""`scripts/demo`, as a new user runs it."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from scripts.demo_parts import pods

pytestmark = pytest.mark.long

ROOT = Path(__file__).parents[2]


def test_all_programs_see_their_secrets_and_nothing_is_left() -> None:
    environ = {"PATH": os.environ["PATH"], "HOME": os.environ.get("HOME", "/")}
    done = subprocess.run(
        [sys.executable, "-m", "scripts.demo_parts"],
        cwd=ROOT,
        env=environ,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr
    for secret in pods.SECRETS[pods.PATH].values():
        assert f"the program says: {secret}" in done.stdout
    assert f"the program says: {pods.SECRETS[pods.API_PATH]['DATABASE_URL']}" in done.stdout
    assert "+    vault.hashicorp.com/agent-inject-status: injected" in done.stdout
    assert "+    - /vault/vault-env" in done.stdout
    assert '+    - echo "$$GREETING"' in done.stdout


def test_a_program_that_does_not_see_its_secret_fails_the_demonstration() -> None:
    broken = "import sys; from scripts.demo_parts import __main__ as demo, pods; pods.SECRETS[pods.PATH]['test'] = 'a b  c'; sys.exit(demo.main())"
    done = subprocess.run(
        [sys.executable, "-c", broken], cwd=ROOT, capture_output=True, text=True, timeout=60
    )
    assert done.returncode == 1
    assert "the program did not see its secret" in done.stderr
