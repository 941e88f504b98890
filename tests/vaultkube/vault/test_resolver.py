"""Objects resolved together share a login on the real Vault if they have the same identity."""

from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from tests.servers.cluster import Cluster as Server
from tests.servers.vault import Vault as VaultServer
from vaultenv import errors
from vaultenv.references.grammar import parse
from vaultenv.references.values import Transit
from vaultkube.apiserver.client import Cluster
from vaultkube.apiserver.kubeconfig import find_connection
from vaultkube.deadline import Deadline
from vaultkube.errors import NotResolved, VaultUnavailable
from vaultkube.vault.login import FieldNames, Resolution, VaultLogin
from vaultkube.vault.resolver import Vault, not_resolved

PATH = "secret/data/shared-login"
OTHER = "secret/data/shared-login-other"
LOGIN = "auth/kubernetes/login"
NAMES = FieldNames("address", "mount", "role", "service account", "identity", "CA", "name a CA")
Count = Callable[[], AbstractContextManager[Counter[str]]]


@pytest.fixture(scope="module")
def server(cluster: Server, cluster_vault: VaultServer) -> VaultServer:
    """Vault with a secret, and roles for every ServiceAccount of two namespaces."""
    cluster_vault.put_secret(PATH, key="shared")
    cluster_vault.policy("shared-login", f'path "{PATH}" {{ capabilities = ["read"] }}')
    for namespace in ("shared-login-a", "shared-login-b"):
        cluster.create_namespace(namespace)
    for role, options in {"shared-login": {}, "shared-login-counted": {"token_num_uses": 9}}.items():
        bound = {"bound_service_account_names": "*", "bound_service_account_namespaces": "*"}
        body = {**bound, "token_policies": ["shared-login"], "token_ttl": "10m", **options}
        cluster_vault.write(f"auth/kubernetes/role/{role}", body)
    return cluster_vault


@pytest.fixture
def count(server: VaultServer, tmp_path: Path) -> Count:
    return partial(server.counted, tmp_path)


@pytest.fixture
def resolver(cluster: Server, server: VaultServer) -> Vault:
    """Return a resolver with shared logins of its own, as in a new process."""
    connection = find_connection({"KUBECONFIG": str(cluster.kubeconfig)})
    return Vault(Cluster(connection), str(server.ca_file))


@pytest.fixture
def login(server: VaultServer) -> VaultLogin:
    return VaultLogin(server.address, "kubernetes", "shared-login", "shared-login-a", "default", NAMES)


def resolve(resolver: Vault, login: VaultLogin, path: str = PATH, **options: Any) -> bytes | None:
    value = parse(f"vault:{path}#key".encode())
    assert value
    return resolver.resolve(Resolution({"k": value}, login, Transit(), **options), Deadline(10))["k"]


def test_objects_at_the_same_time_share_one_login(resolver: Vault, login: VaultLogin, count: Count) -> None:
    with count() as requests, ThreadPoolExecutor(4) as pool:
        found = set(pool.map(lambda _: resolve(resolver, login), range(12)))
    assert found == {b"shared"}
    assert requests == {LOGIN: 1, PATH: 12}


def others(login: VaultLogin) -> Iterator[VaultLogin]:
    yield replace(login, namespace="shared-login-b")
    yield replace(login, service_account="other")
    yield replace(login, audience="https://kubernetes.default.svc.cluster.local")
    yield replace(login, role="shared-login-counted")


def test_another_identity_logs_in_for_itself(
    cluster: Server, resolver: Vault, login: VaultLogin, count: Count
) -> None:
    cluster.kubectl("create", "serviceaccount", "other", "-n", "shared-login-a")
    resolve(resolver, login)
    with count() as requests:
        for other in others(login):
            resolve(resolver, other)
    assert requests == {LOGIN: 4, PATH: 4}


