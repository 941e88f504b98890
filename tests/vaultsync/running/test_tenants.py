"""Two tenants and four users with rights of their own: the operator gives no value of one tenant to the other."""

import base64
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import pytest

from tests.servers.cluster import Cluster
from tests.servers.kubectl import KubectlFailed
from tests.vaultsync.running.operator import API, Operator, Tenant, eventually

VALUE = "value-of-the-first-tenant"
VERBS = "--verb=get,list,create,update,patch,delete"
OBJECTS = "--resource=secrets,configmaps,events"
RESOURCES = ",".join(
    f"{kind}.secrets.hashicorp.com"
    for kind in (
        "vaultconnections",
        "vaultauths",
        "vaultauthglobals",
        "vaultstaticsecrets",
        "vaultdynamicsecrets",
        "vaultpkisecrets",
        "secrettransformations",
    )
)
ROLES = {"deployer": [OBJECTS, "--resource=pods", f"--resource={RESOURCES}"], "writer": [OBJECTS]}


@dataclass(frozen=True)
class Two:
    """Two namespaces, each with a `deployer` and a `writer` who have rights in it alone."""

    first: Tenant
    second: Tenant

    def apply_as(self, user: str, of: Tenant, kind: str, name: str, spec: object, into: Tenant) -> None:
        """Create a custom object in a namespace as a user of a tenant; raises KubectlFailed."""
        document = {
            "apiVersion": API.removeprefix("/apis/"),
            "kind": kind,
            "metadata": {"name": name, "namespace": into.namespace},
            "spec": spec,
        }
        who = f"--as={of.namespace}-{user}"
        of.cluster.kubectl("create", "-f", "-", who, stdin=json.dumps(document))

    def steal(self, name: str, path: str | None = None, **spec: object) -> None:
        """Create a VaultStaticSecret of the first tenant's path, or of another, as the second tenant's deployer."""
        whole = {
            "vaultAuthRef": "vault-auth",
            "mount": "secret",
            "type": "kv-v2",
            "path": path or f"{self.first.namespace}/app",
            "destination": {"create": True, "name": name},
            **spec,
        }
        self.apply_as("deployer", self.second, "VaultStaticSecret", name, whole, self.second)


@pytest.fixture
def two(operator: Operator, cluster: Cluster, new_tenant: Callable[..., Tenant]) -> Iterator[Two]:
    """The tenants; the first has a secret in step."""
    first, second = new_tenant(), new_tenant()
    for tenant in (first, second):
        for user, resources in ROLES.items():
            name, within = f"{tenant.namespace}-{user}", ("-n", tenant.namespace)
            cluster.kubectl("create", "role", user, *within, VERBS, *resources)
            cluster.kubectl("create", "rolebinding", user, *within, f"--role={user}", f"--user={name}")
    first.vault.put_secret(f"secret/data/{first.namespace}/app", key=VALUE)
    second.vault.put_secret(f"secret/data/{second.namespace}/app", key="own")
    first.static("app", f"{first.namespace}/app")
    eventually(lambda: first.data("app").get("key"))
    yield Two(first, second)
    for tenant in (first, second):
        for kind in ("VaultStaticSecret", "VaultAuthGlobal", "SecretTransformation"):
            cluster.request("DELETE", tenant.path(kind))


def _ends_refused(tenant: Tenant, name: str, words: str) -> None:
    eventually(lambda: tenant.condition("VaultStaticSecret", name).get("status") == "False")
    assert words in tenant.condition("VaultStaticSecret", name)["message"]
    assert not tenant.secret(name)


def _holding(text: str, secrets: list[str]) -> list[str]:
    forms = [
        form for each in secrets for form in (each, base64.b64encode(each.encode()).decode().rstrip("="))
    ]
    return [form for form in forms if form in text]


