"""Which paths of Vault a namespace's objects may name: the operator's VAULT_PATH_POLICY. See docs/path-policy.md.

Vault's own policies stay what protects secrets; this says no earlier, with the rule, instead of a program that
restarts on 403.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from urllib.parse import unquote

from vaultenv.references.fields import Fault
from vaultenv.references.grammar import normal_path
from vaultkube.deadline import UNLIMITED, Deadline

ANY_SEGMENT = "*"
_NAMESPACE = "{namespace}"
_ROOT = "root"
_MOST_DECODINGS = 3


def foreign_namespace(asked: str, operators: str) -> str:
    """Return Vault's namespace as it stands in front of a path: empty if it is the operator's own."""
    asked, operators = asked.strip("/"), operators.strip("/")
    return "" if asked == operators else asked or _ROOT


@dataclass(frozen=True)
class Asked:
    """A path that an object names, and where; None if only the kubelet will know it.

    `vault_namespace` is Vault's namespace where that is not the operator's: it stands in front of the path.
    """

    where: str
    path: str | None
    vault_namespace: str = ""


@dataclass(frozen=True)
class PathPolicy:
    """Patterns such as `cluster/data/{namespace}`; what begins with one, segment by segment, is allowed.

    Without a pattern everything is. A violation is a refusal if the policy is enforced, else a warning.
    """

    patterns: tuple[str, ...] = ()
    enforced: bool = True

    def violations(self, asked: Iterable[Asked], namespace: str, deadline: Deadline = UNLIMITED) -> list[str]:
        """Return what is wrong with each path that an object of the namespace may not name; OutOfTime at the deadline."""
        if not self.patterns:
            return []
        allowed = [pattern.replace(_NAMESPACE, namespace) for pattern in self.patterns]
        rules = [pattern.split("/") for pattern in allowed]
        violations: dict[Asked, list[str]] = {}
        for each in asked:
            deadline.check()
            if each not in violations:
                violations[each] = [
                    f"{each.where}: {why}; VAULT_PATH_POLICY lets namespace {namespace} name {', '.join(allowed)}"
                    for why in _faults(each, rules)
                ]
        return [violation for found in violations.values() for violation in found]


def _faults(asked: Asked, rules: Sequence[Sequence[str]]) -> Iterator[str]:
    if asked.path is None:
        yield "the path cannot be told before the kubelet has replaced every $(NAME) in it; write it out"
        return
    path = "/".join(part for part in (asked.vault_namespace, asked.path) if part)
    if not all(_is_allowed(reading, rules) for reading in _readings(path)):
        yield f"path {path} is outside of what this namespace may name"


def _readings(path: str) -> Iterator[str | None]:
    """Yield the path as it is written, and as it would be read after each decoding of `%2e`; None leads out.

    What can be decoded more often than any proxy does it is taken to lead out.
    """
    for _ in range(_MOST_DECODINGS + 1):
        try:
            yield normal_path(path)
        except Fault:
            yield None
        decoded = unquote(path)
        if decoded == path:
            return
        path = decoded
    yield None


def _is_allowed(path: str | None, rules: Sequence[Sequence[str]]) -> bool:
    segments = path.split("/") if path else []
    return any(
        len(segments) >= len(rule)
        and all(
            wanted in (ANY_SEGMENT, segment)
            for wanted, segment in zip(rule, segments[: len(rule)], strict=True)
        )
        for rule in rules
    )
