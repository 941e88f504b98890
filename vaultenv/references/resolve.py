"""Resolution of values to secrets: each source is read once, then every variable is replaced."""

from __future__ import annotations

from vaultenv.basics.text import shown
from vaultenv.errors import NotResolved, SecretNotFound, VaultEnvError
from vaultenv.references.bounds import Bounds
from vaultenv.references.parts import Ciphertext, Term
from vaultenv.references.replace import Answers, Replacer
from vaultenv.references.secret import Secret

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from vaultenv.references.frompath import FromPath
    from vaultenv.references.parts import Source, Value
    from vaultenv.references.reader import Reader
    from vaultenv.references.values import Transit

_BOUNDS = Bounds()
_MOST_PROBLEMS = 1000
"""Most reported problems, more than anybody reads; further values are not resolved."""
_FROM_PATH = "VAULT_ENV_FROM_PATH"


def resolve_values(
    parsed: Mapping[bytes, Value],
    reader: Reader,
    *,
    transit: Transit,
    ignore_missing: bool,
    before_each: Callable[[], object] = lambda: None,
    bounds: Bounds = _BOUNDS,
) -> dict[bytes, bytes]:
    """Return the values with their references replaced, by name; `before_each` is called before each reference.

    It is called repeatedly inside templates too. With `ignore_missing`, a name whose path is missing has no entry. Raises
    NotResolved with all problems of all variables, or with the first of very many, and the errors of `before_each`.
    """
    answers = gather(parsed.values(), reader, transit)
    return replaced_values(parsed, answers, ignore_missing, before_each, bounds)


def replaced_values(
    parsed: Mapping[bytes, Value],
    answers: Answers,
    ignore_missing: bool,
    before_each: Callable[[], object],
    bounds: Bounds,
) -> dict[bytes, bytes]:
    """Return the values with their references replaced by known answers, in the same way as `resolve_values`."""
    replacer = Replacer(answers, ignore_missing, before_each, bounds)
    resolved: dict[bytes, bytes] = {}
    problems: list[tuple[str, str, VaultEnvError]] = []
    for name, value in parsed.items():
        replacement = replacer.replaced(value)
        problems += [(shown(name), reference, error) for reference, error in replacement.problems]
        if replacement.text is not None:
            resolved[name] = replacement.text
        if replacement.is_last or len(problems) >= _MOST_PROBLEMS:
            break
    if problems:
        raise NotResolved(problems)
    return resolved


def from_path(
    paths: Sequence[FromPath],
    reader: Reader,
    *,
    ignore_missing: bool = False,
    warn: Callable[[str], None] = lambda message: None,
) -> dict[bytes, bytes]:
    """Return the variables from whole paths, by name; a later path wins over an earlier one.

    A deleted version adds none and calls `warn`. Raises NotResolved with every problem; with
    `ignore_missing`, a missing path is not a problem.
    """
    problems: list[tuple[str, str, VaultEnvError]] = []
    variables: dict[bytes, bytes] = {}
    secrets = reader.read([(path.path, path.version) for path in paths]) if paths else []
    for path, secret in zip(paths, secrets, strict=True):
        if isinstance(secret, SecretNotFound) and ignore_missing:
            if not path.optional:
                warn(
                    f"no variables from path: {path.path}: it is missing, and VAULT_IGNORE_MISSING_SECRETS is set"
                )
            continue
        if isinstance(secret, Secret) and secret.deleted and not path.optional:
            warn(f"no variables from path: {path.path}: {secret.loss()} ({_FROM_PATH})")
        try:
            variables |= path.variables(secret)
        except VaultEnvError as error:
            problems.append((_FROM_PATH, "", error))
    if problems:
        raise NotResolved(problems)
    return variables


def gather(values: Iterable[Value], reader: Reader, transit: Transit) -> Answers:
    """Request each source and ciphertext once: all reads together, then the writes in order, then ciphertexts."""
    parts = list(dict.fromkeys(part for value in values for part in value.parts))
    sources = list(dict.fromkeys(part.source for part in parts if isinstance(part, Term)))
    reads = [source for source in sources if source.body is None]
    secrets: dict[Source, Secret | VaultEnvError] = {}
    if reads:
        answers = reader.read([(source.path, source.version) for source in reads])
        secrets.update(zip(reads, answers, strict=True))
    for source in sources:
        if source.body is not None:
            secrets[source] = reader.write(source.path, source.body)
    ciphertexts = [part.text for part in parts if isinstance(part, Ciphertext)]
    return Answers(secrets, _plaintexts(ciphertexts, reader, transit))


def _plaintexts(texts: list[str], reader: Reader, transit: Transit) -> dict[str, bytes | VaultEnvError]:
    plaintexts: dict[str, bytes | VaultEnvError] = {}
    for start in range(0, len(texts), transit.batch_size):
        batch = texts[start : start + transit.batch_size]
        answers = reader.decrypt(f"{transit.mount}/decrypt/{transit.key}", batch)
        plaintexts.update(zip(batch, answers, strict=True))
    return plaintexts
