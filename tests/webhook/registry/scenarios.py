"""The scenarios of the island network, and the addresses that each may dial."""

from collections.abc import Mapping
from dataclasses import dataclass

from tests.webhook.registry.names import Answers

METADATA, PUBLIC, INNER, SERVICE = "169.254.169.254", "8.8.8.8", "10.1.2.3", "8.8.4.4"
ADDRESSES = (
    (METADATA, 32),
    (PUBLIC, 32),
    (INNER, 32),
    (SERVICE, 32),
    ("168.63.129.16", 32),
    ("100.100.100.200", 32),
    ("224.0.0.1", 32),
    ("fd00:ec2::254", 128),
    ("64:ff9b::a9fe:a9fe", 128),
    ("fd12::1", 128),
)
"""With their prefix lengths; all on the loopback interface. 8.8.4.4 is a Service with a public address."""
NAMES: Mapping[str, Answers] = {
    "public.example.com": [[PUBLIC]],
    "inner.example.com": [[INNER]],
    "metadata.example.com": [[METADATA]],
    "loopback.example.com": [["127.0.0.1"]],
    "both.example.com": [[METADATA, PUBLIC]],
    "rebinding.example.com": [[PUBLIC], [METADATA]],
    "metadata.google.internal": [[SERVICE]],
    "vault.svc": [[SERVICE]],
    "vault.security.svc.cluster.local": [[SERVICE]],
}
SILENT = ("silent.example.com",)


@dataclass(frozen=True)
class Scenario:
    """An image named by a pod; `dialled` are all allowed addresses, `works` whether it can be read."""

    name: str
    image: str
    dialled: tuple[str, ...] = ()
    works: bool = False
    private_hosts: str = ""
    with_secret: bool = False
    times: int = 1


SCENARIOS = (
    Scenario("this network answers at forbidden addresses", "", (METADATA,), works=True),
    Scenario("a public registry", "public.example.com/app/x", (PUBLIC,), works=True),
    Scenario("the metadata address", "169.254.169.254/app/x"),
    Scenario("the metadata address, all hosts listed", "169.254.169.254/app/x", private_hosts="*"),
    Scenario("the metadata address, itself listed", "169.254.169.254/app/x", private_hosts="169.254.169.254"),
    Scenario("a name of the metadata address", "metadata.example.com/app/x"),
    Scenario(
        "a name of the metadata address, all hosts listed", "metadata.example.com/app/x", private_hosts="*"
    ),
    Scenario("metadata mapped into IPv6", "[::ffff:169.254.169.254]:443/app/x", private_hosts="*"),
    Scenario("metadata behind NAT64", "[64:ff9b::a9fe:a9fe]:443/app/x", private_hosts="*"),
    Scenario("metadata of AWS over IPv6", "[fd00:ec2::254]:443/app/x", private_hosts="*"),
    Scenario("metadata of Azure", "168.63.129.16/app/x", private_hosts="*"),
    Scenario("metadata of Alibaba Cloud", "100.100.100.200/app/x", private_hosts="*"),
    Scenario("loopback", "127.0.0.1/app/x"),
    Scenario("loopback, port of Vault", "127.0.0.1:8200/app/x", private_hosts="*"),
    Scenario("loopback over IPv6", "[::1]:443/app/x", private_hosts="*"),
    Scenario("localhost", "localhost/app/x", private_hosts="*"),
    Scenario(
        "loopback, itself listed", "127.0.0.1/app/x", ("127.0.0.1",), works=True, private_hosts="127.0.0.1"
    ),
    Scenario(
        "a name of loopback, itself listed",
        "loopback.example.com/app/x",
        private_hosts="loopback.example.com",
    ),
    Scenario("loopback in octal", "0177.0.0.1/app/x", private_hosts="*"),
    Scenario("loopback in short", "127.1/app/x", private_hosts="*"),
    Scenario("loopback as one number", "2130706433:443/app/x", private_hosts="*"),
    Scenario("metadata as one number", "2852039166:443/app/x", private_hosts="*"),
    Scenario("a private address", "10.1.2.3/app/x"),
    Scenario("a private address, listed", "10.1.2.3/app/x", (INNER,), works=True, private_hosts="10.*.*.*"),
    Scenario("a name of a private address", "inner.example.com/app/x"),
    Scenario(
        "a name of a private address, listed",
        "inner.example.com/app/x",
        (INNER,),
        works=True,
        private_hosts="*.example.com",
    ),
    Scenario("a name with a forbidden and a public address", "both.example.com/app/x", (PUBLIC,), works=True),
    Scenario("a name that changes", "rebinding.example.com/app/x", (PUBLIC,), times=6),
    Scenario("a name of the cluster", "vault.svc:8200/app/x"),
    Scenario("a name that the search list would complete", "vault.security/app/x"),
    Scenario("a full name of the cluster", "vault.security.svc.cluster.local/app/x"),
    Scenario("a name of a cloud", "metadata.google.internal/app/x"),
    Scenario("a redirect to the metadata address", "public.example.com/to-metadata/x", (PUBLIC,)),
    Scenario("a redirect to its name", "public.example.com/to-metadata-name/x", (PUBLIC,)),
    Scenario("a redirect to loopback", "public.example.com/to-loopback/x", (PUBLIC,)),
    Scenario("a redirect inside", "public.example.com/to-inner/x", (PUBLIC,)),
    Scenario("a token server at the metadata address", "public.example.com/realm-metadata/x", (PUBLIC,)),
    Scenario("a token server inside", "public.example.com/realm-inner/x", (PUBLIC,)),
    Scenario(
        "a token server inside, with credentials",
        "public.example.com/realm-inner/x",
        (PUBLIC,),
        with_secret=True,
    ),
    Scenario("a name server that does not answer", "silent.example.com/app/x"),
)
