"""The launcher as a process, on a real Vault and a real API server."""

import time
from pathlib import Path

import pytest

from tests.servers.cluster import Cluster
from tests.servers.vault import Vault
from tests.vaultenv.launcher import launch, start, variables
from tests.vaultenv.test_imports import ON_STOCK, foreign, loaded_modules

ENV = "/usr/bin/env"

pytestmark = pytest.mark.usefixtures("each_launcher")


def at(vault: Vault, **more: str) -> dict[str, str]:
    """Return the environment for this Vault, with its root token unless another login is chosen."""
    return {
        "VAULT_ADDR": vault.address,
        "VAULT_CACERT": str(vault.ca_file),
        "VAULT_TOKEN": vault.token,
        **more,
    }


@pytest.fixture
def account(cluster: Cluster, cluster_vault: Vault, secrets: Vault, tmp_path: Path) -> dict[str, str]:
    """Return the environment of a pod of the namespace `default` with a role for `secret/data/account`."""
    secrets.policy("account", 'path "secret/data/account" { capabilities = ["read"] }')
    secrets.write(
        "auth/kubernetes/role/default",
        {
            "bound_service_account_names": "default",
            "bound_service_account_namespaces": "default",
            "policies": "account",
        },
    )
    token = tmp_path / "token"
    token.write_text(cluster.service_account_token("default") + "\n")
    return {**at(secrets, VAULT_TOKEN=""), "VAULT_JWT_FILE": str(token)}


def test_a_pod_logs_in_with_its_service_account(account: dict[str, str]) -> None:
    done = launch(ENV, "-0", **account, A="vault:secret/data/account#password")
    assert variables(done.stdout)[b"A"] == b"secret", done.stderr
    assert b"received new Vault token" in done.stderr


def test_the_fast_path_stays_in_the_import_budget(account: dict[str, str]) -> None:
    modules = loaded_modules({**account, "A": "vault:secret/data/account#password"})
    assert "vaultenv.client.api" in modules
    assert foreign(modules) <= ON_STOCK


def test_a_path_of_another_role_is_refused(account: dict[str, str]) -> None:
    done = launch(ENV, **account, A="vault:secret/data/other#password")
    assert (done.returncode, done.stdout) == (1, b"")
    assert b"403 permission denied" in done.stderr


def test_a_wrong_role_is_refused_with_the_annotations_to_check(account: dict[str, str]) -> None:
    done = launch(ENV, **account, VAULT_ROLE="nobody", A="vault:secret/data/account#password")
    message = done.stderr.decode()
    assert done.returncode == 1
    assert "failed to request new Vault token: unable to log in with Kubernetes auth" in message
    assert "Code: 400. Errors: invalid role name" in message
    assert "vault-addr, vault-role and vault-path" in message


def test_a_missing_service_account_token_is_named(secrets: Vault) -> None:
    done = launch(ENV, **at(secrets, VAULT_TOKEN=""), A="vault:secret/data/account#password")
    assert done.returncode == 1
    expected = "open /var/run/secrets/kubernetes.io/serviceaccount/token: no such file or directory"
    assert expected in done.stderr.decode()
    assert "automountServiceAccountToken" in done.stderr.decode()


def test_a_certificate_of_an_unknown_authority_is_refused(secrets: Vault) -> None:
    done = launch(ENV, **at(secrets, VAULT_CACERT=""), A="vault:secret/data/account#password")
    assert done.returncode == 1
    assert "x509: certificate signed by unknown authority" in done.stderr.decode()


def test_vault_login_hands_over_the_token_and_keeps_the_address(account: dict[str, str]) -> None:
    done = launch(ENV, "-0", **{**account, "VAULT_TOKEN": "vault:login"}, VAULT_ROLE="default")
    found = variables(done.stdout)
    assert found[b"VAULT_TOKEN"].startswith(b"hvs.")
    assert b"VAULT_ADDR" in found
    assert b"VAULT_ROLE" not in found


def test_vault_login_hands_over_the_token_of_a_file(secrets: Vault, tmp_path: Path) -> None:
    file = tmp_path / "token"
    file.write_text(secrets.token + "\n")
    found = variables(
        launch(ENV, "-0", **at(secrets, VAULT_TOKEN="vault:login", VAULT_TOKEN_FILE=str(file))).stdout
    )
    assert found[b"VAULT_TOKEN"] == secrets.token.encode()
    assert found[b"VAULT_TOKEN_FILE"] == str(file).encode()


def test_a_given_token_is_passed_on_only_with_the_setting(secrets: Vault) -> None:
    done = at(secrets, A="vault:secret/data/account#password")
    assert variables(launch(ENV, "-0", **done).stdout) == {b"A": b"secret"}
    passed = variables(launch(ENV, "-0", **done, VAULT_ENV_PASSTHROUGH=" ,VAULT_TOKEN ,").stdout)
    assert passed == {b"A": b"secret", b"VAULT_TOKEN": secrets.token.encode()}


