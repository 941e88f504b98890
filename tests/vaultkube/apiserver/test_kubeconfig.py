"""The connection of a kubeconfig; its keys in data leave no file behind."""

import base64
import ssl
from pathlib import Path

import pytest
import trustme
import yaml

from tests.broken_kubeconfigs import BROKEN
from tests.vaultenv.client.stand_in import answer, stand_in
from vaultkube.apiserver.client import Cluster
from vaultkube.apiserver.kubeconfig import find_connection
from vaultkube.apiserver.watching import Change, watch
from vaultkube.deadline import Deadline
from vaultkube.errors import ClusterUnavailable, InvalidSetting

pytestmark = pytest.mark.long


def kubeconfig(path: Path, cluster: dict[str, object], user: dict[str, object]) -> dict[str, str]:
    """Return an environment that names a kubeconfig with this cluster and user."""
    content = {
        "current-context": "c",
        "contexts": [{"name": "c", "context": {"cluster": "c", "user": "c"}}],
        "clusters": [{"name": "c", "cluster": {"server": "https://127.0.0.1:1", **cluster}}],
        "users": [{"name": "c", "user": user}],
    }
    path.write_text(yaml.safe_dump(content))
    return {"KUBECONFIG": str(path)}


def encoded(pem: bytes) -> str:
    return base64.b64encode(pem).decode()


def test_keys_held_as_data_log_in_and_leave_no_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(temporary))
    authority = trustme.CA()
    server, person = authority.issue_cert("127.0.0.1"), authority.issue_cert("person@example.com")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.configure_cert(context)
    context.verify_mode = ssl.CERT_REQUIRED
    authority.configure_trust(context)
    with stand_in(lambda stream, _head: stream.sendall(answer("404 Not Found")), context) as api:
        environ = kubeconfig(
            tmp_path / "kubeconfig",
            {"server": api.address, "certificate-authority-data": encoded(authority.cert_pem.bytes())},
            {
                "client-certificate-data": encoded(person.cert_chain_pems[0].bytes()),
                "client-key-data": encoded(person.private_key_pem.bytes()),
            },
        )
        cluster = Cluster(find_connection(environ))
        assert cluster.get("Secret", "a", "b", Deadline(5)) is None
    assert list(temporary.iterdir()) == []


def test_the_certificate_may_have_a_name_that_the_kubeconfig_gives(tmp_path: Path) -> None:
    authority = trustme.CA()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("kube.example.com").configure_cert(context)
    trusted: dict[str, object] = {"certificate-authority-data": encoded(authority.cert_pem.bytes())}
    with stand_in(lambda stream, _head: stream.sendall(answer("404 Not Found")), context) as api:
        trusted["server"] = api.address
        named = kubeconfig(tmp_path / "named", {**trusted, "tls-server-name": "kube.example.com"}, {})
        connection = find_connection(named)
        assert Cluster(connection).get("Secret", "a", "b", Deadline(5)) is None
        changes = watch(connection, "/api/v1/namespaces", {}, "application/json", 5)
        assert list(changes) == [Change("ERROR", {"code": 404})]
        with pytest.raises(ClusterUnavailable, match="certificate"):
            other = kubeconfig(tmp_path / "other", trusted, {})
            Cluster(find_connection(other)).get("Secret", "a", "b", Deadline(5))


def test_a_proxy_is_refused_and_not_passed_by(tmp_path: Path) -> None:
    environ = kubeconfig(tmp_path / "kubeconfig", {"proxy-url": "http://user:hunter2@proxy:3128"}, {})
    with pytest.raises(InvalidSetting, match="kubeconfig: proxy-url is not supported") as refusal:
        find_connection(environ)
    assert "hunter2" not in str(refusal.value)


def test_files_that_it_names_are_found_beside_it(tmp_path: Path) -> None:
    connection = find_connection(
        kubeconfig(
            tmp_path / "kubeconfig",
            {"certificate-authority": "ca.crt"},
            {"client-certificate": "tls.crt", "client-key": "tls.key"},
        )
    )
    assert connection.ca.file == str(tmp_path / "ca.crt")
    assert connection.client_certificate
    assert [pem.file for pem in connection.client_certificate] == [
        str(tmp_path / "tls.crt"),
        str(tmp_path / "tls.key"),
    ]


def test_data_wins_over_a_file_as_in_kubectl(tmp_path: Path) -> None:
    cluster: dict[str, object] = {
        "certificate-authority": "ca.crt",
        "certificate-authority-data": encoded(b"the CA"),
    }
    assert find_connection(kubeconfig(tmp_path / "kubeconfig", cluster, {})).ca.read() == "the CA"


def test_data_that_is_not_base64_is_named(tmp_path: Path) -> None:
    environ = kubeconfig(tmp_path / "kubeconfig", {"certificate-authority-data": "a"}, {})
    with pytest.raises(InvalidSetting, match="certificate-authority-data is not base64"):
        find_connection(environ)


NAMED = "current-context: c\ncontexts: [{name: c, context: {cluster: c, user: c}}]\n"


@pytest.mark.parametrize(
    "content",
    [
        *BROKEN,
        b"[" * 5000,
        f"{NAMED}clusters: [{{name: c, cluster: {{}}}}]\nusers: [{{name: c, user: {{token: s3cr3t}}}}]".encode(),
        f"{NAMED}clusters: [{{name: c, cluster: }}]\nusers: [{{name: c, user: }}]".encode(),
        *(
            f"{NAMED}clusters: [{{name: c, cluster: {{server: 'https://a'}}}}]\nusers: [{{name: c, user: {user}}}]".encode()
            for user in ("s3cr3t", "5", "[s3cr3t]", "{tokenFile: 5}", "{client-certificate: 5}")
        ),
    ],
)
def test_a_file_that_is_no_kubeconfig_is_named_and_not_shown(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "kubeconfig").write_bytes(content)
    with pytest.raises(InvalidSetting, match=r"^KUBECONFIG \S+kubeconfig cannot be used: ") as refusal:
        find_connection({"KUBECONFIG": str(tmp_path / "kubeconfig")})
    assert "s3cr3t" not in str(refusal.value)


def test_a_kubeconfig_that_does_not_exist_is_named_once(tmp_path: Path) -> None:
    with pytest.raises(InvalidSetting) as refusal:
        find_connection({"KUBECONFIG": str(tmp_path / "none")})
    assert str(refusal.value) == f"KUBECONFIG {tmp_path}/none cannot be read: No such file or directory"


def test_a_connection_shows_no_key(tmp_path: Path) -> None:
    user: dict[str, object] = {
        "client-certificate-data": encoded(b"certificate"),
        "client-key-data": encoded(b"hunter2"),
    }
    connection = find_connection(kubeconfig(tmp_path / "kubeconfig", {}, user))
    assert "hunter2" not in repr(connection)


@pytest.mark.parametrize("skip", [True, False])
def test_the_server_is_verified_unless_the_kubeconfig_says_otherwise(tmp_path: Path, skip: bool) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    trustme.CA().issue_cert("elsewhere.example.com").configure_cert(context)
    with stand_in(lambda stream, _head: stream.sendall(answer("404 Not Found")), context) as api:
        cluster = {"server": api.address, "insecure-skip-tls-verify": skip}
        client = Cluster(find_connection(kubeconfig(tmp_path / "kubeconfig", cluster, {})))
        if skip:
            assert client.get("Secret", "a", "b", Deadline(5)) is None
        else:
            with pytest.raises(ClusterUnavailable, match="SSLError"):
                client.get("Secret", "a", "b", Deadline(5))