def test_a_service_account_made_anew_logs_in_for_itself(
    cluster: Server, resolver: Vault, login: VaultLogin, count: Count
) -> None:
    passing = replace(login, service_account="passing")
    cluster.kubectl("create", "serviceaccount", "passing", "-n", "shared-login-a")
    resolve(resolver, passing)
    cluster.kubectl("delete", "serviceaccount", "passing", "-n", "shared-login-a")
    with pytest.raises(NotResolved, match="ServiceAccount shared-login-a/passing does not exist"):
        resolve(resolver, passing)
    cluster.kubectl("create", "serviceaccount", "passing", "-n", "shared-login-a")
    with count() as requests:
        assert resolve(resolver, passing) == b"shared"
    assert requests == {LOGIN: 1, PATH: 1}


def test_a_login_that_was_revoked_is_replaced_once(
    server: VaultServer, resolver: Vault, login: VaultLogin, count: Count
) -> None:
    resolve(resolver, login)
    server.write(f"sys/leases/revoke-prefix/{LOGIN}", {})
    with count() as requests:
        assert [resolve(resolver, login), resolve(resolver, login)] == [b"shared", b"shared"]
    assert requests == {LOGIN: 1, PATH: 3}


def test_a_path_that_the_new_login_may_not_read_either_is_the_refusal(
    resolver: Vault, login: VaultLogin, count: Count
) -> None:
    resolve(resolver, login)
    with count() as requests, pytest.raises(NotResolved, match="403 permission denied: the policies"):
        resolve(resolver, login, OTHER)
    assert requests == {LOGIN: 1, OTHER: 2}


def test_a_right_given_meanwhile_counts_at_once(
    server: VaultServer, resolver: Vault, login: VaultLogin
) -> None:
    server.put_secret(OTHER, key="given")
    role = server.read("auth/kubernetes/role/shared-login")
    resolve(resolver, login)
    server.policy("shared-login-other", f'path "{OTHER}" {{ capabilities = ["read"] }}')
    server.write(
        "auth/kubernetes/role/shared-login",
        {**role, "token_policies": ["shared-login", "shared-login-other"]},
    )
    try:
        assert resolve(resolver, login, OTHER) == b"given"
    finally:
        server.write("auth/kubernetes/role/shared-login", role)


def test_a_login_with_counted_uses_serves_one_object(
    resolver: Vault, login: VaultLogin, count: Count
) -> None:
    counted = replace(login, role="shared-login-counted")
    with count() as requests:
        resolve(resolver, counted)
        resolve(resolver, counted)
    assert requests == {LOGIN: 2, PATH: 2}


def test_a_dry_run_revokes_a_login_of_its_own(resolver: Vault, login: VaultLogin, count: Count) -> None:
    resolve(resolver, login)
    with count() as requests:
        assert [resolve(resolver, login, dry_run=True), resolve(resolver, login)] == [b"shared", b"shared"]
    assert requests == {LOGIN: 1, PATH: 2, "auth/token/revoke-self": 1}


def test_the_values_of_an_object_are_called_keys() -> None:
    missing = errors.NotResolved([("tls.crt", "vault:a#b", errors.SecretNotFound("path not found: a"))])
    assert str(not_resolved(missing)) == (
        "failed to inject secrets from vault: path not found: a (key tls.crt, reference vault:a#b)"
    )
    assert str(not_resolved(errors.RequestRefused("refused"))) == "refused"


@pytest.mark.parametrize(
    ("problems", "kind"),
    [
        ([errors.VaultUnavailable("sealed")], VaultUnavailable),
        ([errors.VaultUnavailable("sealed"), errors.SecretNotFound("path not found: a")], NotResolved),
        ([errors.NotVault("a page")], NotResolved),
    ],
)
def test_only_what_may_be_resolved_later_is_an_outage(
    problems: list[errors.VaultEnvError], kind: type[NotResolved]
) -> None:
    each = [("tls.crt", "vault:a#b", problem) for problem in problems]
    assert type(not_resolved(errors.NotResolved(each))) is kind
