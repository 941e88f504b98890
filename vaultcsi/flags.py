"""The command line of the provider, with the flags of vault-csi-provider."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from vaultkube.errors import InvalidSetting
from vaultkube.settings_table import Row
from vaultkube.value_types import BOOLEAN


@dataclass(frozen=True, kw_only=True)
class FlagRow(Row):
    """A row of a setting that also has a flag of vault-csi-provider."""

    flag: str = ""


_DEBUG = FlagRow(type=BOOLEAN, default="false", help="the level debug", settings=("-debug",), flag="debug")


class InvalidFlags(InvalidSetting):
    """The command line has an unknown flag, or a flag without its value."""


def parse_flags(rows: Iterable[FlagRow], arguments: Sequence[str]) -> tuple[dict[str, str], list[str]]:
    """Return the variables that the flags set, and the problems of the command line.

    Go's flags have one dash or two, and their value after `=` or in the next argument, truth values only after `=`
    (https://pkg.go.dev/flag#hdr-Command_line_flag_syntax).
    """
    flags = {row.flag: row for row in (*rows, _DEBUG) if row.flag}
    values: dict[str, str] = {}
    problems: list[str] = []
    rest = list(arguments)
    while rest:
        word = rest.pop(0)
        name, divider, value = word.removeprefix("-").removeprefix("-").partition("=")
        row = flags.get(name) if word.startswith("-") else None
        if row is None:
            problems.append(f"{word!r} is no flag of csi-provider")
        elif divider:
            values[row.settings[0]] = value
        elif row.type is BOOLEAN:
            values[row.settings[0]] = "true"
        elif rest:
            values[row.settings[0]] = rest.pop(0)
        else:
            problems.append(f"{word} needs a value")
    debug = values.pop(_DEBUG.settings[0], _DEBUG.default)
    try:
        values |= {"LOG_LEVEL": "debug"} if BOOLEAN.parse(debug) else {}
    except ValueError:
        problems.append(f"-debug={debug!r} is not {BOOLEAN.accepted}")
    return values, problems
