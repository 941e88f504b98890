"""Commands after changed files, at the agent's end."""

import os
from pathlib import Path
from threading import Thread

from vaultenv.agent.children import Children


def test_no_command_starts_while_the_agent_ends(tmp_path: Path) -> None:
    children = Children({b"PATH": os.fsencode(os.environ["PATH"])})
    children.kill()
    command = Thread(target=children.run, args=(f"echo > {tmp_path}/ran",), daemon=True)
    command.start()
    command.join(1)
    assert not (tmp_path / "ran").exists()
