"""The programs for tests: the pin of each one's source, and the possible replacements of a build."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

PINS = Path(__file__).with_name("pins")

_SMALL = ("-ldflags", "-s -w")
_KUBERNETES = (
    "-ldflags",
    "-s -w -X k8s.io/component-base/version.gitVersion=v1.36.3"
    " -X k8s.io/component-base/version.gitMajor=1 -X k8s.io/component-base/version.gitMinor=36",
)


@dataclass(frozen=True, slots=True)
class Program:
    """One executable: `package` of the Go module `pins/<pin>`, and the variable that replaces it.

    Package `.` is a main.go of ours: the parts of a server that the tests use, where all of them take minutes to compile.
    """

    name: str
    pin: str
    package: str
    variable: str
    flags: tuple[str, ...] = _SMALL
    envtest: bool = False
    """Part of what KUBEBUILDER_ASSETS holds."""
    on_path: tuple[str, ...] = ()
    """Names under which an installed program is taken instead of building one."""
    cgo: bool = False
    workspace: str = ""
    """A go.work file of the pin: it replaces large libraries of which no test needs anything."""

    @property
    def module(self) -> Path:
        """The folder that holds go.mod and go.sum."""
        return PINS / self.pin


def _kubernetes(name: str, *, envtest: bool = False) -> Program:
    variable = name.upper().replace("-", "_") + "_BIN"
    return Program(name, "kube", f"k8s.io/kubernetes/cmd/{name}", variable, _KUBERNETES, envtest)


def _containerd(name: str) -> Program:
    variable = name.upper().replace("-", "_") + "_BIN"
    return Program(name, "containerd", f"github.com/containerd/containerd/v2/cmd/{name}", variable)


_TABLE = (
    Program("etcd", "etcd", "go.etcd.io/etcd/server/v3", "ETCD_BIN", envtest=True),
    _kubernetes("kube-apiserver", envtest=True),
    _kubernetes("kubectl", envtest=True),
    Program("registry", "registry", ".", "REGISTRY_BIN"),
    Program(
        "vault",
        "vault",
        ".",
        "VAULT_BIN",
        ("-tags", "minimal", *_SMALL),
        on_path=("vault", "bao"),
        workspace="minimal.work",
    ),
    Program(
        "complete-vault", "vault", "github.com/hashicorp/vault", "COMPLETE_VAULT_BIN", on_path=("vault",)
    ),
    _kubernetes("kube-controller-manager"),
    _kubernetes("kube-scheduler"),
    _kubernetes("kubelet"),
    _kubernetes("kube-proxy"),
    _containerd("containerd"),
    _containerd("containerd-shim-runc-v2"),
    _containerd("ctr"),
    Program(
        "runc",
        "runc",
        "github.com/opencontainers/runc",
        "RUNC_BIN",
        ("-tags", "seccomp netgo osusergo", "-ldflags", "-s -w -linkmode external -extldflags -static"),
        cgo=True,
    ),
    Program("template", "template", ".", "TEMPLATE_BIN"),
    Program("consul-template", "consul-template", ".", "CONSUL_TEMPLATE_BIN"),
    Program(
        "consul-template-cli",
        "consul-template",
        "github.com/hashicorp/consul-template",
        "CONSUL_TEMPLATE_CLI_BIN",
    ),
    Program(
        "secrets-store-csi-driver",
        "csi-driver",
        "sigs.k8s.io/secrets-store-csi-driver/cmd/secrets-store-csi-driver",
        "CSI_DRIVER_BIN",
    ),
    Program("coredns", "coredns", ".", "COREDNS_BIN"),
    Program("helm", "helm", "helm.sh/helm/v4/cmd/helm", "HELM_BIN"),
)

PROGRAMS: dict[str, Program] = {program.name: program for program in _TABLE}

_SERVERS = ("etcd", "kube-apiserver", "kubectl", "registry", "vault", "template", "consul-template", "helm")

GROUPS: Mapping[str, tuple[str, ...]] = {
    "servers": _SERVERS,
    "node": tuple(name for name in PROGRAMS if name != "complete-vault"),
}
"""Programs that the tests of each tier need. A benchmark builds the Vault with every plugin, which users run as agent, by itself."""
