"""The plan of a start: left out values, their log lines, and variables of paths in their place."""

from collections.abc import Sequence

import pytest

from vaultenv.basics.log import Log
from vaultenv.errors import RequestRefused, SecretNotFound, VaultEnvError
from vaultenv.references.secret import Secret
from vaultenv.settings import Settings
from vaultenv.start.plan import Plan

ENVIRON = {
    b"VAULT_IGNORE_MISSING_SECRETS": b"true",
    b"VAULT_TRANSIT_KEY_ID": b"key",
    b"NONE": b"vault:none#k",
    b"CIPHERTEXT": b"vault:v1:AAAA",
}


class EmptyVault:
    """A Reader without secrets, whose transit engine decrypts nothing."""

    def read(self, questions: Sequence[tuple[str, str]]) -> list[Secret | VaultEnvError]:
        return [SecretNotFound(f"path not found: {path}") for path, _ in questions]

    def write(self, path: str, body: str) -> Secret | VaultEnvError:
        raise NotImplementedError

    def decrypt(self, path: str, ciphertexts: Sequence[str]) -> list[bytes | VaultEnvError]:
        return [RequestRefused(f"{path} could not decrypt a value") for _ in ciphertexts]


def test_a_warning_says_why_a_value_is_left_out(capfd: pytest.CaptureFixture[str]) -> None:
    assert Plan(ENVIRON, Settings(ENVIRON), Log()).child_environ(EmptyVault()) == {}
    missing, ciphertext = capfd.readouterr().err.splitlines()
    assert "variable NONE is left out: vault:none#k is missing, and VAULT_IGNORE_MISSING" in missing
    assert "variable CIPHERTEXT is left out: vault:v1:AAAA" in ciphertext
    assert "is not decrypted, and VAULT_IGNORE_MISSING" in ciphertext


class Paths(EmptyVault):
    """A Reader of one path, `shared`."""

    def read(self, questions: Sequence[tuple[str, str]]) -> list[Secret | VaultEnvError]:
        missing = super().read(questions)
        there = Secret({"OWN": "shared", "HOST": "shared", "VAULT_ENV_MARKER": "x"})
        return [
            there if path == "shared" else error for (path, _), error in zip(questions, missing, strict=True)
        ]


@pytest.mark.parametrize("reference", ["vault:team#HOST#?", "vault:team#HOST"])
def test_a_path_provides_the_variable_that_an_optional_reference_leaves_out(
    reference: str, capfd: pytest.CaptureFixture[str]
) -> None:
    """So a namespace can have its own value or else the shared one."""
    environ = {
        b"VAULT_ENV_FROM_PATH": b"shared",
        b"VAULT_ENV_REUSE": b"true",
        b"HOST": reference.encode(),
        b"OWN": b"own",
    }
    if not reference.endswith("?"):
        environ[b"VAULT_IGNORE_MISSING_SECRETS"] = b"true"
    plan = Plan(environ, Settings(environ), Log())
    child = plan.child_environ(Paths())
    assert {b"HOST": b"shared", b"OWN": b"own"}.items() <= child.items()
    assert plan.brought == [b"HOST"]
    assert plan.environ_from(child) == child
    assert not capfd.readouterr().err
