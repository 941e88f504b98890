"""The servers of the tests are real, and behave as the other tests expect."""

import json
import uuid

import pytest
import requests

from tests.servers.accounts import PULLER, PUSHER
from tests.servers.authority import with_key_usage
from tests.servers.cluster import Cluster
from tests.servers.images import File, image, index
from tests.servers.kubectl import Kubectl, KubectlFailed
from tests.servers.registry import Registry
from tests.servers.vault import Vault, VaultRefused

MANIFEST = "application/vnd.oci.image.manifest.v1+json"


def test_vault_serves_a_secret_over_tls(vault: Vault) -> None:
    vault.put_secret("secret/data/greeting", text="hello")

    assert vault.read("secret/data/greeting")["data"] == {"text": "hello"}


def test_vault_is_not_trusted_without_the_ca(vault: Vault) -> None:
    with pytest.raises(requests.exceptions.SSLError):
        requests.get(f"{vault.address}/v1/sys/health", timeout=5)


def test_a_token_reads_what_its_policy_allows_and_nothing_else(vault: Vault) -> None:
    vault.put_secret("secret/data/mine", key="1")
    vault.put_secret("secret/data/theirs", key="2")
    vault.policy("mine", 'path "secret/data/mine" { capabilities = ["read"] }')
    token = vault.new_token("mine")

    assert vault.read("secret/data/mine", token)["data"] == {"key": "1"}
    with pytest.raises(VaultRefused, match="403"):
        vault.read("secret/data/theirs", token)


def test_vault_keeps_its_secrets_through_seal_and_restart(own_vault: Vault) -> None:
    own_vault.put_secret("secret/data/app", key="value")

    own_vault.seal()
    assert own_vault.endpoint.get("/v1/sys/health").status_code == 503
    own_vault.unseal()
    own_vault.stop()
    own_vault.start()

    assert own_vault.read("secret/data/app")["data"] == {"key": "value"}


def test_a_service_account_logs_in_to_vault_by_token_review(cluster: Cluster, cluster_vault: Vault) -> None:
    namespace = f"login-{uuid.uuid4().hex[:8]}"
    cluster.create_namespace(namespace)
    role = {"bound_service_account_names": ["default"], "bound_service_account_namespaces": [namespace]}
    cluster_vault.write(
        f"auth/kubernetes/role/{namespace}", {**role, "token_policies": ["app"], "audience": "vault"}
    )

    jwt = cluster.service_account_token(namespace, "default", "vault")
    login = cluster_vault.request("POST", "auth/kubernetes/login", {"role": namespace, "jwt": jwt}, token="")
    assert "app" in login["auth"]["token_policies"]

    with pytest.raises(VaultRefused, match="403"):
        other = cluster.service_account_token("default", "default", "vault")
        cluster_vault.request("POST", "auth/kubernetes/login", {"role": namespace, "jwt": other}, token="")


def test_the_api_server_admits_a_pod_and_enforces_pod_security(cluster: Cluster) -> None:
    namespace = f"strict-{uuid.uuid4().hex[:8]}"
    cluster.create_namespace(namespace, **{"pod-security.kubernetes.io/enforce": "restricted"})
    pod = {
        "metadata": {"name": "p", "namespace": namespace},
        "spec": {"containers": [{"name": "c", "image": "i"}]},
    }

    with pytest.raises(KubectlFailed, match="violates PodSecurity"):
        cluster.apply(json.dumps({"apiVersion": "v1", "kind": "Pod", **pod}))


def test_rbac_refuses_what_a_service_account_may_not_do(cluster: Cluster) -> None:
    as_default = Kubectl(cluster.kubeconfig_of("default"))

    with pytest.raises(KubectlFailed, match="forbidden"):
        as_default("get", "secrets")


def test_an_open_registry_serves_what_was_pushed(anonymous_registry: Registry) -> None:
    pushed = image({"bin/app": File(b"program")}, entrypoint=["/bin/app"])
    anonymous_registry.push("team/app:1", pushed)

    answer = anonymous_registry.endpoint.get("/v2/team/app/manifests/1", {"Accept": MANIFEST})

    assert answer.content == pushed.manifest.content
    assert answer.headers["Docker-Content-Digest"] == pushed.digest


def test_an_index_is_pushed_with_its_images(anonymous_registry: Registry) -> None:
    both = index(image(cmd=["a"]), image(cmd=["b"], architecture="arm64"))
    anonymous_registry.push("team/both:1", both)

    answer = anonymous_registry.endpoint.get(
        f"/v2/team/both/manifests/{both.images[1].digest}", {"Accept": MANIFEST}
    )

    assert answer.content == both.images[1].manifest.content


def test_a_basic_registry_wants_a_password(basic_registry: Registry) -> None:
    basic_registry.push("team/app:1", image(cmd=["a"]))
    path = "/v2/team/app/manifests/1"

    assert basic_registry.endpoint.get(path).status_code == 401
    credentials = (PULLER.name, PULLER.password)
    assert basic_registry.endpoint.request("GET", path, auth=credentials, headers={"Accept": MANIFEST}).ok


def test_a_bearer_registry_wants_a_token_for_the_repository(bearer_registry: Registry) -> None:
    bearer_registry.push("team/app:1", image(cmd=["a"]))
    assert bearer_registry.tokens
    path = "/v2/team/app/manifests/1"

    challenge = bearer_registry.endpoint.get(path)
    assert challenge.status_code == 401
    assert f'realm="{bearer_registry.tokens.realm}"' in challenge.headers["WWW-Authenticate"]

    for account, scope, status in [
        (PULLER, "repository:team/app:pull", 200),
        (PULLER, "repository:team/other:pull", 401),
        (None, "repository:team/app:pull", 401),
    ]:
        token = bearer_registry.tokens.issue(account, [scope])
        headers = {"Accept": MANIFEST, "Authorization": f"Bearer {token}"}
        assert bearer_registry.endpoint.get(path, headers).status_code == status


def test_the_token_server_gives_an_account_no_more_than_it_may_do(bearer_registry: Registry) -> None:
    assert bearer_registry.tokens
    for account, status in [(PULLER, 401), (PUSHER, 202)]:
        url = f"{bearer_registry.tokens.realm}?service=test-registry&scope=repository:team/app:pull,push"
        answer = requests.get(
            url,
            auth=(account.name, account.password),
            verify=str(with_key_usage(bearer_registry.endpoint.ca_file)),
            timeout=5,
        )
        headers = {"Authorization": f"Bearer {answer.json()['token']}"}
        opened = bearer_registry.endpoint.request("POST", "/v2/team/app/blobs/uploads/", headers=headers)
        assert opened.status_code == status
