"""Replacement of a value's references by answers that are already there; no request is made here."""

from __future__ import annotations

from vaultenv.errors import KeyNotFound, RequestRefused, SecretNotFound, SecretUnusable, VaultEnvError
from vaultenv.references.parts import Ciphertext, Source, Term, Value
from vaultenv.references.secret import Secret, text_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from vaultenv.references.parts import Part


class Answers:
    """Vault's answers by source and by ciphertext. Its repr shows nothing, because it holds secrets."""

    __slots__ = ("plaintexts", "secrets")

    def __init__(
        self,
        secrets: dict[Source, Secret | VaultEnvError],
        plaintexts: dict[str, bytes | VaultEnvError],
    ) -> None:
        self.secrets = secrets
        self.plaintexts = plaintexts


class Replacement:
    """A value's new text, None if the variable is left out, and a (reference, error) for each problem."""

    __slots__ = ("problems", "text")

    def __init__(self, text: bytes | None, problems: list[tuple[str, VaultEnvError]]) -> None:
        self.text = text
        self.problems = problems


def replaced(
    value: Value, answers: Answers, ignore_missing: bool, before_each: Callable[[], object]
) -> Replacement:
    """Return the value with its references replaced; `before_each` is called before each part.

    A missing secret is replaced by its default. Otherwise, with `ignore_missing`, a reference inside text
    stays there, and a variable that is nothing but a reference is left out, as is an optional one.
    """
    texts: list[bytes] = []
    problems: list[tuple[str, VaultEnvError]] = []
    for part, written in zip(value.parts, value.texts, strict=True):
        before_each()
        try:
            texts.append(_text(part, answers))
        except VaultEnvError as error:
            instead = _instead(part, written if value.inline else b"", error, ignore_missing)
            if instead is None:
                problems.append((str(part), error))
            elif not instead and not value.inline:
                return Replacement(None, [])
            else:
                texts.append(instead)
    return Replacement(b"".join(texts), problems)


def _instead(part: Part, ignored: bytes, error: VaultEnvError, ignore_missing: bool) -> bytes | None:
    """Return the replacement of a part that has no answer: its default, or `ignored`; None if the error stands."""
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


def _text(part: Part, answers: Answers) -> bytes:
    if isinstance(part, bytes):
        return part
    if isinstance(part, Ciphertext):
        plaintext = answers.plaintexts[part.text]
        if isinstance(plaintext, VaultEnvError):
            raise plaintext
        return plaintext
    assert isinstance(part, Term)  # noqa: S101 (`parse_values` refuses a login)
    return _field(part, answers.secrets[part.source])


def _field(term: Term, secret: Secret | VaultEnvError) -> bytes:
    if isinstance(secret, VaultEnvError):
        raise secret
    if term.template and not secret.deleted:
        return _rendered(term, secret)
    if term.key not in secret.fields:
        remedy = secret.loss() or "write the key to this path, or mend the reference"
        raise KeyNotFound(f"key '{term.key}' not found under path: {term.source.path}: {remedy}")
    return text_of(secret.fields[term.key])


def _rendered(term: Term, secret: Secret) -> bytes:
    from vaultenv.template.render import TemplateError, render

    try:
        return text_of(render(term.key, secret.fields))
    except TemplateError as error:
        raise SecretUnusable(f"template on path: {term.source.path}: {error.message}") from None
