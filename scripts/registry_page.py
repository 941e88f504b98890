"""docs/registry.md: how images are read, with the tables of the code."""

from scripts.tables import code, table
from webhook.registry.failures import MEANINGS
from webhook.registry.settings import SETTINGS

_HEAD = """# Reading images from registries

A container without `command` runs the entry point of its image. The webhook must put the launcher in front of it, so it reads
the image's configuration from the registry: one or two manifests and one small JSON file, never layers.
It reads nothing where the pod sets `command`, or where the annotation `entrypoint` names the container.

`vault-webhook image IMAGE [--pull-secret FILE]` shows what the webhook would read, or why it cannot.

## Whose credentials

Those of the pod's `imagePullSecrets`, matched with the image as the kubelet matches them (types
`kubernetes.io/dockerconfigjson` and `kubernetes.io/dockercfg`): same port, same number of labels in the host name, `*`
and `?` within a label, and the key's path is the beginning of the image's. All that match are tried, the longer key
first, until one works; only where none matches the image is asked for without credentials. The operator's default pull
secret is tried after the pod's own. An `identitytoken` is used too, which the kubelet does not do. A pod whose pull secret
cannot be read is refused; a pull secret that does not exist is passed over with a warning, as by the kubelet. Nothing
else is used: no docker configuration, `~/.netrc`, proxy variable or cloud identity of the webhook.

Credentials go to the registry, and to its token server if that is on the same host, is the known one (Docker Hub,
registry.gitlab.com) or is listed in `REGISTRY_REALMS`; never to where a redirect leads.

## Which platform

Admission comes before scheduling, so the node is not known. If the pod pins `kubernetes.io/arch` in its nodeSelector or
in required node affinity, those architectures are read; else all platforms of the cluster that the image is made for.
If they run different commands, the pod is refused: set `command`, or pin the architecture.

## What the webhook connects to

A pod's author chooses the image's name, and so where the webhook connects to. It decides by the address that the name
has when it connects, for the registry, its token server and every redirect, and connects to that very address:

* never: link-local with the metadata services of clouds, multicast, reserved and documentation ranges, also inside of
  IPv6 (mapped, NAT64, 6to4);
* private ranges, and names without a dot or below `svc`, `CLUSTER_DOMAIN`, `internal` and `local`: only for hosts in
  `REGISTRY_PRIVATE_HOSTS`;
* loopback: only for a host that is listed there without `*` and is written as a loopback address, for trying things out;
* without TLS: only hosts in `REGISTRY_PLAIN_HTTP_HOSTS`.

Names of hosts that are not listed are looked up in full, without the search list of `/etc/resolv.conf`. A
NetworkPolicy is a good second wall.

## What is remembered

Each worker process remembers in memory what a registry answered *to one credential*: a tag for `REGISTRY_TAG_LIFE`, a
digest for 10 minutes, a refusal for 15 seconds. The tag `latest` and `imagePullPolicy: Always` are confirmed by the
registry each time (a HEAD request, which Docker Hub does not count). Containers of a pod with the same image share one
look-up, as fresh as the strictest of them needs it. The registry itself must accept every other credential, also for
content that is known already. After three failures in a row no request goes to a host for five seconds; after a `429` none
for as long as it says, up to five minutes. Answers that are remembered are used meanwhile.

Connections stay open for 30 seconds and are used again. One that does not answer in half of the time counts as dead, with
all the others to that host, and the request goes over a new one.

## Settings

Environment variables of the webhook. In lists of hosts `*` stands for characters of one label and `*` alone for every
host; without a port all ports are meant.

"""

_MESSAGES = """
## Messages

A pod is refused with `cannot fetch image descriptor: GET URL: WORD: …`. A host that is denied, unreachable or too slow
has the same word on purpose: the webhook's log says which, as `HOST:PORT: PHASE: CAUSE` (the phases are name
look-up, connecting, TLS handshake, waiting for the answer, reading the answer). Text from a registry is never
repeated.

"""


def registry_page() -> str:
    """Return the page."""
    rows = ((f"`{row.settings[0]}`", row.help, row.type.accepted, code(row.default)) for row in SETTINGS)
    words = ((f"`{kind}`", meaning, remedy) for kind, (meaning, remedy) in MEANINGS.items())
    return (
        _HEAD
        + table(("variable", "meaning", "accepted", "default"), rows)
        + _MESSAGES
        + table(("word", "meaning", "what to do"), words)
    )
