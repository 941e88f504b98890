"""The C table of the launcher's variables, made from `vaultenv.variables`, for the scan before Python."""

from collections.abc import Iterator

from vaultenv.basics.log import LEVELS
from vaultenv.errors import InvalidSetting
from vaultenv.settings import Settings
from vaultenv.variables import ALWAYS, UNLESS_LOGIN, VARIABLES, Variable

_USUAL_VALUES = "true false 1 0 2 3 5 10 20 25 30 60 1s 5s 10s 30s 60s 1m"
_LEVEL = "VAULT_LOG_LEVEL"
_MAY_BE_LOGIN = "VAULT_TOKEN"
_TEXTS = ("~", "a/b", "..", "auth/b", "a b", "?#%", "-")
"""Texts that a variable accepts if it accepts any printable ASCII text."""
_WORDS = ("a", "9", "a-b_c.9", "a..b", "a.", "a-", "256.1.1.999", "a" * 300)
"""Words that a variable accepts if it accepts any."""


def harmless(variable: Variable) -> tuple[str, ...] | None:
    """Return the values with the same effect as no variable; None if any printable ASCII text has it.

    Python decides whether a variable of some auth methods is the program's own.
    """
    if variable.methods:
        return ()
    if variable.name == _LEVEL:
        return ("", *LEVELS[1:])  # a start without work logs only at debug
    if not variable.only_for_requests:
        return tuple(dict.fromkeys(("", variable.default)))
    if all(_accepts(variable.name, text) for text in _TEXTS):
        return None
    return ("", *(value for value in _USUAL_VALUES.split() if _accepts(variable.name, value)))


def takes_words(variable: Variable) -> bool:
    """Return whether any word (a letter or digit, then letters, digits, `-`, `_` and `.`) has the effect of no variable."""
    return variable.only_for_requests and all(_accepts(variable.name, word) for word in _WORDS)


def variable_table() -> str:
    """Return the text of a C file."""
    return '#include "scan.h"\n\n' + "\n".join((*_lists(), *_rows()))


def _accepts(name: str, value: str) -> bool:
    try:
        Settings({name.encode(): value.encode()})
    except InvalidSetting:
        return False
    return True


def _lists() -> Iterator[str]:
    for number, variable in enumerate(VARIABLES):
        if (values := harmless(variable)) is not None:
            texts = "".join(f'"{value}", ' for value in values)
            yield f"static const char *const harmless_{number}[] = {{{texts}0}};"


def _rows() -> Iterator[str]:
    yield "const struct variable variables[] = {"
    for number, variable in enumerate(VARIABLES):
        values = "0" if harmless(variable) is None else f"harmless_{number}"
        removed = variable.removed in (ALWAYS, UNLESS_LOGIN)
        may_refer = not removed or variable.name == _MAY_BE_LOGIN
        yield f'    {{"{variable.name}", {int(removed)}, {int(may_refer)}, {int(takes_words(variable))}, {values}}},'
    yield "};"
    yield "const size_t variable_count = sizeof variables / sizeof *variables;\n"
