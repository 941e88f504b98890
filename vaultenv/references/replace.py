"""Replacement of a value's references by known answers, without requests."""

from __future__ import annotations

from vaultenv.errors import (
    KeyNotFound,
    RequestRefused,
    SecretNotFound,
    SecretUnusable,
    TooMuch,
    VaultEnvError,
)
from vaultenv.references.parts import Ciphertext, Source, Term, Value
from vaultenv.references.secret import Secret, text_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from vaultenv.references.bounds import Bounds
    from vaultenv.references.parts import Part
    from vaultenv.template.work import Work


class Answers:
    """Vault's answers by source and by ciphertext. Its repr shows no answer, because they are secret."""

    __slots__ = ("plaintexts", "secrets")

    def __init__(
        self,
        secrets: dict[Source, Secret | VaultEnvError],
        plaintexts: dict[str, bytes | VaultEnvError],
    ) -> None:
        self.secrets = secrets
        self.plaintexts = plaintexts


class Replacement:
    """A value's new text, None if the variable is left out, and (reference, error) for each failure; `is_last` if
    the limits leave no room for other values.
    """

    __slots__ = ("is_last", "problems", "text")

    def __init__(
        self, text: bytes | None, problems: list[tuple[str, VaultEnvError]], is_last: bool = False
    ) -> None:
        self.text = text
        self.problems = problems
        self.is_last = is_last


class Replacer:
    """Replaces the references of values, one value after another, within limits for all of them together.

    `before_each` is called before each part of a value, and repeatedly inside a template.
    """

    __slots__ = ("_answers", "_before_each", "_bounds", "_ignore_missing", "_room_bytes", "_work")

    def __init__(
        self, answers: Answers, ignore_missing: bool, before_each: Callable[[], object], bounds: Bounds
    ) -> None:
        self._answers = answers
        self._ignore_missing = ignore_missing
        self._before_each = before_each
        self._bounds = bounds
        self._room_bytes = bounds.values_bytes
        self._work: Work | None = None

    def replaced(self, value: Value) -> Replacement:
        """Return the value with its references replaced.

        A missing answer is replaced by its default. Otherwise, if missing answers are ignored, a reference inside text
        stays unchanged, and a variable that is only a reference, or an optional one, is left out.
        """
        texts: list[bytes] = []
        problems: list[tuple[str, VaultEnvError]] = []
        for part, written in zip(value.parts, value.texts, strict=True):
            self._before_each()
            try:
                texts.append(self._bounded(self._text(part)))
            except TooMuch as error:
                return Replacement(b"", [*problems, (str(part), error)], is_last=True)
            except VaultEnvError as error:
                instead = _instead(part, written if value.inline else b"", error, self._ignore_missing)
                if instead is None:
                    problems.append((str(part), error))
                elif not instead and not value.inline:
                    return Replacement(None, [])
                else:
                    texts.append(instead)
        return Replacement(b"".join(texts), problems)

    def _bounded(self, text: bytes) -> bytes:
        """Return the text if all values together are within the limit; raise TooMuch."""
        self._room_bytes -= len(text)
        if self._room_bytes < 0:
            raise TooMuch(
                f"with this one the values are longer than {self._bounds.values_bytes} bytes together: refer to less"
            )
        return text

    def _text(self, part: Part) -> bytes:
        if isinstance(part, bytes):
            return part
        if isinstance(part, Ciphertext):
            plaintext = self._answers.plaintexts[part.text]
            if isinstance(plaintext, VaultEnvError):
                raise plaintext
            return plaintext
        assert isinstance(part, Term)  # noqa: S101 (`parse_values` refuses a login)
        return self._field(part, self._answers.secrets[part.source])

    def _field(self, term: Term, secret: Secret | VaultEnvError) -> bytes:
        if isinstance(secret, VaultEnvError):
            raise secret
        if term.template and not secret.deleted:
            return self._rendered(term, secret)
        if term.key not in secret.fields:
            remedy = secret.loss() or "write the key to this path, or correct the reference"
            raise KeyNotFound(f"key '{term.key}' not found under path: {term.source.path}: {remedy}")
        return text_of(secret.fields[term.key])

    def _rendered(self, term: Term, secret: Secret) -> bytes:
        from vaultenv.template.render import TemplateError, Work, render
        from vaultenv.template.values import raw

        if self._work is None:
            bounds = self._bounds
            self._work = Work(bounds.template_units, bounds.longest_result, self._before_each)
        try:
            return raw(render(term.key, secret.fields, self._work))
        except TemplateError as error:
            kind = SecretUnusable if self._work.left >= 0 else TooMuch
            raise kind(f"template on path: {term.source.path}: {error.message}") from None


def _instead(part: Part, ignored: bytes, error: VaultEnvError, ignore_missing: bool) -> bytes | None:
    """Return the replacement of a part without an answer: its default, or `ignored`; None if it is an error."""
    if isinstance(part, Term) and part.default is not None and isinstance(error, SecretNotFound):
        return part.default.encode()
    return ignored if ignore_missing and _is_ignorable(part, error) else None


def _is_ignorable(part: Part, error: VaultEnvError) -> bool:
    """Return whether VAULT_IGNORE_MISSING_SECRETS covers the error: a missing path, or a ciphertext that
    transit refuses.
    """
    if isinstance(part, Ciphertext):
        return isinstance(error, RequestRefused)
    return isinstance(error, SecretNotFound) and not isinstance(error, KeyNotFound)
