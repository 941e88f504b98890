"""CoreDNS: the names of Services, of Vault and of the registries, and no other name."""

from pathlib import Path

from tests.cluster.addresses import ADDRESS, NAMES
from tests.servers.build import program
from tests.servers.process import Process


def start(folder: Path, kubeconfig: Path) -> Process:
    """Start CoreDNS on the node's address."""
    corefile = folder / "Corefile"
    hosts = "\n".join(f"  {address} {name}" for name, address in NAMES.items())
    zones = " ".join(f"{name}:53" for name in NAMES)
    corefile.write_text(_COREFILE.format(address=ADDRESS, kubeconfig=kubeconfig, zones=zones, hosts=hosts))
    return Process([program("coredns"), "-conf", corefile], folder / "coredns.log", {"HOME": str(folder)})


_COREFILE = """\
cluster.local:53 {{
 bind {address}
 errors
 kubernetes cluster.local {{
  kubeconfig {kubeconfig} test
 }}
}}
{zones} {{
 bind {address}
 hosts {{
{hosts}
 }}
}}
.:53 {{
 bind {address}
 template ANY ANY . {{
  rcode NXDOMAIN
 }}
}}
"""
