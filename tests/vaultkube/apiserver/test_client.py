"""The thin Kubernetes client on a real API server."""

import base64
import contextlib
import json
import socket
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.servers.authority import Authority
from tests.servers.cluster import Cluster as Server
from tests.servers.process import free_port
from vaultkube.apiserver.client import BoundPod, Cluster
from vaultkube.apiserver.kubeconfig import Connection, find_connection
from vaultkube.apiserver.resources import Resource
from vaultkube.deadline import Deadline
from vaultkube.errors import ClusterUnavailable, InvalidSetting, MissingRight
from vaultkube.net import keepalive
from vaultkube.net.tls import PEM


@pytest.fixture
def nobody(cluster: Server) -> Cluster:
    return Cluster(find_connection({"KUBECONFIG": str(cluster.kubeconfig_of("default"))}))


def soon() -> Deadline:
    return Deadline(5)


def test_an_object_is_read_with_fields_that_we_do_not_know(cluster: Server, admin: Cluster) -> None:
    manifest = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "read-me"}, "data": {"k": "v"}}
    cluster.apply(json.dumps(manifest))
    found = admin.get("ConfigMap", "default", "read-me", soon())
    assert found
    assert found["data"] == {"k": "v"}
    assert found["metadata"]["managedFields"]


def test_a_missing_object_is_none(admin: Cluster) -> None:
    assert admin.get("Secret", "default", "missing", soon()) is None
    assert admin.create_token("default", "missing", [], soon()) is None


def test_a_name_cannot_lead_to_another_object(admin: Cluster) -> None:
    assert admin.get("Secret", "default", "../configmaps/kube-root-ca.crt", soon()) is None


def test_a_token_is_for_the_service_account_and_ten_minutes(admin: Cluster) -> None:
    token = admin.create_token("default", "default", ["https://vault.example.com"], soon())
    assert token
    claims = json.loads(base64.urlsafe_b64decode(token.split(".")[1] + "=="))
    assert claims["sub"] == "system:serviceaccount:default:default"
    assert claims["aud"] == ["https://vault.example.com"]
    assert claims["exp"] - claims["iat"] == 600


def test_a_token_that_is_bound_to_a_pod_ends_with_it(cluster: Server, admin: Cluster) -> None:
    body = {
        "metadata": {"generateName": "bound-"},
        "spec": {"containers": [{"name": "app", "image": "app"}]},
    }
    metadata = cluster.request("POST", "/api/v1/namespaces/default/pods", body)["metadata"]
    pod = BoundPod(metadata["name"], metadata["uid"])
    token = admin.create_token("default", "default", [], soon(), pod)
    assert token
    claims = json.loads(base64.urlsafe_b64decode(token.split(".")[1] + "=="))
    assert claims["kubernetes.io"]["pod"] == pod._asdict()
    path = f"/api/v1/namespaces/default/pods/{pod.name}"
    cluster.request("DELETE", path, {"gracePeriodSeconds": 0})
    assert admin.create_token("default", "default", [], soon(), pod) is None


def test_the_pods_of_a_node_are_known_by_their_ids(cluster: Server, admin: Cluster) -> None:
    uids = []
    for node in ("here", "here", "elsewhere"):
        body = {
            "metadata": {"generateName": "listed-"},
            "spec": {"nodeName": node, "containers": [{"name": "app", "image": "app"}]},
        }
        uids.append(cluster.request("POST", "/api/v1/namespaces/default/pods", body)["metadata"]["uid"])
    assert admin.list_pods_of_node("here", soon()) == set(uids[:2])
    assert admin.list_pods_of_node("nowhere", soon()) == set()


def test_an_object_is_created_once(admin: Cluster) -> None:
    document = {"metadata": {"name": "created-once"}, "data": {"k": "dg=="}}
    secrets = Resource("", "v1", "secrets", "default")
    assert admin.add(secrets, document, soon())
    assert not admin.add(secrets, {**document, "data": {}}, soon())
    found = admin.get("Secret", "default", "created-once", soon())
    assert found and found["data"] == {"k": "dg=="}


def test_each_request_is_observed_with_its_outcome(cluster: Server) -> None:
    observed: list[str] = []

    def observing(connection: Connection) -> Cluster:
        return Cluster(connection, observe=lambda outcome, _seconds: observed.append(outcome))

    connection = find_connection({"KUBECONFIG": str(cluster.kubeconfig_of("default"))})
    assert observing(connection).ready(soon())
    with pytest.raises(MissingRight):
        observing(connection).get("Secret", "default", "x", soon())
    assert not observing(Connection(server=f"https://127.0.0.1:{free_port()}")).ready(soon())
    assert observed == ["ok", "refused", "unavailable"]


