"""Pods during outages and replacements of Vault and of the webhook."""

import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import pytest

from tests.cluster.node import Node
from tests.cluster.pods import Pods, eventually
from tests.cluster.product import SECRET, Product
from tests.cluster.test_containers import container, one
from tests.cluster.test_drain import replicas
from tests.servers.kubectl import KubectlFailed
from tests.servers.vault import Vault

PODS_PER_S = 20
SEALED_S = 20
PROBE_S = 3


def running(team: Pods, image: str) -> dict[str, Any]:
    """Return a pod that prints its secret and stays."""
    return one(
        container(team, image, "sh", "-c", "echo $KEY; trap 'exit 0' TERM; while :; do sleep 0.1; done")
    )


@pytest.fixture
def sealed(node: Node) -> Iterator[None]:
    """Seal Vault for the test, and unseal it afterwards."""
    node.vault.seal()
    yield
    node.vault.unseal()


def test_a_pod_created_while_vault_is_sealed_starts_after_the_unseal(
    team: Pods, shell_image: str, sealed: None
) -> None:
    team.create("app", running(team, shell_image))
    eventually(lambda: "sealed" in team.log("app") if started(team, "app") else False)
    assert team.output("app") == ""

    team.node.vault.unseal()

    team.expect("app", f"{SECRET}\n")
    assert team.get("app")["status"]["containerStatuses"][0]["restartCount"] == 0


def test_pods_start_after_a_restart_of_vault(team: Pods, shell_image: str) -> None:
    team.node.vault.stop()
    team.create("app", running(team, shell_image))
    eventually(lambda: started(team, "app"))
    team.node.vault.start()

    team.expect("app", f"{SECRET}\n")
    assert team.get("app")["status"]["containerStatuses"][0]["restartCount"] == 0


