"""Daemon mode as a container's first process: orphans, and many signals at once."""

import ast
import os
import signal
import subprocess
import sys

import pytest

from tests.vaultenv import launcher
from tests.vaultenv.launcher import Begin, line

NAMESPACE = ["unshare", "--map-root-user", "--fork", "--pid", "--mount-proc"]

COUNTER = """
import signal
chosen = signal.valid_signals() - {signal.SIGKILL, signal.SIGSTOP, signal.SIGCHLD}
signal.pthread_sigmask(signal.SIG_BLOCK, chosen)
print("ready", flush=True)
seen = {}
while (info := signal.sigtimedwait(chosen, 2)):
    seen[info.si_signo] = seen.get(info.si_signo, 0) + 1
print(seen, flush=True)
"""
ORDINARY = "HUP INT QUIT USR1 USR2 ALRM TERM CONT WINCH URG IO PIPE".split()  # noqa: SIM905 (shorter)

pytestmark = pytest.mark.usefixtures("each_launcher")


def in_a_namespace(script: str) -> subprocess.CompletedProcess[bytes]:
    """Start the launcher as process 1 of a namespace, with a shell as its program."""
    command = [*NAMESPACE, *launcher.COMMAND, "sh", "-c", script]
    environ = {"VAULT_ENV_DAEMON": "true", "PATH": "/usr/bin:/bin"}
    return subprocess.run(command, env=environ, capture_output=True, timeout=60, check=False)


def test_orphans_are_reaped_and_do_not_end_the_program() -> None:
    """Each orphan's parent ends at once, so that process 1 inherits it; at the end only two processes are left."""
    orphans = 'for n in 1 2 3 4 5 6 7 8; do (sh -c "sleep 0.2; exit $n" &); done; sleep 1.5'
    done = in_a_namespace(f"{orphans}; set -- /proc/[0-9]*; echo $#; exit 9")
    assert (done.returncode, done.stdout) == (9, b"2\n"), done.stderr


def test_the_programs_end_is_process_1s_end() -> None:
    assert in_a_namespace("(sleep 60 &); kill -TERM $$").returncode == 143


def test_no_signal_of_a_burst_is_lost(daemon: Begin) -> None:
    process = daemon(sys.executable, "-Ic", COUNTER)
    assert line(process) == "ready"
    for name in ORDINARY * 20:
        process.send_signal(getattr(signal, f"SIG{name}"))
    seen = ast.literal_eval(line(process))
    assert set(seen) == {int(getattr(signal, f"SIG{name}")) for name in ORDINARY}
    assert process.wait(10) == 0


def test_signals_that_the_kernel_queues_are_passed_on_one_by_one(daemon: Begin) -> None:
    queued = signal.SIGRTMIN + 6
    process = daemon(sys.executable, "-Ic", COUNTER)
    assert line(process) == "ready"
    for _ in range(300):
        os.kill(process.pid, queued)
    assert line(process) == f"{{{queued}: 300}}"
