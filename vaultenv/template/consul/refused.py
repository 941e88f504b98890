"""Functions of consul-template that do not exist here, each with the reason and an alternative."""

from __future__ import annotations

from vaultenv.template.consul.functions import ENV

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

_CONSUL = "it reads from Consul, and here is Vault only"
_NOMAD = "it reads from Nomad, and here is Vault only"
_SERVICES = "it needs services of Consul or Nomad, and only Vault is available here"
_ENVIRONMENT = (
    "a template does not see the environment, but for NAMESPACE, POD_IP and HOST_IP in a file of the agent: "
    "set the variable on the container, or write the text"
)
_DEBUG = "it shows the inside of values for debugging: use toJSONPretty"
_SPRIG = "functions of Sprig are not available in these templates: use consul-template's own"

_REFUSED = {
    ENV: _ENVIRONMENT,
    "envOrDefault": _ENVIRONMENT,
    "mustEnv": _ENVIRONMENT,
    "file": "a template does not read files: write the text into the template, or into Vault",
    "plugin": "it would run a program",
    "sockaddr": "it would read the network interfaces: use the downward API (status.podIP)",
    "writeToFile": "it would write a file: print the value, with a template for each file",
    **dict.fromkeys(("byKey", "explode"), _CONSUL),
    **dict.fromkeys(("byMeta", "byPort", "byTag"), _SERVICES),
    **dict.fromkeys(("caLeaf", "caRoots", "connect", "datacenters"), _CONSUL),
    **dict.fromkeys(("exportedServices", "importedServices", "partitions", "peerings"), _CONSUL),
    **dict.fromkeys(("key", "keyExists", "keyOrDefault", "ls", "safeLs", "tree", "safeTree"), _CONSUL),
    **dict.fromkeys(("node", "nodes", "service", "services"), _CONSUL),
    **dict.fromkeys(("nomadService", "nomadServices"), _NOMAD),
    **dict.fromkeys(("nomadVar", "nomadVarExists", "nomadVarList", "nomadVarListSafe"), _NOMAD),
    **dict.fromkeys(("spew_dump", "spew_printf", "spew_sdump", "spew_sprintf"), _DEBUG),
}


def refusal(name: str) -> str:
    """Return why consul-template's function of that name does not exist here; "" for any other name."""
    return _SPRIG if name.startswith("sprig_") else _REFUSED.get(name, "")


def unknown(name: str, functions: Iterable[str]) -> str:
    """Return the message for a function that does not exist: the reason, or the most similar name."""
    if reason := refusal(name):
        return f'function "{name}" is not available: {reason}'
    near = min(functions, key=lambda known: (_distance(name.lower(), known.lower()), known))
    is_near = _distance(name.lower(), near.lower()) <= max(1, len(name) // 3)
    return f'function "{name}" not defined' + (f": did you mean {near}?" if is_near else "")


def _distance(one: str, other: str) -> int:
    """Return the edit distance of two words: the number of letters to change, add or remove."""
    one = one[:40]
    row = list(range(len(other) + 1))
    for count, letter in enumerate(one, 1):
        before, row[0] = row[0], count
        for place, against in enumerate(other, 1):
            best = min(row[place] + 1, row[place - 1] + 1, before + (letter != against))
            before, row[place] = row[place], best
    return row[-1]
