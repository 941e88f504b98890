"""The references in the values of an object: the paths that they read and write, and the malformed ones."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from vaultenv.errors import InvalidReference
from vaultenv.references.grammar import parse
from vaultenv.references.near_miss import near_miss, stray_characters
from vaultenv.references.parts import Ciphertext, Value
from vaultkube.deadline import UNLIMITED, Deadline
from vaultkube.objects.kinds import ObjectKind
from vaultkube.wire.objects import KubernetesObject
from webhook.config import transit
from webhook.config.annotations import Config

_MOST_PARTS = 20_000
"""The most references and texts between them in one object: each needs several hundred bytes of memory."""
_TEMPLATE_LENGTH = 4
"""The characters of a template that count as one part, as they need the same time to parse."""
_TOO_LARGE = "with it there is more to resolve than one object may ask for: divide the object"


@dataclass(frozen=True)
class References:
    """The parsed values with references, and the reason for each malformed value; both by name.

    `near_misses` has name and warning of each value that is probably meant as a reference, or as another one.
    """

    parsed: Mapping[str, Value]
    malformed: Mapping[str, str]
    near_misses: tuple[tuple[str, str], ...] = ()

    def __bool__(self) -> bool:
        return bool(self.parsed or self.malformed)

    def names(self) -> list[str]:
        """Return the names of all values with references, sorted."""
        return sorted([*self.parsed, *self.malformed])

    def paths(self) -> Iterator[tuple[str, str]]:
        """Yield (name, path) for each path that a value reads or writes."""
        return ((name, path) for name, value in self.parsed.items() for path in value.paths())

    def requested(self, config: Config) -> Iterator[tuple[str, str]]:
        """Yield (name, path) for each path that a value reads or writes, and for each ciphertext transit's path."""
        yield from self.paths()
        path = transit.decrypt_path(config.transit_path, config.transit_key)
        yield from ((name, path) for name in self.names_with(Ciphertext))

    def written(self) -> set[str]:
        """Return the names of the values whose references write to Vault."""
        return {
            name
            for name, value in self.parsed.items()
            if any(term.source.body is not None for term in value.terms())
        }

    def names_with(self, kind: type) -> list[str]:
        """Return the names of the values that have a part of this kind."""
        return [
            name for name, value in self.parsed.items() if any(isinstance(part, kind) for part in value.parts)
        ]


class _TooLarge(Exception):
    """The object has more parts than the limit."""


class _Room:
    """The number of parts that an object may still have; the parts of a template are reserved before it is parsed."""

    def __init__(self) -> None:
        self._left = _MOST_PARTS

    def reserve(self, parts: int) -> None:
        """Reserve this number of parts; raise _TooLarge if fewer are left."""
        self._left -= parts
        if self._left < 0:
            raise _TooLarge

    def reserve_template(self, length: int) -> None:
        """Reserve the parts of a template of this number of characters."""
        self.reserve(length // _TEMPLATE_LENGTH)


def find_references(
    values: Mapping[str, bytes], deadline: Deadline = UNLIMITED, is_secret: bool = False
) -> References:
    """Return the references in `values`, the rest of which is plain text; raise OutOfTime if that takes too long.

    Reasons for malformed values hold no text of them if they are secret. The value that exceeds the limit of parts
    counts as malformed, and the values after it are not read.
    """
    parsed: dict[str, Value] = {}
    malformed: dict[str, str] = {}
    room = _Room()
    near_misses: list[tuple[str, str]] = []
    for name, text in values.items():
        deadline.check()
        try:
            value = parse(text, deadline.check, room.reserve_template)
            room.reserve(len(value.parts) if value else 0)
        except InvalidReference as error:
            malformed[name] = error.without_text() if is_secret else f"{error.message} ({error.reference})"
            warning = stray_characters(text)
        except _TooLarge:
            malformed[name] = _TOO_LARGE
            break
        else:
            if value is not None:
                parsed[name] = value
            warning = near_miss(text, value)
        if warning:
            near_misses.append((name, warning))
    return References(parsed, malformed, tuple(near_misses))


def references_in(kind: ObjectKind, content: KubernetesObject, deadline: Deadline = UNLIMITED) -> References:
    """Return the references in the values of an object of this kind, as `find_references` does."""
    return find_references(kind.find_values(content), deadline, is_secret=kind.is_secret)
