"""The control plane beside the API server: controller-manager and scheduler."""

from pathlib import Path

from tests.cluster.addresses import ADDRESS
from tests.cluster.worker import KUBELET_ACCOUNT, PROXY_ACCOUNT, SPLIT_LOGS
from tests.servers.authority import Authority
from tests.servers.build import program
from tests.servers.cluster import Cluster
from tests.servers.process import Process

_MANAGER = ("system:kube-controller-manager", "system:masters")
_SCHEDULER = ("system:kube-scheduler", "system:kube-scheduler")


def api_server(folder: Path, authority: Authority) -> Cluster:
    """Start the API server on the node's address, with the identities of everything that uses it."""
    kubelet = authority.issue("kubelet-client", "kubelet-client.example")
    flags = [
        f"--advertise-address={ADDRESS}",
        "--endpoint-reconciler-type=lease",
        "--enable-aggregator-routing=false",  # Services are reached through kube-proxy
        "--enable-admission-plugins=NodeRestriction",
        "--kubelet-preferred-address-types=InternalIP",
        f"--kubelet-client-certificate={kubelet.cert_file}",
        f"--kubelet-client-key={kubelet.key_file}",
        "--allow-privileged=true",
        f"--feature-gates={SPLIT_LOGS}=true",
    ]
    accounts = (_MANAGER, _SCHEDULER, KUBELET_ACCOUNT, PROXY_ACCOUNT)
    return Cluster(folder, authority, ADDRESS, accounts, flags)


def controllers(folder: Path, cluster: Cluster) -> list[Process]:
    """Start controller-manager and scheduler."""
    manager: list[str | Path] = [
        program("kube-controller-manager"),
        f"--kubeconfig={cluster.kubeconfig_as(_MANAGER[0])}",
        "--leader-elect=false",
        f"--service-account-private-key-file={cluster.signing_key}",
        f"--root-ca-file={cluster.endpoint.ca_file}",
        "--bind-address=127.0.0.1",
        f"--flex-volume-plugin-dir={folder / 'volume-plugins'}",
        "--controllers=*,-node-ipam-controller,-cloud-node-lifecycle-controller",
    ]
    scheduler: list[str | Path] = [
        program("kube-scheduler"),
        f"--kubeconfig={cluster.kubeconfig_as(_SCHEDULER[0])}",
        "--leader-elect=false",
        "--bind-address=127.0.0.1",
    ]
    environment = {"HOME": str(folder)}
    return [
        Process(manager, folder / "kube-controller-manager.log", environment),
        Process(scheduler, folder / "kube-scheduler.log", environment),
    ]
