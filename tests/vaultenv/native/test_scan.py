"""The scan before Python: each program that it starts is the one that Python would start, in the same way."""

import ctypes
import os
import posix
from collections.abc import Callable, Iterator
from pathlib import Path
from unittest.mock import patch

import pytest
from hypothesis import event, given, settings
from hypothesis import strategies as st

from tests.vaultenv.native.compiled import compile_scan
from vaultenv.native.build.variable_table import harmless, takes_words
from vaultenv.process import program
from vaultenv.start import launch
from vaultenv.variables import VARIABLES

pytestmark = pytest.mark.launcher

PATH_MAX = 4096
OWN = [variable.name.encode() for variable in VARIABLES]
Start = tuple[bytes, list[bytes]]
Scan = Callable[[list[bytes], list[bytes]], Start | None]


class _Found(ctypes.Structure):
    _fields_ = (("file", ctypes.c_char * PATH_MAX), ("environment", ctypes.POINTER(ctypes.c_char_p)))


class Started(BaseException):
    """Python would execute this."""


@pytest.fixture(scope="module")
def scan(tmp_path_factory: pytest.TempPathFactory) -> Scan:
    """Return the C function: it returns file and environment of the program to execute, or None."""
    library = ctypes.CDLL(str(compile_scan(tmp_path_factory.mktemp("scan"))))

    def call(words: list[bytes], entries: list[bytes]) -> Start | None:
        argv = (ctypes.c_char_p * (len(words) + 1))(*words, None)
        environ_entries = (ctypes.c_char_p * (len(entries) + 1))(*entries, None)
        found = _Found()
        if not library.scan(argv, environ_entries, ctypes.byref(found)):
            return None
        environment: list[bytes] = []
        while (entry := found.environment[len(environment)]) is not None:
            environment.append(entry)
        return found.file, environment

    return call


