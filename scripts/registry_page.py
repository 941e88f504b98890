"""docs/registry.md: the page about reading images, with the tables of the code."""

from scripts.tables import code, table
from webhook.registry.failures import MEANINGS
from webhook.registry.settings import SETTINGS

_HEAD = """# Reading images from registries

A container without `command` runs the entry point of its image. To put the launcher in front of it, the webhook reads
the image's configuration from the registry: one or two manifests and one small JSON file, never layers.
It reads nothing if the pod sets `command`, or if the annotation `entrypoint` names the container. An image that is never pulled
(`imagePullPolicy: Never`) is not looked up either: its container needs one of the two.

`vault-webhook image IMAGE [--pull-secret FILE]` shows the entry point that the webhook would read, or why it cannot.

## Whose credentials

The webhook uses the credentials of the pod's `imagePullSecrets`, matched with the image as the kubelet matches them (types
`kubernetes.io/dockerconfigjson` and `kubernetes.io/dockercfg`): same port, same number of labels in the host name, `*`
and `?` within a label, and the key's path is the beginning of the image's. It tries all that match, the longer key
first, until one works. If none matches, it sends the request without credentials. The operator's default pull
secret is tried after the pod's own. Unlike the kubelet, the webhook also uses an `identitytoken`. A pod whose pull secret
cannot be read is refused; a pull secret that does not exist is skipped with a warning, as by the kubelet. The webhook
uses no other credentials: no docker configuration, `~/.netrc`, proxy variable or cloud identity of its own.

Credentials are sent to the registry, and to its token server if that is on the same host, is the known one (Docker Hub,
registry.gitlab.com) or is listed in `REGISTRY_REALMS`; never to the target of a redirect.

## Registries of clouds

Nodes of EKS, GKE and AKS pull images from the cloud's registry by an identity of the node, without a pull secret. The webhook has no such identity. A
pod whose `command` is neither in the manifest nor in the annotation `entrypoint` is refused with `UNAUTHORIZED`, unless the operator gives the webhook a pull secret:

    DEFAULT_IMAGE_PULL_SECRET: cloud-registry        # in the webhook's namespace; an entry for each registry

The webhook reads it anew at each look-up, so it may be renewed at any time: by the generators of External Secrets (ECRAuthorizationToken,
GCRAccessToken, ACRAccessToken), or by a CronJob with an identity in the cloud that runs `kubectl create secret docker-registry … --dry-run=client -o yaml |
kubectl apply -f -` with

| registry | user | password | valid for |
| --- | --- | --- | --- |
| ECR | `AWS` | `aws ecr get-login-password` | 12 hours |
| Artifact Registry, `gcr.io` | `oauth2accesstoken` | `gcloud auth print-access-token` | 1 hour |
| ACR | `00000000-0000-0000-0000-000000000000` | `az acr login --name NAME --expose-token --query accessToken --output tsv` | 3 hours |

With it the webhook reads the entry points of all pods' images; the kubelet still pulls with its own identity. List a registry that has a private
address in the cloud's network in `REGISTRY_PRIVATE_HOSTS`. None of this was tried on a cloud.

## Which platform

Admission comes before scheduling, so the node is not known. If the pod pins `kubernetes.io/arch` in its nodeSelector or
in required node affinity, the webhook reads the image for those architectures; else for all platforms of the cluster that the image supports.
If they run different commands, the pod is refused: set `command`, or pin the architecture.

## What the webhook connects to

A pod's author chooses the image's name, and so the host that the webhook connects to. For the registry, its token server and every redirect, the
webhook resolves the name when it connects, checks the address, and connects to that very address:

* never: link-local with the metadata services of clouds, multicast, reserved and documentation ranges, also inside of
  IPv6 (mapped, NAT64, 6to4);
* private ranges, and names without a dot or below `svc`, `CLUSTER_DOMAIN`, `internal` and `local`: only for hosts in
  `REGISTRY_PRIVATE_HOSTS`;
* loopback: only for a host that is listed there without `*` and is written as a loopback address, for trying things out;
* without TLS: only hosts in `REGISTRY_PLAIN_HTTP_HOSTS`.

Names of hosts that are not listed are resolved as full names, without the search list of `/etc/resolv.conf`. Add a
NetworkPolicy as a second protection.

## What is remembered

Each worker process caches in memory a registry's answers *to one credential*: a tag for `REGISTRY_TAG_LIFE`, a
digest for 10 minutes, a refusal for 15 seconds. The tag `latest` and `imagePullPolicy: Always` are confirmed by the
registry each time (a HEAD request, which Docker Hub does not count). Containers of a pod with the same image share one
look-up, as fresh as the strictest of them needs it. For every other credential the webhook asks the registry again, even if the
content is cached already. After three failures in a row it sends a host no request for five seconds; after a `429` for
the time in the answer, up to five minutes. Meanwhile it uses cached answers.

Connections stay open for 30 seconds and are reused. If one does not answer in half of the time, the webhook closes all
connections to that host, and sends the request over a new one.

## Settings

Environment variables of the webhook. In lists of hosts `*` stands for characters of one label and `*` alone for every
host; an entry without a port covers all ports.

"""

_MESSAGES = """
## Messages

A pod is refused with `cannot fetch image descriptor: GET URL: WORD: …`. A host that is denied, unreachable or too slow
has the same word on purpose: only the webhook's log says which, as `HOST:PORT: PHASE: CAUSE` (the phases are name
look-up, connecting, TLS handshake, waiting for the answer, reading the answer). Messages never repeat text from a registry.

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
