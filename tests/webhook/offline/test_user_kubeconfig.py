"""The connection from a person's kubeconfig, with the official client where it is needed."""

from pathlib import Path

import pytest

from vaultkube.errors import InvalidSetting
from webhook.offline.user_kubeconfig import find_person_connection


@pytest.mark.parametrize("content", [b"", b"[]", b"text", b"[", b"\xff", b"current-context: a\ncontexts: a"])
def test_a_file_that_is_no_kubeconfig_is_named(content: bytes, tmp_path: Path) -> None:
    file = tmp_path / "kubeconfig"
    file.write_bytes(content)
    with pytest.raises(InvalidSetting, match=f"KUBECONFIG {file} cannot be used"):
        find_person_connection({"KUBECONFIG": str(file)})
