"""The worker node: containerd with runc, kubelet and kube-proxy, inside the namespaces."""

import json
import subprocess
from collections.abc import Callable, Sequence
from pathlib import Path

from tests.cluster.addresses import ADDRESS, BRIDGE, FIRST_POD, NODE, POD_NETWORK
from tests.cluster.namespaces import PATH, Namespaces
from tests.servers.build import program
from tests.servers.cluster import Cluster
from tests.servers.process import Process
from tests.servers.registry import Registry

SPLIT_LOGS = "PodLogsQuerySplitStreams"
"""Lets standard output be read without standard error."""
SOCKET = "/run/containerd/containerd.sock"
PROXY_ACCOUNT = ("system:kube-proxy", "system:node-proxier")
KUBELET_ACCOUNT = (f"system:node:{NODE}", "system:nodes")


class Worker:
    """Starts the programs of a worker node; they end with the namespaces."""

    def __init__(
        self,
        folder: Path,
        namespaces: Namespaces,
        cluster: Cluster,
        registries: Sequence[Registry],
        pause: str,
    ) -> None:
        folder.mkdir()
        self._folder = folder
        self._namespaces = namespaces
        self._network()
        self._mirrors(registries)
        self._commands = (
            ("containerd", f"--config={self._containerd(pause)}"),
            (
                "kubelet",
                f"--config={self._kubelet(namespaces.group, cluster.endpoint.ca_file)}",
                f"--kubeconfig={cluster.kubeconfig_as(KUBELET_ACCOUNT[0])}",
                f"--hostname-override={NODE}",
                f"--node-ip={ADDRESS}",
                f"--cert-dir={folder / 'kubelet-certificates'}",
            ),
            ("kube-proxy", f"--config={self._proxy(cluster.kubeconfig_as(PROXY_ACCOUNT[0]))}"),
        )
        self.processes = [self._start(*command) for command in self._commands]

    def _start(self, name: str, *arguments: str) -> Process:
        found = {str(program(tool).parent) for tool in ("runc", "containerd-shim-runc-v2", "ctr")}
        environment = {"PATH": ":".join([*sorted(found), PATH]), "HOME": str(self._folder), "GOMAXPROCS": "2"}
        # The kubelet gives up at once where containerd does not listen yet.
        when_ready = f'until [ -S {SOCKET} ]; do sleep 0.05; done; exec "$@"'
        gate = ["sh", "-c", when_ready, "sh"] if name == "kubelet" else []
        command = self._namespaces.command([*gate, program(name), *arguments])
        return Process(command, self._folder / f"{name}.log", environment)

    def _network(self) -> None:
        """Connect pods to the bridge (https://www.cni.dev/plugins/current/main/bridge/)."""
        ranges = [[{"subnet": POD_NETWORK, "rangeStart": FIRST_POD}]]
        addresses = {
            "type": "host-local",
            "ranges": ranges,
            "routes": [{"dst": "0.0.0.0/0"}],
            "dataDir": str(self._folder / "pod-addresses"),
        }
        bridge = {
            "type": "bridge",
            "bridge": BRIDGE,
            "isGateway": True,
            "hairpinMode": True,
            "ipam": addresses,
        }
        network = {"cniVersion": "1.0.0", "name": "pods", "plugins": [bridge]}
        (self._folder / "cni").mkdir()
        (self._folder / "cni" / "10-pods.conflist").write_text(json.dumps(network))

    def _mirrors(self, registries: Sequence[Registry]) -> None:
        """Trust the test CA, and use the first registry in place of Docker Hub.

        https://github.com/containerd/containerd/blob/main/docs/hosts.md
        """
        hub = [("docker.io", registries[0])]
        for name, registry in [*((registry.host, registry) for registry in registries), *hub]:
            folder = self._folder / "mirrors" / name
            folder.mkdir(parents=True)
            address, ca_file = f"https://{registry.host}", registry.endpoint.ca_file
            text = f'server = "{address}"\nca = "{ca_file}"\n[host."{address}"]\nca = "{ca_file}"\n'
            (folder / "hosts.toml").write_text(text)

    def wait(self, ready: Callable[[], bool]) -> None:
        """Return when `ready()` is true; raise ServerFailed with the log of the ended program, or the kubelet's."""
        containerd, kubelet, proxy = self.processes

        def alive_and_ready() -> bool:
            for other in (containerd, proxy):
                other.wait_until(other.running)
            return ready()

        kubelet.wait_until(alive_and_ready, timeout_s=60)

    def reboot(self) -> None:
        """Cut the power and boot: processes, mounts and /run end, except the images; disks stay."""
        self.stop()
        subprocess.run(self._namespaces.command(["sh", "-c", _CUT_POWER]), check=True)
        self.processes = [self._start(*command) for command in self._commands]

    def stop(self) -> None:
        """End the programs; pods continue until the namespaces end."""
        for process in self.processes:
            process.stop()

    def _containerd(self, pause: str) -> Path:
        path = self._folder / "containerd.toml"
        path.write_text(
            _CONTAINERD.format(
                folder=self._folder,
                pause=pause,
                runc=program("runc"),
                socket=SOCKET,
            )
        )
        return path

    def _kubelet(self, group: str, ca_file: Path) -> Path:
        path = self._folder / "kubelet.json"
        never = dict.fromkeys(
            ("nodefs.available", "nodefs.inodesFree", "imagefs.available", "imagefs.inodesFree"), "0%"
        )
        content = {
            "apiVersion": "kubelet.config.k8s.io/v1beta1",
            "kind": "KubeletConfiguration",
            "address": ADDRESS,
            "authentication": {
                "anonymous": {"enabled": False},
                "webhook": {"enabled": False},
                "x509": {"clientCAFile": str(ca_file)},
            },
            "authorization": {"mode": "AlwaysAllow"},
            "containerRuntimeEndpoint": f"unix://{SOCKET}",
            "cgroupDriver": "cgroupfs",
            "cgroupRoot": f"/{group}",
            "enforceNodeAllocatable": [],
            "failCgroupV1": False,
            "failSwapOn": False,
            "oomScoreAdj": 0,
            "makeIPTablesUtilChains": False,
            "evictionHard": {"memory.available": "1Mi", **never},
            "imageGCHighThresholdPercent": 100,
            "clusterDNS": [ADDRESS],
            "clusterDomain": "cluster.local",
            "resolvConf": "",
            "volumePluginDir": str(self._folder / "volume-plugins"),
            "maxOpenFiles": 20000,
            "featureGates": {SPLIT_LOGS: True},
            "nodeStatusReportFrequency": "10s",
        }
        path.write_text(json.dumps(content, indent=1))
        return path

    def _proxy(self, kubeconfig: Path) -> Path:
        path = self._folder / "kube-proxy.json"
        content = {
            "apiVersion": "kubeproxy.config.k8s.io/v1alpha1",
            "kind": "KubeProxyConfiguration",
            "clientConnection": {"kubeconfig": str(kubeconfig)},
            "mode": "nftables",
            "nftables": {"minSyncPeriod": "0.1s", "syncPeriod": "30s"},
            "hostnameOverride": NODE,
            "clusterCIDR": POD_NETWORK,
            "conntrack": {"maxPerCore": 0, "tcpEstablishedTimeout": "0s", "tcpCloseWaitTimeout": "0s"},
            "metricsBindAddress": "127.0.0.1:10249",
            "healthzBindAddress": "127.0.0.1:10256",
        }
        path.write_text(json.dumps(content, indent=1))
        return path


