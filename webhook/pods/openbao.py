"""References to OpenBao in the successor's form, for which a pod is refused: the launcher would leave them as text."""

from collections.abc import Iterator

from vaultkube.documents.utf8 import utf8
from vaultkube.problem import FieldPath, Problem
from vaultkube.wire.containers import Container
from webhook.config.openbao import INSTEAD, is_reference
from webhook.pods.environment import Sources
from webhook.pods.facts import source_keys


def openbao_problems(container: Container, sources: Sources) -> Iterator[Problem]:
    """Yield a problem for each such reference in a variable, with paths relative to the container."""
    for index, entry in enumerate(container.get("env") or ()):
        if is_reference(utf8(entry.get("value") or "")):
            path: FieldPath = ("env", index, "value")
            yield Problem("reference", path, f"variable {entry.get('name')}: {INSTEAD}")
    for source, key in source_keys(container):
        values = sources.get(source, {})
        for name in (key,) if key else values:
            if is_reference(values.get(name, b"")):
                yield Problem("reference", (), f"key {name} of {source.kind} {source.name}: {INSTEAD}")
