"""consul-template itself, asked for the right answer, and our answer in the same form."""

import base64
import json
import re
import subprocess
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import NamedTuple

from tests.servers.build import program
from tests.vaultenv.template.consul.facts import ANSWERS, FOR_ORACLE
from vaultenv.template.consul.analysis import analyse
from vaultenv.template.consul.needs import Certificate, List, Need, Read, Write
from vaultenv.template.consul.template import Missing, parse
from vaultenv.template.errors import NamedTemplateError
from vaultenv.template.expressions import ERROR, ZERO
from vaultenv.template.values import raw

_POSITION = re.compile(r"^(parse|execute): template: (?:\w*):(\d+)(?::(\d+))?: ")


class Source(NamedTuple):
    """A template as an annotation gives it."""

    text: str
    left: str = ""
    right: str = ""
    error_on_missing_key: bool = False


class Result(NamedTuple):
    """The result of a template: output, or the place of an error (line, and column in bytes if it was executed)."""

    output: bytes | None = None
    line: int = 0
    column: int | None = None
    message: str = ""

    @property
    def place(self) -> tuple[bytes | None, int, int | None]:
        """All but the wording of a message."""
        return self.output, self.line, self.column


class Crashed(Exception):
    """consul-template ended on a template, as it does on endless recursion and on a map that holds itself."""


class Oracle:
    """The test-only Go program: a question and an answer a line."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._process = self._started()

    def _started(self) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [self._path],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
            encoding="utf-8",
        )

    def end(self) -> None:
        """End the program."""
        with self._process as process:
            assert process.stdin
            process.stdin.close()

    def _query(self, question: str) -> dict[str, str]:
        assert self._process.stdin
        assert self._process.stdout
        self._process.stdin.write(question + "\n")
        self._process.stdin.flush()
        line = self._process.stdout.readline()
        if not line:
            self.end()
            self._process = self._started()
            raise Crashed
        answer: dict[str, str] = json.loads(line)
        return answer

    def rendered(self, source: Source) -> tuple[Result, list[str]]:
        """Return consul-template's result, and what it misses."""
        fields = {
            "template": source.text,
            "left": source.left,
            "right": source.right,
            "error_on_missing_key": source.error_on_missing_key,
        }
        answer = self._query(f'{json.dumps(fields)[:-1]}, "answers": {FOR_ORACLE}}}')
        missing: list[str] = list(answer.get("missing", ()))
        if "output" in answer:
            return Result(base64.b64decode(answer["output"] or "")), missing
        return _error(answer["error"]), missing

    def time(self, unix_s: int, layout: str) -> str:
        """Return Go's text of a time."""
        return base64.b64decode(
            self._query(json.dumps({"unix": unix_s, "layout": layout}))["output"]
        ).decode()


def _error(message: str) -> Result:
    found = _POSITION.match(message)
    assert found, message
    column = None if found[1] == "parse" else int(found[3])
    return Result(None, int(found[2]), column, message)


@contextmanager
def running() -> Iterator[Oracle]:
    """Run the program, built if it is missing."""
    oracle = Oracle(program("consul-template"))
    try:
        yield oracle
    finally:
        oracle.end()


def ours(source: Source) -> tuple[Result, list[str]]:
    """Return our own result in the same form, and what is missing."""
    try:
        template = parse(source.text, "t", source.left, source.right)
    except NamedTemplateError as error:
        return Result(None, error.line, None, str(error)), []
    missing_key = ERROR if source.error_on_missing_key else ZERO
    try:
        result = template.render(ANSWERS, missing_key=missing_key)
    except NamedTemplateError as error:
        return Result(None, error.line, _bytes_before(source.text, error.at), str(error)), []
    if isinstance(result, Missing):
        return Result(), sorted(map(_name, result.needs))
    return Result(raw(result.text)), []


def _bytes_before(text: str, at: int) -> int:
    return len(text[text.rfind("\n", 0, at) + 1 : at].encode())


def _name(need: Need) -> str:
    """The name of a need in consul-template."""
    if isinstance(need, Certificate):
        return f"vault.pki({need.path}->)"
    if isinstance(need, Write):
        return f"vault.write({need.path})"
    if isinstance(need, List):
        return f"vault.list({need.path})"
    assert isinstance(need, Read)
    return f"vault.read({need.path}{'.v' + need.version if need.version else ''})"


def differences(oracle: Oracle, sources: Iterable[Source]) -> list[tuple[Source, Result, Result]]:
    """(template, consul-template's result, ours) where they differ, but for templates on which it crashes."""
    found = []
    for source in sources:
        mine, also_missing = ours(source)
        with suppress(Crashed):
            theirs, missing = oracle.rendered(source)
            is_wider = missing or also_missing or "is not known" in mine.message
            if theirs.place != mine.place and not is_wider and not _asks_for_more(source):
                found.append((source, theirs, mine))
    return found


def _asks_for_more(source: Source) -> bool:
    """Return whether a literal path has no answer: consul-template then goes on with nil, and we do without the rest."""
    known = {need.path for need in ANSWERS if isinstance(need, (Certificate, List, Read, Write))}
    return any(
        mention.path not in known for mention in analyse(source.text, "t", source.left, source.right).mentions
    )
