"""The self-managed certificate on a real API server, with exactly the rights of the manifests, under load."""

import base64
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from cryptography import x509

from tests.servers.authority import Authority
from tests.servers.cluster import Cluster
from tests.servers.process import stopping
from tests.webhook.certificates.installed import (
    CONFIGURATION,
    SECRET,
    Installation,
    Load,
    eventually,
    installed,
)
from webhook.certificates.making import make_certificate
from webhook.certificates.plan import full_segments
from webhook.certificates.state import State, data_of, read_pair


@pytest.fixture(scope="module")
def own_cluster(tmp_path_factory: pytest.TempPathFactory, authority: Authority) -> Iterator[Cluster]:
    """Yield an API server for these tests only, because their webhook sees every pod."""
    with stopping(Cluster(tmp_path_factory.mktemp("own") / "cluster", authority)) as server:
        server.wait()
        yield server


@pytest.fixture
def installation(tmp_path: Path, own_cluster: Cluster) -> Iterator[Installation]:
    with installed(tmp_path / "installation", own_cluster) as installation:
        yield installation


pytestmark = pytest.mark.servers


def count(bundle: str) -> int:
    return bundle.count("BEGIN CERTIFICATE")


def test_an_installation_refuses_nothing_and_registers_itself_when_it_serves(
    installation: Installation,
) -> None:
    assert "rules" not in installation.configuration()["webhooks"][0]
    plain = {"metadata": {"generateName": "a-"}, "spec": {"containers": [{"name": "a", "image": "a"}]}}
    pods = "/api/v1/namespaces/default/pods?dryRun=All"
    installation.cluster.request("POST", pods, plain)
    started = time.monotonic()
    installation.add()
    eventually(lambda: not installation.refusal())
    print(f"registered {time.monotonic() - started:.1f} s after the start of the process")
    client = installation.configuration()["webhooks"][0]["clientConfig"]
    assert client["url"].endswith(f"/{installation.secret()['path-segments'].split()[0]}/pods")


def test_applying_the_manifests_again_keeps_the_filled_in_fields(
    installation: Installation,
) -> None:
    installation.cluster.request("DELETE", CONFIGURATION)
    installation.apply()
    installation.start().wait()
    eventually(lambda: "rules" in installation.configuration()["webhooks"][0])
    before = installation.configuration()
    for webhook in before["webhooks"]:
        segment, resource = webhook["clientConfig"]["service"]["path"].strip("/").split("/")
        assert segment == installation.secret()["path-segments"].split()[0]
        assert webhook["name"] == f"{resource}.vault-webhook.svc"
    installation.apply()
    assert installation.configuration() == before


@pytest.mark.timed
def test_certificates_are_renewed_under_load_and_nothing_is_refused(installation: Installation) -> None:
    replicas = [installation.add(CERTIFICATE_LIFETIME="60s") for _ in range(2)]
    eventually(lambda: not installation.refusal())
    first = replicas[0].certificate()
    assert replicas[1].certificate() == first
    path = installation.secret()["path-segments"].split()[0]
    with Load(installation) as load:
        eventually(lambda: count(installation.trusted()) == 2, 60)
        renewed = eventually(lambda: _another(replicas[0].certificate(), first), 60)
        eventually(lambda: replicas[1].certificate() == renewed)
        eventually(lambda: installation.secret()["path-segments"].split()[0] != path)
        _and_afterwards(load)
    print(f"renewed: {len(load.refusals)} of {load.fetch} refused")
    assert load.refusals == []
    eventually(lambda: first not in installation.secret()["tls.crt"])


def _and_afterwards(load: Load) -> None:
    """Continue the load after the change."""
    enough = load.fetch + 300
    eventually(lambda: load.fetch > enough, 120)


def _another(certificate: str, first: str) -> str:
    return certificate if certificate != first else ""


def _store(installation: Installation, state: State) -> None:
    body = {
        "metadata": {"name": "vault-webhook-tls"},
        "type": "kubernetes.io/tls",
        "data": data_of(state),
    }
    installation.cluster.request("POST", SECRET.rpartition("/")[0], body)


