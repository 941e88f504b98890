"""docs/hashicorp-annotations.md, from the tables of HashiCorp's annotations and of the methods of its agent."""

from collections.abc import Iterator

from scripts.tables import code, table
from webhook.config.annotation_keys import HASHICORP_PREFIX
from webhook.config.annotation_table import ANNOTATIONS
from webhook.config.hashicorp.auth import METHODS, AuthMethod, Parameter
from webhook.config.hashicorp.rows import AgentAnnotation, Mode
from webhook.config.hashicorp.table import AGENT_ANNOTATIONS

_HEAD = f"""# HashiCorp's annotations

The prefix is `{HASHICORP_PREFIX}`; NAME stands for the name of a secret or of a parameter. They are for pods in
[exec mode](hashicorp.md), and for pods that get [files](hashicorp-files.md) from an agent.

A value outside the accepted form is refused with its key. Both modes use annotations with "exec, files". Exec mode refuses an annotation for
files if the program would miss something without it; the other ones have no effect there. An annotation without effect is a warning,
unless its value is the default. An unknown key is a warning that suggests the key probably meant. A blank text counts as not set, but
removes a default of the agent, such as a limit.

An annotation wins over the operator's variable, which wins over the default; the variables are the injector's own
(`AGENT_INJECT_…`), beside ours where both mean the same.

"""

_METHODS = f"""
## Logins

Parameters of `{HASHICORP_PREFIX}auth-config-NAME`, by `auth-type`. The launcher's [logins](vault-env.md#logins) use them.

"""


def hashicorp_page() -> str:
    """Return the text of the page."""
    columns = ("key", "meaning", "accepted", "default", "mode", "in exec mode", "operator's variable")
    rows = (
        (
            code(row.shown_key()),
            row.help,
            row.type.accepted,
            code(row.default),
            row.mode.value,
            _effect(row),
            ", ".join(code(name) for name in (*_own_settings(row.sets), *row.settings)),
        )
        for row in AGENT_ANNOTATIONS
    )
    methods = (row for name, method in METHODS.items() for row in _methods(name, method))
    return (
        _HEAD + table(columns, rows) + _METHODS + table(("auth-type", "parameter", "in exec mode"), methods)
    )


def _effect(row: AgentAnnotation) -> str:
    if row.refused:
        return f"refused: {row.why}"
    if row.mode in (Mode.FILES, Mode.NONE):
        return f"no effect: {row.why}" if row.why else "no effect"
    return _target(row.sets, row.variable)


def _own_settings(field: str) -> tuple[str, ...]:
    return next((row.settings for row in ANNOTATIONS if row.field == field), ())


def _target(field: str, variable: str) -> str:
    """Return the variable that passes a value to the launcher, or our annotation with the same meaning."""
    own = next((row for row in ANNOTATIONS if row.field == field), None)
    if own is None:
        return code(variable)
    return f"as {code(own.key)}" + (f", {code(own.variable)}" if own.variable else "")


def _methods(name: str, method: AuthMethod) -> Iterator[tuple[str, str, str]]:
    if not method.names:
        yield code(name), "", "refused: vault-env has no such login"
        return
    yield (
        code(name),
        "",
        f"VAULT_AUTH_METHOD {' or '.join(method.names.values())}"
        if any(method.names.values())
        else "no login",
    )
    for parameter, known in method.parameters.items():
        yield code(name), code(parameter.replace("_", "-")), _parameter(known, method)


def _parameter(known: Parameter, method: AuthMethod) -> str:
    if known.refused:
        return f"refused: {known.why}" + (f"; {code(known.only)} is accepted" if known.only else "")
    if known.why:
        return f"no effect: {known.why}"
    return _target(known.sets, known.variable) or " or ".join(method.names)