def test_an_object_of_any_group_is_added_read_and_replaced_only_as_it_was_read(
    cluster: Server, admin: Cluster
) -> None:
    leases = Resource("coordination.k8s.io", "v1", "leases", "default")
    assert admin.read(leases, "of-any-group", soon()) is None
    document = {"metadata": {"name": "of-any-group"}, "spec": {"holderIdentity": "me"}}
    assert admin.add(leases, document, soon())
    assert not admin.add(leases, document, soon())
    found = admin.read(leases, "of-any-group", soon())
    assert found
    changed = {**found, "spec": {"holderIdentity": "you"}}
    assert admin.replace(leases, changed, soon())
    assert not admin.replace(leases, changed, soon())
    found = admin.read(leases, "of-any-group", soon())
    assert found
    cluster.request("DELETE", leases.path("of-any-group"))
    assert not admin.replace(leases, found, soon())


def test_a_missing_right_names_the_group_and_the_object(nobody: Cluster) -> None:
    leases = Resource("coordination.k8s.io", "v1", "leases", "default")
    with pytest.raises(
        MissingRight, match=r"may not get leases\.coordination\.k8s\.io of held in namespace default"
    ):
        nobody.read(leases, "held", soon())


def test_a_missing_right_names_the_caller(cluster: Server) -> None:
    connection = find_connection({"KUBECONFIG": str(cluster.kubeconfig_of("default"))})
    with pytest.raises(
        MissingRight, match="the provider's ServiceAccount may not create secrets in namespace"
    ):
        provider = Cluster(connection, caller="the provider's ServiceAccount")
        provider.add(Resource("", "v1", "secrets", "default"), {"metadata": {"name": "x"}}, soon())


@pytest.mark.timed
def test_an_api_server_that_is_down_fails_in_time(tmp_path: Path) -> None:
    down = Cluster(Connection(server=f"https://127.0.0.1:{free_port()}"))
    started = time.monotonic()
    with pytest.raises(ClusterUnavailable, match="did not answer for Secret a/b"):
        down.get("Secret", "a", "b", Deadline(1))
    assert time.monotonic() - started < 3
    assert not down.ready(Deadline(1))


@pytest.mark.parametrize("scheme", ["http", "https"])
@pytest.mark.timed
def test_an_api_server_that_accepts_connections_and_is_silent_costs_the_time_once(scheme: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        silent = Cluster(Connection(f"{scheme}://127.0.0.1:{listening.getsockname()[1]}"))
        started = time.monotonic()
        with pytest.raises(ClusterUnavailable):
            silent.get("Secret", "team", "pull", Deadline(1))
    assert 1 <= time.monotonic() - started < 1.8


_EMPTY_ANSWER = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}"


class Forgetful:
    """An API server with `answers` on each connection, and then silence, as after a gateway that lost it."""

    def __init__(self, answers: int, hangs_up: bool = False) -> None:
        self._answers, self._hangs_up = answers, hangs_up
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.address = f"http://127.0.0.1:{self._listening.getsockname()[1]}"
        self.connections: list[socket.socket] = []
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                self.connections.append(self._listening.accept()[0])
                threading.Thread(target=self._serve, args=self.connections[-1:], daemon=True).start()

    def _serve(self, connection: socket.socket) -> None:
        with connection, contextlib.suppress(OSError):
            for _ in range(self._answers):
                if not _request(connection):
                    return
                connection.sendall(_EMPTY_ANSWER)
            _request(connection)
            if not self._hangs_up:
                connection.recv(65536)

    def stop(self) -> None:
        for connection in self.connections:
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
        self._listening.shutdown(socket.SHUT_RDWR)
        self._listening.close()


def _request(connection: socket.socket) -> bytes:
    """Receive one request; return nothing if there is none any more."""
    received = connection.recv(65536)
    head, _, body = received.partition(b"\r\n\r\n")
    missing = int(head.lower().partition(b"content-length: ")[2].split(b"\r\n")[0] or 0) - len(body)
    while missing > 0:
        missing -= len(connection.recv(missing))
    return received


@pytest.fixture
def forgetful(request: pytest.FixtureRequest) -> Iterator[Forgetful]:
    server = Forgetful(*request.param)
    yield server
    server.stop()


@pytest.mark.parametrize("forgetful", [(1, False), (1, True)], ids=["silent", "closed"], indirect=True)
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_a_dead_keep_alive_connection_fails_no_request(forgetful: Forgetful, method: str) -> None:
    client = Cluster(Connection(forgetful.address))
    for _ in range(2):
        if method == "GET":
            assert client.get("Secret", "a", "b", Deadline(4)) == {}
        else:
            client.create_event("a", {}, Deadline(4))
    assert len(forgetful.connections) == 2


