"""The program's parent, in a process of its own without Vault."""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[3]
UNREAD = """
import os, sys, threading
sys.path.insert(0, {root!r})
from vaultenv.basics.log import Log
from vaultenv.process.supervisor import Supervisor
reading, writing = os.pipe()
os.close(reading)
os.dup2(writing, 2)
supervisor = Supervisor(b"/bin/sh", [b"sh", b"-c", {script!r}], "SIGHUP", 5.0, Log("info"))
supervisor.prepare()
threading.Thread(target=lambda: (sys.stdin.readline(), supervisor.change({{}})), daemon=True).start()
print(supervisor.run({{b"PATH": b"/usr/bin:/bin"}}))
"""
CHANGING = """
import signal, sys, threading, time
sys.path.insert(0, {root!r})
from vaultenv.basics.log import Log
from vaultenv.process.supervisor import Supervisor
def change():
    while True:
        supervisor.change({{}})
        time.sleep(0.2)
signal.signal(signal.SIGTERM, signal.SIG_IGN)  # the program inherits it
supervisor = Supervisor(b"/bin/sleep", [b"sleep", b"60"], "exit", 1.0, Log("error"))
supervisor.prepare()
threading.Thread(target=change, daemon=True).start()
print(supervisor.run({{b"PATH": b"/usr/bin:/bin"}}))
"""
SCRIPT = b"trap 'exit 7' HUP; echo; while :; do sleep 0.05; done"


def test_a_log_that_nobody_reads_does_not_end_the_program() -> None:
    command = [sys.executable, "-ISB", "-c", UNREAD.format(root=str(ROOT), script=SCRIPT)]
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert process.stdout
    assert process.stdout.readline() == "\n"
    output, _ = process.communicate("go\n", timeout=30)
    assert output == "7\n"


def test_changes_during_the_grace_do_not_prolong_it() -> None:
    """Before, each began it anew, and a program that ignores SIGTERM went on for ever."""
    command = [sys.executable, "-ISB", "-c", CHANGING.format(root=str(ROOT))]
    done = subprocess.run(command, capture_output=True, text=True, timeout=30)
    assert done.stdout == "137\n"