@pytest.mark.parametrize(
    ("end", "recover"), [(Vault.seal, Vault.unseal), (Vault.stop, Vault.start)], ids=["sealed", "stopped"]
)
def test_a_probe_through_the_launcher_outlasts_an_outage_of_vault(
    team: Pods, shell_image: str, end: Callable[[Vault], None], recover: Callable[[Vault], None]
) -> None:
    line = f'test "$KEY" = {SECRET} && echo >>/tmp/probed'
    probe = {
        "exec": {"command": ["/vault/vault-env", "sh", "-c", line]},
        "periodSeconds": PROBE_S,
        "timeoutSeconds": PROBE_S,
        "failureThreshold": 1,
    }
    spec = running(team, shell_image)
    spec["containers"][0] |= {"livenessProbe": probe, "readinessProbe": probe}
    team.start("app", spec)

    end(team.node.vault)
    try:
        before = probes(team)
        time.sleep(SEALED_S)
        during = probes(team) - before
        shell = team.execute("app", "/vault/vault-env", "sh", "-c", "echo $KEY")
    finally:
        recover(team.node.vault)

    (status,) = team.get("app")["status"]["containerStatuses"]
    assert (status["restartCount"], status["ready"], shell) == (0, True, f"{SECRET}\n")
    assert during >= 2 * (SEALED_S // PROBE_S - 1)


def probes(team: Pods) -> int:
    """Return the number of successful probes."""
    return len(team.execute("app", "cat", "/tmp/probed").splitlines())


def test_an_absent_webhook_refuses_pods_at_once_except_in_system_namespaces(
    product: Product, team: Pods, shell_image: str
) -> None:
    product.kubectl("scale", "deployment/vault-webhook", "--replicas=0")
    try:
        # While the last replica's address is being withdrawn, what is sent to it is lost, and a call waits for its timeout.
        eventually(lambda: not product.answers() and refused_at_once(team, shell_image), timeout_s=60)
        system = Pods(team.node, "kube-system")
        system.create("bystander", {"containers": [{"name": "app", "image": shell_image}]})
        system.kubectl("delete", "pod", "bystander", "--grace-period=0", "--force")
    finally:
        product.kubectl("scale", "deployment/vault-webhook", "--replicas=2")
        product.roll_out()
    team.start("app", running(team, shell_image))


def test_killed_replicas_of_the_webhook_are_replaced(product: Product, team: Pods, shell_image: str) -> None:
    product.kubectl("delete", "pods", "--all", "--grace-period=0", "--force")

    product.roll_out()
    team.start("app", running(team, shell_image))


def test_nothing_is_refused_or_missed_while_replicas_are_replaced(
    product: Product, team: Pods, shell_image: str
) -> None:
    with Load(team, running(team, shell_image)) as load:
        time.sleep(1)
        product.kubectl("rollout", "restart", "deployment/vault-webhook")
        product.roll_out()
        for _ in range(2):
            victim = min(replicas(product))
            product.kubectl("delete", "pod", victim, "--wait=true")
            product.roll_out()

    outcome = load.outcome()
    assert outcome.refused == []
    assert outcome.raw == []
    assert outcome.created > 5 * PODS_PER_S  # so long at least does it take


def test_no_admission_fails_while_the_certificate_is_renewed(
    product: Product, team: Pods, shell_image: str
) -> None:
    """The kubelet updates a changed Secret in a running pod within a minute or so.

    A client that asks for the certificate hangs up after the handshake, which must end no connection of the API server.
    """
    old = {*product.certificates()}
    with Load(team, running(team, shell_image)) as load:
        time.sleep(1)
        product.renew_certificate()
        eventually(lambda: old.isdisjoint(product.certificates()), timeout_s=150)
        eventually(lambda: load.sent() > 500)

    outcome = load.outcome()
    assert (outcome.refused, outcome.raw) == ([], [])
    assert outcome.created > 500


def refused_at_once(team: Pods, image: str) -> bool:
    """Return whether a pod was refused well before the ten seconds that the webhook has."""
    started_at = time.monotonic()
    try:
        team.create("app", running(team, image))
    except KubectlFailed as error:
        assert 'failed calling webhook "pods.vault-webhook.svc"' in str(error)
        return time.monotonic() - started_at < 3
    team.kubectl("delete", "pod", "app", "--grace-period=0", "--force")
    return False


def started(team: Pods, name: str) -> bool:
    """Return whether the container runs."""
    statuses = team.get(name)["status"].get("containerStatuses", [])
    return any("running" in status["state"] for status in statuses)


@dataclass(frozen=True)
class Outcome:
    """The result of a load of pods: the number created, reasons of refusals, and names of pods without launcher."""

    created: int
    refused: list[str]
    raw: list[str]


class Load:
    """Creates pods at a steady rate; no node runs them, because only their admission counts."""

    def __init__(self, team: Pods, spec: dict[str, Any]) -> None:
        self._team = team
        self._spec = {**spec, "schedulerName": "none"}
        self._answers: list[Future[Any]] = []
        self._stopped = False
        self._callers = ThreadPoolExecutor(PODS_PER_S)

    def __enter__(self) -> "Load":
        self._pace = self._callers.submit(self._run)
        return self

    def __exit__(self, *_: object) -> None:
        self._stopped = True
        self._pace.result()
        self._callers.shutdown()

    def sent(self) -> int:
        """Return the number of pods so far."""
        return len(self._answers)

    def outcome(self) -> Outcome:
        """Wait for the end of the load, and return its outcome."""
        answers = [answer.result() for answer in self._answers]
        pods = [answer.json() for answer in answers if answer.ok]
        return Outcome(
            len(pods),
            [answer.json()["message"] for answer in answers if not answer.ok],
            [pod["metadata"]["name"] for pod in pods if not self._has_launcher(pod)],
        )

    def _run(self) -> None:
        begun = time.monotonic()
        while not self._stopped:
            name = f"load-{len(self._answers)}"
            self._answers.append(self._callers.submit(self._create, name))
            time.sleep(max(0.0, begun + len(self._answers) / PODS_PER_S - time.monotonic()))

    def _create(self, name: str) -> Any:
        cluster = self._team.node.cluster
        path = f"/api/v1/namespaces/{self._team.namespace}/pods"
        return cluster.answer("POST", path, self._team.manifest(name, self._spec))

    @staticmethod
    def _has_launcher(pod: dict[str, Any]) -> bool:
        (app,) = pod["spec"]["containers"]
        volumes = {volume["name"] for volume in pod["spec"]["volumes"]}
        return app["command"] == ["/vault/vault-env"] and "vault-env" in volumes
