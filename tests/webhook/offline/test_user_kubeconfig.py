"""A person's kubeconfig that is none is named, and nothing of it is shown: it holds their token."""

from pathlib import Path

import pytest

from tests.broken_kubeconfigs import BROKEN
from vaultkube.errors import InvalidSetting
from webhook.offline.user_kubeconfig import find_person_connection


@pytest.mark.parametrize("content", BROKEN)
def test_what_is_no_kubeconfig_is_named_and_nothing_of_it_is_shown(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "kubeconfig").write_bytes(content)
    with pytest.raises(InvalidSetting, match=r"^KUBECONFIG \S+kubeconfig cannot be used: ") as refusal:
        find_person_connection({"KUBECONFIG": str(tmp_path / "kubeconfig")})
    assert "s3cr3t" not in str(refusal.value)