def test_a_path_of_references_and_from_path_is_read_once(secrets: Vault) -> None:
    secrets.policy("account", 'path "secret/data/account" { capabilities = ["read"] }')
    own = at(secrets, VAULT_TOKEN=secrets.new_token("account", num_uses=1))
    whole = "secret/data/account"
    done = launch(ENV, "-0", **own, A=f"vault:{whole}#password", VAULT_ENV_FROM_PATH=f"{whole},{whole}")
    assert variables(done.stdout).keys() == {b"A", b"username", b"password"}, done.stderr


def test_a_deleted_version_brings_no_variables_and_a_warning(secrets: Vault) -> None:
    done = launch(ENV, "-0", **at(secrets), VAULT_ENV_FROM_PATH="secret/data/gone,secret/data/destroyed")
    assert (done.returncode, variables(done.stdout)) == (0, {})
    deleted, destroyed = done.stderr.decode().splitlines()
    assert 'level=WARN msg="no variables from path: secret/data/gone: version 1 was deleted at 20' in deleted
    assert "secret/data/destroyed: version 1 was destroyed: write a new one" in destroyed


def test_a_token_that_cannot_be_revoked_is_only_warned_of(secrets: Vault) -> None:
    secrets.policy("account", 'path "secret/data/account" { capabilities = ["read"] }')
    own = at(secrets, VAULT_TOKEN=secrets.new_token("account"), VAULT_REVOKE_TOKEN="true")
    done = launch(ENV, "-0", **own, A="vault:secret/data/account#password")
    assert variables(done.stdout) == {b"A": b"secret"}
    assert b"failed to revoke token" in done.stderr


def test_nothing_to_resolve_means_no_request() -> None:
    done = launch(ENV, "-0", VAULT_ADDR="https://127.0.0.1:1", PLAIN="text")
    assert variables(done.stdout) == {b"PLAIN": b"text"}


@pytest.mark.timed
def test_no_answer_is_waited_for_until_the_timeout() -> None:
    began = time.monotonic()
    done = launch(
        ENV, VAULT_ADDR="https://127.0.0.1:1", VAULT_TOKEN="t", VAULT_ENV_TIMEOUT="2s", A="vault:a/data/b#k"
    )
    assert done.returncode == 1
    assert 0.8 < time.monotonic() - began < 4
    assert "dial tcp 127.0.0.1:1: connect: connection refused" in done.stderr.decode()
    assert done.stderr.count(b"waiting for Vault") == 1


@pytest.mark.parametrize("state", ["sealed", "stopped"])
def test_a_start_survives_an_outage_of_vault(own_vault: Vault, state: str) -> None:
    own_vault.put_secret("secret/data/a", k="v")
    interrupt, recover = {
        "sealed": (own_vault.seal, own_vault.unseal),
        "stopped": (own_vault.stop, own_vault.start),
    }[state]
    interrupt()
    launcher = start(ENV, "-0", **at(own_vault), A="vault:secret/data/a#k")
    assert launcher.stderr
    assert b"waiting for Vault" in (first := launcher.stderr.readline()), first
    time.sleep(1)  # in which it asks again
    recover()
    output, errors = launcher.communicate(timeout=30)
    assert variables(output)[b"A"] == b"v", errors
    assert errors.count(b"waiting for Vault") <= 2
    assert b"Vault answers again" in errors


def test_ciphertexts_are_decrypted_beside_references(secrets: Vault) -> None:
    text = secrets.write("transit/encrypt/mykey", {"plaintext": "c2VjcmV0"})["data"]["ciphertext"]
    done = launch(ENV, "-0", **at(secrets), VAULT_TRANSIT_KEY_ID="mykey", A=text, B=f"<${{{text}}}>", C=text)
    found = variables(done.stdout)
    assert (found[b"A"], found[b"B"], found[b"C"]) == (b"secret", b"<secret>", b"secret")


def test_equal_writes_happen_once(secrets: Vault) -> None:
    done = launch(
        ENV,
        "-0",
        **at(secrets),
        A=">>vault:pki/root/generate/internal#certificate",
        B="${>>vault:pki/root/generate/internal#certificate}__${>>vault:pki/root/generate/internal#certificate}",
    )
    found = variables(done.stdout)
    assert found[b"A"].startswith(b"-----BEGIN CERTIFICATE")
    assert found[b"B"] == found[b"A"] + b"__" + found[b"A"]


def test_no_secret_is_ever_on_standard_error(secrets: Vault) -> None:
    done = launch(
        ENV, **at(secrets), VAULT_LOG_LEVEL="debug", A="vault:secret/data/account#password", B="vault:x#y"
    )
    assert done.returncode == 1
    assert secrets.token.encode() not in done.stderr
    assert b"superusername" not in done.stderr