def test_an_expired_certificate_at_the_start_is_replaced_before_anything_is_served(
    installation: Installation,
) -> None:
    made = make_certificate(["127.0.0.1"], -0.5)
    pair = read_pair(made.chain, made.key)
    _store(installation, State(pair, None, (made.ca,), full_segments(())))
    replica = installation.add()
    leaf = x509.load_pem_x509_certificate(replica.certificate().encode())
    assert leaf.not_valid_after_utc.timestamp() > time.time()
    eventually(lambda: not installation.refusal())


@pytest.mark.timed
def test_a_deleted_secret_is_made_again_and_nothing_is_refused_meanwhile(installation: Installation) -> None:
    replicas = [installation.add() for _ in range(2)]
    eventually(lambda: not installation.refusal())
    first = replicas[0].certificate()
    with Load(installation) as load:
        installation.cluster.request("DELETE", SECRET)
        eventually(lambda: installation.cluster.answer("GET", SECRET).ok)
        for replica in replicas:
            eventually(lambda replica=replica: replica.certificate() != first)
        _and_afterwards(load)
    print(f"deleted: {len(load.refusals)} of {load.fetch} refused")
    assert load.refusals == []


def test_a_secret_that_somebody_has_spoilt_is_made_again(installation: Installation) -> None:
    replica = installation.add()
    eventually(lambda: not installation.refusal())
    first = replica.certificate()
    spoilt = {"data": {"tls.crt": base64.b64encode(b"nonsense").decode(), "tls.key": "", "mine": "a2VwdA=="}}
    found = installation.cluster.request("GET", SECRET)
    installation.cluster.request("PUT", SECRET, {**found, **spoilt})
    eventually(lambda: replica.certificate() != first)
    assert installation.secret()["mine"] == "kept"
    assert not installation.refusal()


@pytest.mark.timed
def test_another_replica_leads_when_the_leader_ends(installation: Installation) -> None:
    leader = installation.add()
    eventually(lambda: not installation.refusal())
    other = installation.add()
    assert "vault_webhook_certificate_leader 1.0" in leader.fetch("/metrics").text
    assert "vault_webhook_certificate_leader 0.0" in other.fetch("/metrics").text
    installation.drain(leader)
    eventually(lambda: "vault_webhook_certificate_leader 1.0" in other.fetch("/metrics").text, 20)
    assert not installation.refusal()


def test_the_webhook_with_cert_manager_fills_in_only_path_and_rules(
    installation: Installation, tmp_path: Path
) -> None:
    made = make_certificate(["127.0.0.1"], 1)
    (tmp_path / "tls.crt").write_bytes(made.chain)
    (tmp_path / "tls.key").write_bytes(made.key)
    files = {"TLS_CERT_FILE": str(tmp_path / "tls.crt"), "TLS_PRIVATE_KEY_FILE": str(tmp_path / "tls.key")}
    replica = installation.add(CERTIFICATE="cert-manager", **files)
    eventually(lambda: "nobody has filled in caBundle" in replica.log.read_text())
    found = installation.configuration()
    for webhook in found["webhooks"]:
        webhook["clientConfig"]["caBundle"] = base64.b64encode(made.ca).decode()
    installation.cluster.request("PUT", CONFIGURATION, found)  # as cert-manager's injector does
    eventually(lambda: not installation.refusal())
    assert set(installation.secret()) == {"path-segments"}
    assert installation.trusted() == made.ca.decode()


def test_fields_removed_from_the_configuration_are_filled_in_again(installation: Installation) -> None:
    installation.add()
    eventually(lambda: not installation.refusal())
    found = installation.configuration()
    for webhook in found["webhooks"]:
        del webhook["clientConfig"]["caBundle"]
    installation.cluster.request("PUT", CONFIGURATION, found)
    eventually(installation.trusted)
    eventually(lambda: not installation.refusal())


@pytest.mark.timed
def test_replicas_are_replaced_under_load_and_nothing_is_refused(installation: Installation) -> None:
    old = [installation.add() for _ in range(2)]
    eventually(lambda: not installation.refusal())
    with Load(installation) as load:
        for replica in old:
            installation.add()
            installation.drain(replica)
        _and_afterwards(load)
    print(f"replaced: {len(load.refusals)} of {load.fetch} refused")
    assert load.refusals == []
