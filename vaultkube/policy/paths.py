"""The paths of Vault that a namespace's objects may name: the operator's VAULT_PATH_POLICY. See docs/path-policy.md.

Vault's policies protect the secrets; this policy only refuses earlier, with a clear message, instead of a loop of 403.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from urllib.parse import unquote

from vaultenv.references.fields import Fault
from vaultenv.references.grammar import normal_path
from vaultkube.deadline import UNLIMITED, Deadline
from vaultkube.problem import FieldPath, Problem

ANY_SEGMENT = "*"
_NAMESPACE = "{namespace}"
_ROOT = "root"
_MOST_DECODINGS = 3


def foreign_namespace(namespace: str, operators: str) -> str:
    """Return Vault's namespace as the prefix of a path: empty if it is the operator's own."""
    namespace, operators = namespace.strip("/"), operators.strip("/")
    return "" if namespace == operators else namespace or _ROOT


@dataclass(frozen=True)
class RequestedPath:
    """A path of Vault that the `field` of an object names; `where` is for messages. None is a path that only the kubelet knows.

    `vault_namespace` is the prefix of the path: Vault's namespace, if it is not the operator's.
    """

    field: FieldPath
    where: str
    path: str | None
    vault_namespace: str = ""


@dataclass(frozen=True)
class PathPolicy:
    """Patterns such as `cluster/data/{namespace}`; a path that begins with one, segment by segment, is allowed.

    Without patterns every path is allowed. A violation is a refusal if the policy is enforced, else a warning.
    """

    patterns: tuple[str, ...] = ()
    enforced: bool = True

    def violations(
        self, requested: Iterable[RequestedPath], namespace: str, deadline: Deadline = UNLIMITED
    ) -> list[Problem]:
        """Return the problems of all paths that an object of the namespace may not name; raise OutOfTime at the deadline."""
        if not self.patterns:
            return []
        allowed = [pattern.replace(_NAMESPACE, namespace) for pattern in self.patterns]
        rules = [pattern.split("/") for pattern in allowed]
        violations: dict[RequestedPath, list[Problem]] = {}
        for each in requested:
            deadline.check()
            if each not in violations:
                violations[each] = [
                    Problem(
                        "path-refused" if self.enforced else "path-warned",
                        each.field,
                        f"{each.where}: {reason}; VAULT_PATH_POLICY lets namespace {namespace} name {', '.join(allowed)}",
                    )
                    for reason in _reasons(each, rules)
                ]
        return [violation for found in violations.values() for violation in found]


def _reasons(requested: RequestedPath, rules: Sequence[Sequence[str]]) -> Iterator[str]:
    if requested.path is None:
        yield "the path is not known before the start, as $(NAME), a field, a file or a template makes it; write it out"
        return
    path = "/".join(part for part in (requested.vault_namespace, requested.path) if part)
    if not all(_is_allowed(reading, rules) for reading in _readings(path)):
        yield f"path {path} is outside of what this namespace may name"


def _readings(path: str) -> Iterator[str | None]:
    """Yield the path as written, and after each further percent-decoding (`%2e`); None for a path that leads outside.

    A path that can be decoded more often than any proxy decodes it counts as leading outside.
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
            pattern in (ANY_SEGMENT, segment)
            for pattern, segment in zip(rule, segments[: len(rule)], strict=True)
        )
        for rule in rules
    )
