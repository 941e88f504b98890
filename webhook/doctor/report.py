"""The report of the doctor: findings as lines for a person. Pure."""

from collections.abc import Iterable

from vaultkube.printable import printable
from webhook.doctor.finding import Finding, State

_COLOURS = {State.OK: "32", State.WRONG: "1;31", State.WARNING: "33", State.UNKNOWN: "36"}
_WIDTH = max(len(state.value) for state in State)


def report(findings: Iterable[Finding], *, colours: bool) -> str:
    """Return a line for each finding, and one for its remedy."""
    return "".join(_lines(finding, colours) for finding in findings)


def _lines(finding: Finding, colours: bool) -> str:
    word = finding.state.value.ljust(_WIDTH)
    shown = f"\033[{_COLOURS[finding.state]}m{word}\033[0m" if colours else word
    lines = [f"{shown}  {finding.check}: {printable(finding.text)}"]
    if finding.remedy:
        lines.append(f"{' ' * _WIDTH}  do: {finding.remedy}")
    return "\n".join(lines) + "\n"
