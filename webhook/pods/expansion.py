"""The kubelet's expansion of `$(NAME)` and `$$` in env values, command and args.

https://kubernetes.io/docs/tasks/inject-data-application/define-interdependent-environment-variables/
"""

import re
from collections.abc import Callable, Mapping

_DOLLAR = re.compile(rb"\$(\$|\(([^)]*)\))?")


def expand(text: bytes, variables: Mapping[bytes, bytes | None]) -> tuple[bytes, bool]:
    """Return what the kubelet makes of `text`, and whether that can be known.

    `variables` holds those defined before; None stands for a value that only the kubelet knows. A name that is not
    among them stays as text, unless the kubelet turns out to know it (the variables of Services): then it is unknown.
    """
    unknown: list[bytes] = []
    return _DOLLAR.sub(_replacement(variables, unknown), text), not unknown


def names_in(text: str) -> list[str]:
    """Return the names of the variables that the kubelet looks up for `text`."""
    if "$(" not in text:
        return []
    matches = _DOLLAR.finditer(text.encode("utf-8", "surrogatepass"))
    return [match[2].decode("utf-8", "surrogatepass") for match in matches if match[2] is not None]


def double_dollars(text: str) -> str:
    """Return `text` so that the kubelet's expansion gives `text` again."""
    return text.replace("$", "$$")


def _replacement(
    variables: Mapping[bytes, bytes | None], unknown: list[bytes]
) -> Callable[[re.Match[bytes]], bytes]:
    def replace(match: re.Match[bytes]) -> bytes:
        if match[1] == b"$":
            return b"$"
        if match[2] is None:
            return match[0]
        value = variables.get(match[2])
        if value is None:
            unknown.append(match[2])
            return match[0]
        return value

    return replace
