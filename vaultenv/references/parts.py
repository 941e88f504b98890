"""The parts of a parsed value: text and references, as `vaultenv.references.grammar` returns them."""

from __future__ import annotations

from vaultenv.basics.record import Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

LOGIN = b"vault:login"
LOGIN_MISPLACED = "vault:login is for VAULT_TOKEN only: write vault:path#key"


class Source(Record):
    """A request to Vault: a read of a path in a version ("" is the latest), or a write of a JSON body."""

    __slots__ = ("body", "path", "version")

    def __init__(self, path: str, version: str = "", body: str | None = None) -> None:
        self.path = path
        self.version = version
        self.body = body

    def __str__(self) -> str:
        return self.path + (f" (version {self.version})" if self.version else "")


class Term(Record):
    """A reference to a field of a source, or to a template over its fields.

    `default` is None without a default; "" makes the reference optional, other text replaces a missing value.
    """

    __slots__ = ("default", "key", "source")

    def __init__(self, source: Source, key: str, default: str | None = None) -> None:
        self.source = source
        self.key = key
        self.default = default

    @property
    def template(self) -> bool:
        """Whether the key is a template."""
        return "${" in self.key

    def __str__(self) -> str:
        mark, third = (">>", "") if self.source.body is not None else ("", self.source.version)
        return f"{mark}vault:{self.source.path}#{self.key}" + (f"#{third}" if third else "")


class Ciphertext(Record):
    """A value that Vault's transit engine decrypts, `vault:v1:…`."""

    __slots__ = ("text",)

    def __init__(self, text: str) -> None:
        self.text = text

    def __str__(self) -> str:
        return f"{self.text[:16]}…"


class Login(Record):
    """`vault:login`: the token of the launcher's own login; only VAULT_TOKEN may hold it."""

    __slots__ = ()

    def __str__(self) -> str:
        return LOGIN.decode()


if TYPE_CHECKING:
    Part = bytes | Term | Ciphertext | Login


class Value(Record):
    """A parsed value: literal bytes and references in order; `inline` if references are inside text. `texts`
    holds each part as written.
    """

    __slots__ = ("inline", "parts", "texts")

    def __init__(self, parts: tuple[Part, ...], inline: bool, texts: tuple[bytes, ...]) -> None:
        self.parts = parts
        self.inline = inline
        self.texts = texts

    def terms(self) -> Iterator[Term]:
        """Return the references to fields, in order."""
        return (part for part in self.parts if isinstance(part, Term))

    def reads(self) -> tuple[tuple[str, str], ...]:
        """Return the (path, version) pairs that the value reads, without repetition; version "" is the latest."""
        pairs = ((term.source.path, term.source.version) for term in self.terms() if term.source.body is None)
        return tuple(dict.fromkeys(pairs))

    def paths(self) -> tuple[str, ...]:
        """Return the normalised paths that the value reads or writes, without repetition."""
        return tuple(dict.fromkeys(term.source.path for term in self.terms()))