# Processes by their cgroup and name, and not all that there are: a mistake must not end those of the machine.
_CUT_POWER = """
for process in /proc/[0-9]*; do
    if grep -qs kubepods "$process/cgroup" || grep -qsx containerd-shim "$process/comm"; then
        kill -9 "${process#/proc/}" || :
    fi
done
cut -d ' ' -f 2 /proc/mounts | grep -E '^(/var/lib/kubelet/pods|/run/containerd|/run/netns)/' | sort -r | xargs -r -n 1 umount -l
find /run -mindepth 1 -maxdepth 1 -not -name containerd-images -exec rm -r {} +
mkdir /run/lock /run/netns
"""

# root: in memory, for an overlay cannot lie on another one, as in a container, and because it is quicker.
# oom_score and restrict_oom_score_adj: machines without CAP_SYS_RESOURCE may not lower the score.
_CONTAINERD = """\
version = 3
root = '/run/containerd-images'
state = '/run/containerd'
oom_score = 0
disabled_plugins = ['io.containerd.nri.v1.nri', 'io.containerd.snapshotter.v1.erofs',
 'io.containerd.snapshotter.v1.blockfile', 'io.containerd.internal.v1.tracing',
 'io.containerd.tracing.processor.v1.otlp']

[grpc]
  address = '{socket}'
[plugins.'io.containerd.internal.v1.opt']
  path = '{folder}/opt'
[plugins.'io.containerd.cri.v1.images']
  snapshotter = 'overlayfs'
  [plugins.'io.containerd.cri.v1.images'.pinned_images]
    sandbox = '{pause}'
  [plugins.'io.containerd.cri.v1.images'.registry]
    config_path = '{folder}/mirrors'
[plugins.'io.containerd.cri.v1.runtime']
  restrict_oom_score_adj = true
  disable_apparmor = true
  [plugins.'io.containerd.cri.v1.runtime'.containerd]
    default_runtime_name = 'runc'
    [plugins.'io.containerd.cri.v1.runtime'.containerd.runtimes.runc]
      runtime_type = 'io.containerd.runc.v2'
      [plugins.'io.containerd.cri.v1.runtime'.containerd.runtimes.runc.options]
        BinaryName = '{runc}'
        SystemdCgroup = false
  [plugins.'io.containerd.cri.v1.runtime'.cni]
    bin_dirs = ['/usr/lib/cni']
    conf_dir = '{folder}/cni'
"""