@pytest.mark.parametrize("forgetful", [(9,)], indirect=True)
def test_threads_share_connections_and_idle_ones_are_not_reused(
    forgetful: Forgetful, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = Cluster(Connection(forgetful.address))
    for _ in range(3):
        with ThreadPoolExecutor(1) as pool:
            assert pool.submit(client.get, "Secret", "a", "b", soon()).result() == {}
    assert len(forgetful.connections) == 1
    monkeypatch.setattr(keepalive, "MAX_IDLE_S", 0.0)
    assert client.get("Secret", "a", "b", soon()) == {}
    assert len(forgetful.connections) == 2


def test_a_rotated_ca_is_trusted_at_the_next_request(
    cluster: Server, authority: Authority, tmp_path: Path
) -> None:
    file = tmp_path / "ca.crt"
    file.write_bytes(Authority(tmp_path / "other").ca_file.read_bytes())
    rotating = Cluster(Connection(cluster.endpoint.address, PEM(file=str(file)), cluster.endpoint.token))
    with pytest.raises(ClusterUnavailable, match="SSLError"):
        rotating.get("Secret", "default", "x", soon())
    file.write_bytes(cluster.endpoint.ca_file.read_bytes())
    assert rotating.get("Secret", "default", "x", soon()) is None


def test_nothing_is_sent_after_the_deadline(admin: Cluster) -> None:
    with pytest.raises(ClusterUnavailable, match="no time was left"):
        admin.get("Secret", "default", "x", Deadline(0))


def test_readiness_is_the_api_servers_answer(admin: Cluster, nobody: Cluster) -> None:
    assert admin.ready(soon())
    assert nobody.ready(soon())


def test_the_log_says_once_why_the_api_server_is_not_ready(
    cluster: Server, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    ca = tmp_path / "ca.crt"
    ca.write_bytes(Authority(tmp_path / "other").ca_file.read_bytes())
    client = Cluster(Connection(cluster.endpoint.address, PEM(file=str(ca)), cluster.endpoint.token))
    assert not client.ready(soon())
    assert not client.ready(soon())
    (line,) = caplog.messages
    assert line.startswith("not ready: the API server did not answer for the version (SSLError: ")
    assert "certificate" in line
    ca.unlink()
    assert not client.ready(soon())
    assert "FileNotFoundError" in caplog.messages[1]
    ca.write_bytes(cluster.endpoint.ca_file.read_bytes())
    assert client.ready(soon())
    assert len(caplog.messages) == 2


def test_a_rotated_token_file_is_read_for_the_next_request(cluster: Server, tmp_path: Path) -> None:
    file = tmp_path / "token"
    file.write_text("stale")
    connection = Connection(
        cluster.endpoint.address, ca=PEM(file=str(cluster.endpoint.ca_file)), token_file=str(file)
    )
    rotating = Cluster(connection)
    with pytest.raises(ClusterUnavailable, match="401"):
        rotating.get("Secret", "default", "x", soon())
    file.write_text(cluster.endpoint.token + "\n")
    assert rotating.get("Secret", "default", "x", soon()) is None


def test_a_connection_does_not_show_its_token() -> None:
    assert "hunter2" not in repr(Connection("https://x", token="hunter2"))


@pytest.mark.parametrize("content", ["", "[]", "a: [", '{"current-context": "x", "contexts": []}'])
def test_a_broken_kubeconfig_is_named(tmp_path: Path, content: str) -> None:
    path = tmp_path / "kubeconfig"
    path.write_text(content)
    with pytest.raises(InvalidSetting, match=str(path)):
        find_connection({"KUBECONFIG": str(path)})


def test_without_kubeconfig_and_pod_there_is_an_error() -> None:
    with pytest.raises(InvalidSetting, match="set KUBECONFIG"):
        find_connection({})


def test_objects_of_a_kind_are_listed_page_by_page(cluster: Server, admin: Cluster) -> None:
    cluster.create_namespace("listed")
    names = {f"many-{number}" for number in range(120)}
    for name in names:
        cluster.request(
            "POST", "/api/v1/namespaces/listed/configmaps", {"metadata": {"name": name}, "data": {"k": name}}
        )
    found = list(admin.list_objects("v1", "configmaps", "listed", Deadline(30)))
    assert {each["metadata"]["name"] for each in found} >= names
    assert {"k": "many-7"} in [each.get("data") for each in found]
    assert len(list(admin.list_objects("v1", "configmaps", "", Deadline(30)))) > 120


def test_a_kind_that_the_api_server_does_not_know_has_no_objects(admin: Cluster) -> None:
    assert list(admin.list_objects("none.example/v1", "nothings", "", soon())) == []


def test_a_list_needs_its_right(nobody: Cluster) -> None:
    with pytest.raises(MissingRight, match="list deployments"):
        list(nobody.list_objects("apps/v1", "deployments", "", soon()))
