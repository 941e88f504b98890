"""The compiler's surroundings."""

import resource
from pathlib import Path

import pytest

from vaultenv.native.build.architecture import native
from vaultenv.native.build.errors import StepFailed
from vaultenv.native.build.toolchain import environment


def test_a_limit_that_the_compiler_would_exceed_is_named_with_the_remedy(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(resource, "getrlimit", lambda _: (1024, 1024))
    with pytest.raises(StepFailed, match=r"limit of 1024: raise it to 8192, .*--ulimit nofile=8192:8192"):
        environment(native(), tmp_path)
