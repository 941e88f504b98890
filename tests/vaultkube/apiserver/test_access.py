"""Rights of users and of the webhook itself, as the real API server sees them."""

import json
from collections.abc import Callable

import pytest

from tests.servers.cluster import Cluster as Server
from vaultkube.apiserver.access import Right
from vaultkube.apiserver.client import Cluster
from vaultkube.apiserver.kubeconfig import find_connection
from vaultkube.apiserver.resources import Resource
from vaultkube.deadline import Deadline
from vaultkube.errors import ClusterUnavailable, MissingRight, Unavailable

NAMESPACE = "access"
PODS = Right("create", "pods", NAMESPACE)
SECRETS = Resource("", "v1", "secrets", "default")
TOKEN = Right("create", "serviceaccounts", NAMESPACE, "token", "reader")


@pytest.fixture(scope="module")
def admin(cluster: Server) -> Cluster:
    """Give alice the right to create pods, tom tokens of `reader`, bob ConfigMaps, and the group `devs` pods."""
    cluster.create_namespace(NAMESPACE)
    grant(cluster, "alice", {"apiGroups": [""], "resources": ["pods"], "verbs": ["create"]}, "User")
    grant(cluster, "devs", {"apiGroups": [""], "resources": ["pods"], "verbs": ["create"]}, "Group")
    grant(cluster, "bob", {"apiGroups": [""], "resources": ["configmaps"], "verbs": ["*"]}, "User")
    token = {"apiGroups": [""], "resources": ["serviceaccounts/token"], "resourceNames": ["reader"]}
    grant(cluster, "tom", {**token, "verbs": ["create"]}, "User")
    return Cluster(find_connection({"KUBECONFIG": str(cluster.kubeconfig)}))


def grant(cluster: Server, subject: str, rule: dict[str, list[str]], kind: str) -> None:
    group = "rbac.authorization.k8s.io"
    metadata = {"name": subject, "namespace": NAMESPACE}
    role = {"apiVersion": f"{group}/v1", "kind": "Role", "metadata": metadata, "rules": [rule]}
    binding = {
        "apiVersion": f"{group}/v1",
        "kind": "RoleBinding",
        "metadata": metadata,
        "roleRef": {"apiGroup": group, "kind": "Role", "name": subject},
        "subjects": [{"apiGroup": group, "kind": kind, "name": subject}],
    }
    for manifest in (role, binding):
        cluster.apply(json.dumps(manifest))


@pytest.mark.parametrize(
    ("user_info", "right", "allowed"),
    [
        ({"username": "alice"}, PODS, True),
        ({"username": "alice"}, TOKEN, False),
        ({"username": "alice"}, PODS._replace(namespace="default"), False),
        ({"username": "tom"}, TOKEN, True),
        ({"username": "tom"}, TOKEN._replace(name="other"), False),
        ({"username": "tom"}, PODS, False),
        ({"username": "bob"}, PODS, False),
        ({"username": "bob", "uid": "7", "groups": ["x"], "extra": {"scopes": ["a"]}}, PODS, False),
        ({"username": "bob", "groups": ["devs"]}, PODS, True),
        ({"username": "root", "groups": ["system:masters"]}, TOKEN, True),
    ],
)
def test_a_users_right_is_the_answer_of_the_api_server(
    admin: Cluster, user_info: dict[str, object], right: Right, allowed: bool
) -> None:
    assert admin.is_allowed(user_info, right, Deadline(5)) is allowed


def test_a_revoked_right_does_not_count_at_the_next_question(cluster: Server, admin: Cluster) -> None:
    grant(cluster, "carol", {"apiGroups": [""], "resources": ["pods"], "verbs": ["create"]}, "User")
    assert eventually(lambda: admin.is_allowed({"username": "carol"}, PODS, Deadline(5)))
    cluster.kubectl("delete", "rolebinding", "carol", "-n", NAMESPACE)
    assert eventually(lambda: not admin.is_allowed({"username": "carol"}, PODS, Deadline(5)))


def eventually(condition: Callable[[], bool]) -> bool:
    """Return whether the answer becomes true while the API server's authorizer catches up with RBAC."""
    return any(condition() for _ in range(500))


def test_a_review_without_a_user_is_no_consent(admin: Cluster) -> None:
    with pytest.raises(ClusterUnavailable, match="422"):
        admin.is_allowed({}, PODS, Deadline(5))


NEEDING = {
    "get secrets in namespace default": lambda client: client.get("Secret", "default", "x", Deadline(5)),
    "get configmaps in namespace default": lambda client: client.get(
        "ConfigMap", "default", "x", Deadline(5)
    ),
    "create serviceaccounts/token in namespace default": lambda client: client.create_token(
        "default", "default", [], Deadline(5)
    ),
    "create subjectaccessreviews": lambda client: client.is_allowed({"username": "bob"}, PODS, Deadline(5)),
    "create secrets in namespace default": lambda client: client.add(
        SECRETS, {"metadata": {"name": "x"}}, Deadline(5)
    ),
    "list pods": lambda client: client.list_pods_of_node("node", Deadline(5)),
    "list nodes": lambda client: list(client.list_nodes(Deadline(5))),
    "create events in namespace default": lambda client: client.create_event("default", {}, Deadline(5)),
}


@pytest.mark.parametrize("right", NEEDING)
def test_a_right_that_the_webhook_lacks_is_named_and_is_no_outage(cluster: Server, right: str) -> None:
    nobody = Cluster(find_connection({"KUBECONFIG": str(cluster.kubeconfig_of("default"))}))
    with pytest.raises(MissingRight, match=f"may not {right} .*; bind the ClusterRole") as caught:
        NEEDING[right](nobody)
    assert not isinstance(caught.value, Unavailable)
    assert "try again" not in str(caught.value)