def test_no_resource_of_a_tenant_brings_a_value_of_the_other(two: Two) -> None:
    first, second = two.first, two.second
    shared = {
        "defaultAuthMethod": "appRole",
        "defaultMount": "approle",
        "vaultConnectionRef": "vault-connection",
    }
    role = {"roleId": first.role_id, "secretRef": "k8s-vault-op"}
    first.custom("VaultAuthGlobal", "shared", **shared, appRole=role)
    reference = {"vaultAuthGlobalRef": {"name": "shared", "namespace": first.namespace}}
    two.apply_as("deployer", second, "VaultAuth", "of-first", reference, second)
    two.apply_as(
        "deployer",
        second,
        "VaultAuth",
        "by-its-role",
        {"vaultConnectionRef": "vault-connection", "method": "appRole", "mount": "approle", "appRole": role},
        second,
    )
    two.steal("by-login", vaultAuthRef=f"{first.namespace}/vault-auth")
    two.steal("by-global", vaultAuthRef="of-first")
    two.steal("by-role", vaultAuthRef="by-its-role")
    two.steal("by-path")
    two.steal("by-dots", f"{second.namespace}/../{first.namespace}/app")
    _ends_refused(second, "by-login", f"is not for namespace {second.namespace}")
    _ends_refused(second, "by-global", f"is not for namespace {second.namespace}")
    _ends_refused(second, "by-role", "failed to login")
    _ends_refused(second, "by-path", "Code: 403")
    _ends_refused(second, "by-dots", "Code: 403")
    shown = second.cluster.kubectl("get", f"{RESOURCES},events,secrets", "-n", second.namespace, "-o", "yaml")
    assert not _holding(shown, [VALUE, first.secrets[0]])


def test_users_write_only_into_their_own_namespace(two: Two) -> None:
    first, second = two.first, two.second
    spec = {
        "vaultAuthRef": "vault-auth",
        "mount": "secret",
        "type": "kv-v2",
        "path": f"{first.namespace}/app",
    }
    whole = {**spec, "destination": {"create": True, "name": "stolen"}}
    for user, of, into in (
        ("deployer", second, first),
        ("writer", second, first),
        ("writer", second, second),
        ("writer", first, first),
    ):
        with pytest.raises(KubectlFailed, match="cannot create resource"):
            two.apply_as(user, of, "VaultStaticSecret", "stolen", whole, into)


def test_a_secret_of_somebody_else_stays_as_it_is(two: Two) -> None:
    second = two.second
    second.add("v1", "Secret", "of-the-writer", stringData={"key": "theirs"})
    two.steal("taken", f"{second.namespace}/app", destination={"create": True, "name": "of-the-writer"})
    eventually(lambda: second.condition("VaultStaticSecret", "taken").get("status") == "False")
    assert second.data("of-the-writer") == {"key": base64.b64encode(b"theirs").decode()}


def test_no_value_and_no_credential_is_in_a_log_an_event_a_status_or_a_metric(
    two: Two, operator: Operator
) -> None:
    first, second = two.first, two.second
    secrets = [VALUE, first.secrets[0], second.secrets[0], first.vault.token]
    two.steal("by-login", vaultAuthRef=f"{first.namespace}/vault-auth")
    _ends_refused(second, "by-login", "is not for namespace")
    first.custom("SecretTransformation", "failing", templates={"t": {"text": "{{ fail .Secrets.key }}"}})
    transformation = {"transformationRefs": [{"name": "failing"}]}
    destination = {"create": True, "name": "failing", "transformation": transformation}
    first.static("failing", f"{first.namespace}/app", destination=destination)
    eventually(lambda: first.condition("VaultStaticSecret", "failing").get("status") == "False")
    shown = first.cluster.kubectl("get", f"{RESOURCES},events,leases", "--all-namespaces", "-o", "yaml")
    texts = {
        "log": operator.logs + operator.log.read_text(),
        "objects": shown,
        "metrics": operator.get("/metrics")[1],
    }
    assert all(texts.values())
    assert {place: _holding(text, secrets) for place, text in texts.items()} == {place: [] for place in texts}
