"""The launcher's variables in a container, parsed by the launcher's own table.

A start that would fail is refused before it happens.
"""

from collections.abc import Callable, Iterator, Mapping
from functools import cache

from vaultenv.errors import InvalidSetting
from vaultenv.variables import VARIABLES
from vaultkube.problem import Problem
from vaultkube.wire.containers import Container
from webhook.config.annotations import Config, container_variables
from webhook.pods.references import References

_Parse = Callable[[str, str], object]
_CERTIFICATE = "-----BEGIN CERTIFICATE-----"


def variable_problems(container: Container, references: References, config: Config) -> Iterator[Problem]:
    """Yield a problem for each value in `env` with which the launcher cannot start; no message has a secret value.

    Variables that the webhook sets are not checked, nor values that only the kubelet or Vault will know.
    """
    parsers = _parsers(config.auth_method)
    if parsers.keys().isdisjoint(references.names):
        return
    present = [
        (index, entry["name"], entry["value"])
        for index, entry in enumerate(container["env"])
        if entry.get("value") and entry.get("name") in parsers
    ]
    own = container_variables(config, config.from_path)
    for index, name, text in present:
        if name not in own and "$" not in text and "vault:" not in text:
            message = _problem(name, text, parsers[name])
            if message:
                yield Problem("variable", ("env", index, "value"), f"variable {message}")


@cache
def _parsers(auth_method: str) -> Mapping[str, _Parse]:
    """Return the parser of each variable that the launcher reads if it logs in with this method."""
    rows = [row for row in VARIABLES if row.is_read(auth_method)]
    return {name: row.parse for row in rows if row.parse for name in row.names}


def _problem(name: str, text: str, parse: _Parse) -> str:
    if name == "VAULT_CACERT_BYTES" and _CERTIFICATE not in text:
        return f"{name} holds no certificate: write Vault's CA as PEM, with the line {_CERTIFICATE}"
    try:
        parse(name, text)
    except InvalidSetting as error:
        return str(error)
    return ""
