"""The static executable's interpreter is completed to ignore the signals of a stock one."""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[3]
COMPLETED = """
import _signal, sys, types
sys.path.insert(0, {root!r})
for number in (_signal.SIGPIPE, _signal.SIGXFSZ):
    _signal.signal(number, _signal.SIG_DFL)
sys.modules["_vaultenv_native"] = types.SimpleNamespace(complete=lambda: None)
from vaultenv.process.interpreter import complete
complete()
print(*(_signal.getsignal(number) == _signal.SIG_IGN for number in (_signal.SIGPIPE, _signal.SIGXFSZ)))
"""


def test_a_completed_interpreter_ignores_the_signals_of_a_stock_one() -> None:
    command = [sys.executable, "-ISB", "-c", COMPLETED.format(root=str(ROOT))]
    done = subprocess.run(command, capture_output=True, text=True, timeout=30, check=True)
    assert done.stdout == "True True\n"
