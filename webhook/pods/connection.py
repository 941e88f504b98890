"""Variables with which a pod could send the launcher's token elsewhere: address, proxy and trust of its connection.

In `env` they are the choice of the pod's author, who has the token anyway; but VAULT_AGENT_ADDR must name a Vault that
the operator allows. `envFrom` reads the ConfigMap's present values at each start, so that a person who may only write
ConfigMaps could get the token: there these variables are withheld, unless the operator trusts them.
"""

from collections.abc import Iterator, Sequence
from typing import Literal

from vaultenv.basics.text import bounded
from vaultkube.policy.addresses import is_of_own_pod, is_same_server
from vaultkube.problem import Problem
from vaultkube.wire.containers import Container, EnvVar
from webhook.config.annotations import ANNOTATIONS, Config, container_variables
from webhook.pods.environment import AGENT_VARIABLE, CONNECTION, PROXIES
from webhook.pods.launcher import login_files
from webhook.pods.references import References

_KEY_REFERENCES: tuple[Literal["configMapKeyRef", "secretKeyRef", "fileKeyRef"], ...] = (
    "configMapKeyRef",
    "secretKeyRef",
    "fileKeyRef",
)
_CARRIED = {
    row.variable: row.field for row in ANNOTATIONS if row.variable and row.field not in ("role", "log_level")
}
"""Variables that the webhook sets, each with its field of `Config`.

Two are left out: the role, which is not rendered yet, and the log level, for which the container's own value counts.
"""
_SHOWN = 100
"""The most characters of a value in a warning: each of thousands of containers may have one about the same long annotation."""
_PROXIES = (*PROXIES, "VAULT_PROXY_ADDR")
_WATCHED = frozenset([*_CARRIED, *_PROXIES])


def withheld_variables(container: Container, config: Config) -> Sequence[str]:
    """Return the variables to set empty before the container's own, so that envFrom cannot set them.

    An own variable that is optional does not protect: if its value is missing, that of envFrom would count.
    """
    if not container.get("envFrom"):
        return ()
    own = {entry.get("name") for entry in container.get("env") or () if not _is_optional(entry)}
    return [name for name in CONNECTION if not (name in own or name in config.trusted_variables)]


def connection_problems(container: Container, references: References, config: Config) -> Iterator[Problem]:
    """Yield a problem for an address in VAULT_AGENT_ADDR that is neither Vault's nor in the pod itself."""
    if AGENT_VARIABLE not in references.names or AGENT_VARIABLE in config.trusted_variables:
        return
    for index, entry in enumerate(container["env"]):
        is_set = entry.get("name") == AGENT_VARIABLE and (entry.get("value") or entry.get("valueFrom"))
        reason = _refusal(entry, config) if is_set else ""
        if reason:
            message = (
                f"variable {AGENT_VARIABLE}: {reason}; name Vault by the annotation {config.name_of('address')}, or an agent of "
                "the pod by 127.0.0.1; the operator can set VAULT_ENV_TRUSTED_VARIABLES"
            )
            yield Problem("variable", ("env", index), message)


def connection_warnings(
    container: Container, references: References, config: Config, from_path: str
) -> Iterator[Problem]:
    """Yield warnings about variables that do not reach the launcher, and about proxies that can read the token.

    `from_path` is the text of the annotation's paths for this container.
    """
    files = login_files(config)
    if not references.steering and references.names.isdisjoint([*_WATCHED, *files]):
        return
    for name, origin in references.steering:
        if name in CONNECTION and name in withheld_variables(container, config):
            message = (
                f"variable {name}{origin} does not reach vault-env: whoever changes the source of envFrom could get its token;  "
                + ("write its value into env" if name == AGENT_VARIABLE else "name it in env, with valueFrom")
            )
            yield Problem("container", ("envFrom",), message)
    proxies = [name for name, _ in references.steering if name in PROXIES]
    sent = {
        name: (text, _CARRIED[name])
        for name, text in container_variables(config, from_path).items()
        if name in _CARRIED
    } | files
    for index, entry in enumerate(container.get("env") or ()):
        own, text = entry.get("name"), entry.get("value")
        if own in sent and text and "$" not in text and text != sent[own][0]:
            yield replaced_warning(index, own, sent[own][0], config.name_of(sent[own][1]))
        if own in _PROXIES and (text or entry.get("valueFrom")):
            proxies.append(own)
    readable = _readable_proxies(proxies, config)
    if readable:
        message = (
            f"the proxy of {', '.join(readable)} can read vault-env's token, as Vault's certificate is not verified; "
            "name Vault's host in NO_PROXY, or use https"
        )
        yield Problem("container", (), message)


def replaced_warning(index: int, name: str, sent: str, key: str) -> Problem:
    """Return the warning about a variable at `index` of `env` that the webhook replaces by another value."""
    shown = bounded(sent, _SHOWN)
    message = f"variable {name} is replaced by {shown!r}: set it by the annotation {key}"
    return Problem("container", ("env", index), message)


def _readable_proxies(proxies: Sequence[str], config: Config) -> list[str]:
    is_plain = config.address.lower().startswith("http:")
    if not (is_plain or config.skip_verify):
        return []
    ours = ("VAULT_PROXY_ADDR", "HTTP_PROXY" if is_plain else "HTTPS_PROXY")
    return [name for name in dict.fromkeys(proxies) if name.upper() in ours]


def _refusal(entry: EnvVar, config: Config) -> str:
    """Return the reason why the address is refused; an empty text if it is allowed."""
    text = entry.get("value") or ""
    if not text or "$" in text:
        return "its address is not known before the start"
    address = text.strip()
    if address == config.address or is_of_own_pod(address) or is_same_server(address, config.address):
        return ""
    return "it is not Vault's address"


def _is_optional(entry: EnvVar) -> bool:
    value_from = entry.get("valueFrom") or {}
    return any((value_from.get(key) or {}).get("optional") for key in _KEY_REFERENCES)
