"""The files of a mount, decided from Vault's answers. Pure: no client, no clock."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from vaultcsi.content.contents import content_of
from vaultcsi.content.versions import version_of
from vaultcsi.errors import PathForbidden, SecretNotRead, TooLarge
from vaultcsi.request import Mount
from vaultkube.provider_class.objects import SecretObject, SecretRequest

_MOST_BYTES = (4 << 20) - (64 << 10)
"""Bytes of all files of a mount: the driver accepts messages of 4 MiB, which also hold names and versions."""
_SHOWN = 4


@dataclass(frozen=True)
class MountedFile:
    """A file of a volume, and the version of its content."""

    name: str
    mode: int
    content: bytes = field(repr=False)
    version: str


def files_of(
    mount: Mount, answers: Mapping[SecretRequest, Mapping[str, Any] | SecretNotRead], key: bytes
) -> list[MountedFile]:
    """Return every file of the mount; raise SecretNotRead, which names each object without content, or TooLarge."""
    files, problems = [], []
    size_bytes = 0
    for secret_object in mount.parameters.objects:
        answer = answers[secret_object.request]
        try:
            if isinstance(answer, SecretNotRead):
                raise answer
            content = content_of(secret_object, answer)
        except SecretNotRead as error:
            problems.append((secret_object, error))
            continue
        size_bytes += len(content)
        if size_bytes > _MOST_BYTES:
            raise TooLarge(
                f"the objects up to {secret_object.name!r} have more than {_MOST_BYTES} bytes together, and the driver takes 4 MiB: "
                "divide the SecretProviderClass"
            )
        mode = secret_object.permission or mount.permission
        files.append(MountedFile(secret_object.name, mode, content, version_of(secret_object, content, key)))
    if problems:
        raise _all(problems)
    return files


def _all(problems: list[tuple[SecretObject, SecretNotRead]]) -> SecretNotRead:
    """Return one error for all problems; objects of one request share a sentence."""
    names: dict[str, list[str]] = {}
    for secret_object, error in problems:
        names.setdefault(str(error), []).append(f'"{secret_object.name}"')
    sentences = [
        f"couldn't read secret {', '.join(objects[:_SHOWN])}{_more(len(objects))}: {text}"
        for text, objects in names.items()
    ]
    kind: Callable[[str], SecretNotRead] = type(problems[0][1])
    if not all(isinstance(error, PathForbidden) for _, error in problems):
        kind = SecretNotRead
    return kind("; ".join(sentences[:_SHOWN]) + _more(len(sentences)))


def _more(number: int) -> str:
    return f" and {number - _SHOWN} more" if number > _SHOWN else ""
