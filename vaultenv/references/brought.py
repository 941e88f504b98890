"""Variables from a source of VAULT_ENV_TEMPLATES: the lines of a template's output, or all keys of a secret."""

from __future__ import annotations

from vaultenv.errors import SecretUnusable
from vaultenv.references.frompath import decides_code
from vaultenv.references.secret import secret_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from typing import Any

    from vaultenv.template.consul.environment import Variable
    from vaultenv.template.pieces import Piece

_CODE = "would change how programs load: rename it, or set that variable in the container's env"


def output_variables(pieces: Sequence[Piece]) -> list[Variable]:
    """Return the variables of a template's output in their order.

    Raises InvalidLine for an invalid line, SecretUnusable for a name that decides which code a program loads.
    """
    from vaultenv.template.consul.environment import variables

    found = variables(pieces)
    for variable in found:
        if decides_code(variable.name):
            raise SecretUnusable(f"line {variable.line} of the output names a variable that {_CODE}")
    return found


def secret_variables(path: str, answer: Mapping[str, Any]) -> dict[str, Any]:
    """Return the keys of the secret in Vault's answer, each with its value: text, a number, a boolean or None.

    Raises SecretUnusable for an answer without a secret, and for a key or a value that no variable can have.
    """
    secret = secret_of(answer)
    if secret is None:
        raise SecretUnusable(f"the answer at {path} holds no data: write a template for it")
    for key, value in secret.fields.items():
        problem = _problem(key, value)
        if problem:
            raise SecretUnusable(f"key {key!r} under path: {path}: {problem}")
    return dict(secret.fields)


def _problem(key: str, value: Any) -> str:
    if not key or "=" in key or not key.isprintable():
        return "cannot name a variable: rename it, or write a template"
    if decides_code(key):
        return _CODE
    if isinstance(value, (list, dict)):
        return "is a list or an object: write a template with toJSON"
    return ""
