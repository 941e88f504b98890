"""Needs of a template, as values: the questions to Vault that must be answered before it can be rendered."""

from __future__ import annotations

from vaultenv.basics.record import Record
from vaultenv.basics.text import SPACE
from vaultenv.template.errors import TemplateError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    Pairs = tuple[tuple[str, str], ...]

_HEX = "0123456789abcdefABCDEF"


class Need(Record):
    """Base of the four needs, each of which concerns a path."""

    __slots__ = ()
    path: str

    def __hash__(self) -> int:
        return hash(self.path)  # needs are looked up often, and a text keeps its hash


class Read(Need):
    """A secret at a path, `secret "PATH"`; `query` has the pairs after a `?` in it, in their order.

    The path has no slash at its ends and is not yet a path of a KV version 2 engine: `secret/x` may mean
    `secret/data/x`, depending on the engine.
    """

    __slots__ = ("path", "query")

    def __init__(self, path: str, query: Pairs = ()) -> None:
        self.path = path
        self.query = query

    @property
    def version(self) -> str:
        """The version of a KV version 2 secret; "" for the latest."""
        return next((value for name, value in self.query if name == "version"), "")


class List(Need):
    """The names below a path, `secrets "PATH"`."""

    __slots__ = ("path",)

    def __init__(self, path: str) -> None:
        self.path = path


class Write(Need):
    """Data written to a path, `secret "PATH" "KEY=VALUE" …`, for the answer; the values may be secret."""

    __slots__ = ("data", "path")

    def __init__(self, path: str, data: Pairs) -> None:
        self.path = path
        self.data = data

    def __repr__(self) -> str:
        return f"{type(self).__name__}(path={self.path!r}, keys={[key for key, _ in self.data]!r})"


class Certificate(Write):
    """A certificate that is issued at a path, `pkiCert "PATH" "KEY=VALUE" …`."""

    __slots__ = ()


def read(path: str) -> Read:
    """Return the need of `secret PATH`; raise TemplateError for text that is not a path."""
    before, _, query = _trimmed(path).partition("#")[0].partition("?")
    if ":" in before.partition("/")[0]:
        raise TemplateError("the first part of a path has no colon")
    return Read(_unescaped(before, ""), tuple(_pairs(query)))


def write(path: str, pairs: Sequence[str]) -> Write:
    """Return the need of `secret PATH KEY=VALUE …`; raise TemplateError, which does not show the pairs."""
    return Write(_trimmed(path), _data(pairs))


def certificate(path: str, pairs: Sequence[str]) -> Certificate:
    """Return the need of `pkiCert PATH KEY=VALUE …`; raise TemplateError."""
    return Certificate(read(path).path, _data(pairs))


def names(path: str) -> List:
    """Return the need of `secrets PATH`; raise TemplateError."""
    return List(_trimmed(path))


def _trimmed(path: str) -> str:
    trimmed = path.strip(SPACE).strip("/")
    if not trimmed:
        raise TemplateError("the path is empty")
    if not all(map(str.isprintable, trimmed)):
        raise TemplateError("the path has a character that cannot be printed")
    return trimmed


def _data(pairs: Sequence[str]) -> Pairs:
    data: dict[str, str] = {}
    for place, pair in enumerate(pairs, 1):
        key, equals, value = pair.partition("=")
        if pair and not equals:
            raise TemplateError(f'argument {place + 1} is not a pair: write "key=value"')
        if pair:
            data[key.strip(SPACE)] = value.strip(SPACE)
    return tuple(sorted(data.items()))


def _pairs(query: str) -> list[tuple[str, str]]:
    found = []
    for part in query.split("&"):
        name, _, value = part.partition("=")
        if part and ";" not in part:
            found.append((_unescaped(name, " "), _unescaped(value, " ")))
    return found


def _unescaped(text: str, plus: str) -> str:
    """Return the text with `%41` as `A`, and `+` as `plus` if that is not empty."""
    plain = text.replace("+", plus) if plus else text
    head, *parts = plain.split("%")
    data = [head.encode("utf-8", "surrogateescape")]
    for part in parts:
        if len(part) < 2 or part[:2].strip(_HEX):
            raise TemplateError("a % in a path begins an escape: write %25 for it")
        data.append(bytes.fromhex(part[:2]) + part[2:].encode("utf-8", "surrogateescape"))
    return b"".join(data).decode("utf-8", "replace")