def start_by_python(words: list[bytes], entries: list[bytes]) -> Start:
    """Return the program that Python executes; fail if it calls Vault."""

    def execve(file: bytes, argv: list[bytes], environ: dict[bytes, bytes]) -> None:
        assert argv == words[1:]
        raise Started(file, [name + b"=" + value for name, value in environ.items()])

    environ: dict[bytes, bytes] = {}
    for name, _, value in (entry.partition(b"=") for entry in entries):
        environ.setdefault(name, value)
    with (
        patch.object(posix, "execve", execve),
        patch.object(program, "restore_signals"),
        patch.object(launch, "_open", side_effect=AssertionError),
    ):
        try:
            raise AssertionError(f"status {launch.run(words, environ)} instead of a start")
        except Started as started:
            file, environment = started.args
            return file, environment


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Make `a` with a text and a folder named like programs, and `b` with programs, in the working folder."""
    top = tmp_path_factory.mktemp("programs")
    for name, mode in (("a/text", 0o644), ("b/text", 0o755), ("b/program", 0o755), ("local", 0o755)):
        (top / name).parent.mkdir(exist_ok=True)
        (top / name).touch(mode)
        (top / name).chmod(mode)
    (top / "a/program").mkdir()
    before = Path.cwd()
    os.chdir(top)
    yield top
    os.chdir(before)


REFERENCES = [
    b"vault:secret/data/a#k",
    b">>vault:pki/issue/x#certificate",
    b"${vault:secret/data/a#k}",
    b"text ${vault:a#b} text",
    b"vault:v1:c2VjcmV0",
    b"vault:login",
    b"vault:8200",
    b"\\vault:a#b",
    b"\\>>vault:a#b",
    b"Vault:a#b",
    b" vault:a#b",
    b"\tvault:a#b",
    b"text\nvault:a#b",
    b"x>>vault:a#b",
    b">>>vault:a#b",
    b"${>>vault:a#b}",
    b"${>vault:a#b}",
    b"$${vault:a#b}",
    b"\\${vault:a#b}",
    b"${ vault:a#b }",
    b"{{ vault:a#b }}",
    b"${vault:a#b",
    b"vault:",
    b"vault:\xff#\xff",
    b"xvault:a#b",
    b"bao:a#b",
    b"${bao:a#b}",
    b"vault",
    b"vaultvault:a#b",
]
ODD_ENTRIES = [
    b"",
    b"=",
    b"==",
    b"=a=b",
    b"A",
    b"vault:a#b",
    b"A B=c",
    b"VAULT_ADDR",
    b"A" * 131_000 + b"=",
    b"A==",
]
VALUES = [b"true", b"false", b"T", b"0", b"1", b"10", b"30s", b"0s", b"-1", b"https://vault:8200", b"\xff"]
WORDS = st.from_regex(rb"[A-Za-z0-9][A-Za-z0-9_.-]{0,8}", fullmatch=True)
PLAIN = st.binary(max_size=8).map(lambda value: value.replace(b"\0", b"").replace(b"=", b""))


def own_variables(odd: bool) -> st.SearchStrategy[tuple[bytes, bytes]]:
    """A variable of the table with a value that does nothing, or that may do something."""

    def values(name: bytes) -> st.SearchStrategy[bytes]:
        variable = next(one for one in VARIABLES if one.name.encode() == name)
        known = harmless(variable)
        usual = (
            st.just(b"https://vault:8200")
            if known is None
            else st.sampled_from([b"", *(v.encode() for v in known)])
        )
        usual |= WORDS if takes_words(variable) else st.nothing()
        return st.sampled_from([*VALUES, *REFERENCES]) | PLAIN if odd else usual

    return st.sampled_from(OWN).flatmap(lambda name: st.tuples(st.just(name), values(name)))


def other_variables(odd: bool) -> st.SearchStrategy[tuple[bytes, bytes]]:
    """A variable of the application, with or without what looks like a reference."""
    names = st.sampled_from(
        [b"A", b"B", b"LD_PRELOAD", b"VAULT", b"VAULT_ENV_MARKER", b"a b", *([b""] if odd else [])]
    )
    return st.tuples(names, st.sampled_from(REFERENCES) if odd else PLAIN)


usual = st.lists(
    own_variables(odd=False) | other_variables(odd=False), max_size=4, unique_by=lambda pair: pair[0]
)
any_variables = st.lists(
    own_variables(odd=True)
    | own_variables(odd=False)
    | other_variables(odd=True)
    | other_variables(odd=False),
    max_size=4,
)
directories = st.sampled_from(["{0}/b", "{0}/b", "{0}/a", "{0}/b//", "{0}/none", "", ".", "b", "/"])
words = st.sampled_from(
    [b"program", b"text", b"./local", b"b/program", b"none", b"local", b"a", b"--help", b""]
)


@settings(max_examples=1500)
@given(
    entries=usual | any_variables,
    odd=st.just([]) | st.lists(st.sampled_from(ODD_ENTRIES), max_size=2),
    path=st.lists(directories, max_size=3) | st.none(),
    word=words,
    data=st.data(),
)
def test_the_scan_starts_the_same_program_as_python(
    scan: Scan,
    folders: Path,
    entries: list[tuple[bytes, bytes]],
    odd: list[bytes],
    path: list[str] | None,
    word: bytes,
    data: st.DataObject,
) -> None:
    environ_entries = [name + b"=" + value for name, value in entries]
    if path is not None:
        searched = b"PATH=" + os.fsencode(":".join(path).format(folders))
        environ_entries.insert(data.draw(st.integers(0, len(environ_entries))), searched)
    for entry in odd:
        environ_entries.insert(data.draw(st.integers(0, len(environ_entries))), entry)
    argv = [b"vault-env", word, b"argument"]
    found = scan(argv, environ_entries)
    event("started at once" if found else "left to Python")
    if found:
        assert found == start_by_python(argv, environ_entries)


PROGRAM = [b"vault-env", b"/bin/sh"]


@pytest.mark.parametrize(
    "entries",
    [
        [],
        [b"A=text", b"VAULT_HOST=vault", b"EMPTY="],
        [b"VAULT_ADDR=https://vault:8200", b"VAULT_ROLE=default", b"VAULT_PATH=kubernetes"],
        [b"VAULT_SKIP_VERIFY=false", b"VAULT_CLIENT_TIMEOUT=10s", b"VAULT_IGNORE_MISSING_SECRETS=false"],
        [b"VAULT_ENV_DAEMON=false", b"VAULT_LOG_LEVEL=info", b"VAULT_JSON_LOG=true"],
        [b"VAULT_LOG_LEVEL=error", b"VAULT_ENV_REUSE=false", b"VAULT_REVOKE_TOKEN=false"],
        [b"A=bao:a#b", b"B=Vault:a#b", b"C=vault", b"D=${vault}", b"E=\xff\n\x01"],
        [b"A=" + b"x" * 131_000, *(b"B%d=%s" % (number, b"y" * 131_000) for number in range(15))],
    ],
)
def test_usual_environments_without_references_are_started_at_once(scan: Scan, entries: list[bytes]) -> None:
    assert scan(PROGRAM, entries) == start_by_python(PROGRAM, entries)


@pytest.mark.parametrize(
    "entries",
    [
        [b"A=vault:secret/data/a#k"],
        [b"A=${vault:secret/data/a#k}"],
        [b"VAULT_TOKEN=vault:login"],
        [b"VAULT_ENV_FROM_PATH=secret/data/a"],
        [b"VAULT_ENV_PASSTHROUGH=VAULT_ADDR"],
        [b"VAULT_ENV_DAEMON=true"],
        [b"VAULT_ENV_DELAY=1s"],
        [b"VAULT_REVOKE_TOKEN=true"],
        [b"VAULT_LOG_LEVEL=debug"],
        [b"VAULT_CLIENT_TIMEOUT=nonsense"],
        [b"VAULT_ADDR=\xff"],
        [b"VAULT_ROLE=a\n"],
        [b"VAULT_PATH=kubernetes\x7f"],
        [b"A=1", b"A=2"],
        [b"A=1", b"AB=2", b"A="],
        [b"VAULT_ROLE=a", b"VAULT_ROLE=b"],
        [b"=C:=C:\\"],
        [b""],
        [b"VAULT_ADDR"],
        [b"A= vault:a#b"],
        [b"A=\\${vault:a#b}"],
        [b"VAULT_ENV_REUSE=true"],
        [b"VAULT_ENV_DAEMON=False"],
        [b"VAULT_TOKEN= vault:login"],
        [b"VAULT_ENV_LOG_SERVER=a:514"],
        [b"no equals sign"],
    ],
)
def test_any_other_environment_is_left_to_python(scan: Scan, entries: list[bytes]) -> None:
    assert scan(PROGRAM, entries) is None


@pytest.mark.parametrize(
    "word", [b"--version", b"--install", b"-x", b"", b"/no/such/file", b"/etc/passwd", b"/etc"]
)
def test_other_words_are_left_to_python(scan: Scan, word: bytes) -> None:
    assert scan([b"vault-env", word], [b"PATH=/bin"]) is None


def test_the_scan_without_words_starts_nothing(scan: Scan) -> None:
    assert scan([b"vault-env"], []) is None
    assert scan([], []) is None


def test_a_variable_that_nobody_classified_is_left_to_python() -> None:
    """A new row of the table is safe without a change of the scan."""
    daemon = next(variable for variable in VARIABLES if variable.name == "VAULT_ENV_DAEMON")
    assert harmless(daemon) == ("", "false")


@pytest.mark.parametrize("entry", [b"VAULT_PASSWORD=own", b"VAULT_USERNAME="])
def test_a_variable_of_some_auth_methods_is_left_to_python(scan: Scan, entry: bytes) -> None:
    assert scan(PROGRAM, [entry]) is None
    assert start_by_python(PROGRAM, [entry]) == (b"/bin/sh", [entry])


def test_very_many_variables_are_no_trouble(scan: Scan) -> None:
    entries = [b"SERVICE_%d=tcp://10.0.0.1:80" % number for number in range(20000)]
    assert scan(PROGRAM, entries) == (b"/bin/sh", entries)
    assert scan(PROGRAM, [*entries, entries[0]]) is None
