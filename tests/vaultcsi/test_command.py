"""The command before it serves: its imports, and its errors at the start."""

import subprocess
import sys

import pytest

from vaultenv import __version__

WITHOUT_GRPC = """
import sys
sys.modules["grpc"] = None
sys.argv = ["vault-webhook", "csi-provider"]
from webhook.__main__ import main
sys.exit(main())
"""


def run(*command: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run([sys.executable, *command], env={}, capture_output=True, text=True, timeout=60)


def test_without_its_extra_the_command_says_which() -> None:
    done = run("-c", WITHOUT_GRPC)
    assert done.returncode == 1
    assert "in a clone of the repository: pip install '.[csi]'" in done.stderr


@pytest.mark.parametrize("command", ["check", "mutate", "serve", "csi-provider"])
def test_no_command_loads_grpcio_for_its_help(command: str) -> None:
    code = (
        f"import sys; sys.argv = ['vault-webhook', '{command}', '--help']\n"
        "from webhook.__main__ import main\n"
        "try: main()\n"
        "except SystemExit: pass\n"
        "sys.exit('grpc' in sys.modules)"
    )
    assert run("-c", code).returncode == 0


def test_an_unknown_flag_ends_with_the_status_of_the_go_program() -> None:
    done = run("-m", "webhook", "csi-provider", "--nope")
    assert (done.returncode, "'--nope' is no flag of csi-provider" in done.stderr) == (2, True)


def test_the_version_is_printed() -> None:
    done = run("-m", "webhook", "csi-provider", "-version")
    assert (done.returncode, done.stdout) == (0, f"vault-webhook {__version__}\n")


def test_settings_that_cannot_be_used_end_it() -> None:
    done = run("-m", "webhook", "csi-provider", "--endpoint=x")
    assert done.returncode == 1
    assert "CSI_ENDPOINT='x' is not the path of a socket" in done.stderr


def test_modules_that_libraries_import_in_vain_are_left_out() -> None:
    code = (
        "import sys\n"
        "from vaultcsi.unused_modules import leave_out_unused_modules\n"
        "leave_out_unused_modules()\n"
        "import vaultcsi.application\n"
        "unused = {'asyncio.events', 'charset_normalizer.api', 'grpc.aio._server', 'importlib.metadata._meta'}\n"
        "sys.exit(bool(unused & sys.modules.keys()))"
    )
    done = run("-W", "error", "-c", code)
    assert (done.returncode, done.stderr) == (0, "")
