"""Static data flow of secrets through a template."""

from __future__ import annotations

from vaultenv.template.consul import needs
from vaultenv.template.errors import TemplateError
from vaultenv.template.nodes import Action, Branch, Call, Command, Constant, Insertion, Node, Path, Pipeline

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from vaultenv.template.parser import Trees

CALL, KV2_DATA = "call", "kv2-data"
"""Rules: a path or pair that cannot be used; `.Data.x` of a KV version 2 secret. The last is a supposition, any other
finding ends the start."""
_READERS = ("secret", "secrets", "pkiCert")
_OF_KV2 = ("data", "metadata")
_REMEDY = "a secret of KV version 2 has its keys in .Data.data"


class _Answer:
    """The answer to `secret` with a literal path, its `.Data`, or a literal text, by `part`: secret, data, text."""

    __slots__ = ("part", "path")

    def __init__(self, part: str, path: str) -> None:
        self.part = part
        self.path = path


class Flow:
    """Follows literal paths through variables and dots.

    `mentions` has (path or None, whether it writes), `problems` (rule, position, message).
    """

    def __init__(self, trees: Trees, is_kv2: Callable[[str], bool]) -> None:
        self.mentions: list[tuple[str | None, bool]] = []
        self.problems: list[tuple[str, int, str]] = []
        self._is_kv2 = is_kv2
        self._variables: list[tuple[str, _Answer | None]] = []
        for nodes in trees.values():
            self._variables = []
            self._nodes(nodes, None)

    def _nodes(self, nodes: Sequence[Node], dot: _Answer | None) -> None:
        for node in nodes:
            if isinstance(node, Branch):
                self._branch(node, dot)
            elif isinstance(node, (Action, Insertion)) and node.pipeline:
                self._pipeline(node.pipeline, dot)

    def _branch(self, node: Branch, dot: _Answer | None) -> None:
        scope = len(self._variables)
        value = self._pipeline(node.pipeline, dot)
        if node.kind == "range":
            if value and value.part == "data" and self._is_kv2(value.path):
                self._complain(
                    node.pipeline.at, "range over .Data gives data and metadata: range over .Data.data"
                )
            self._variables += [(name, None) for name in node.pipeline.variables]
        inner = dot if node.kind == "if" else value if node.kind == "with" else None
        self._nodes(node.body, inner)
        self._nodes(node.otherwise, dot)
        del self._variables[scope:]

    def _pipeline(self, pipeline: Pipeline, dot: _Answer | None) -> _Answer | None:
        value: _Answer | None = None
        for place, command in enumerate(pipeline.commands):
            value = self._command(command, dot, value, piped=place > 0)
        self._variables += [(name, value) for name in pipeline.variables]
        return value

    def _command(
        self, command: Command, dot: _Answer | None, last: _Answer | None, piped: bool
    ) -> _Answer | None:
        first, *rest = command.operands
        arguments = [self._operand(operand, dot) for operand in rest]
        if piped:
            arguments.append(last)
        if not isinstance(first, Call):
            return self._operand(first, dot)
        if first.name in _READERS and arguments:
            return self._mention(first, arguments)
        if first.name == "index" and len(arguments) > 1:
            self._indexed(first, arguments)
        return None

    def _mention(self, call: Call, arguments: Sequence[_Answer | None]) -> _Answer | None:
        literal = arguments[0]
        path = literal.path if literal and literal.part == "text" else None
        writes = call.name == "pkiCert" or len(arguments) > 1
        self.mentions.append((None if path is None else path.strip().strip("/"), writes))
        self._check_call(call, arguments)
        if call.name == "secret" and path is not None and not writes:
            return _Answer("secret", path)
        return None

    def _check_call(self, call: Call, arguments: Sequence[_Answer | None]) -> None:
        """Record the problems of literal arguments."""
        path, *pairs = [
            argument.path if argument and argument.part == "text" else None for argument in arguments
        ]
        try:
            needs.write("-", [pair for pair in pairs if pair is not None] if call.name != "secrets" else ())
            if path is not None:
                (needs.names if call.name == "secrets" else needs.read)(path)
        except TemplateError as error:
            self.problems.append((CALL, call.at, f"{call.name}: {error.message}"))

    def _indexed(self, call: Call, arguments: Sequence[_Answer | None]) -> None:
        value, key = arguments[:2]
        if value and value.part == "data" and key and key.part == "text" and key.path not in _OF_KV2:
            self._check_key(value, key.path, call.at, f'index .Data.data "{key.path}"')

    def _operand(self, node: Node, dot: _Answer | None) -> _Answer | None:
        if isinstance(node, Constant):
            return _Answer("text", node.value) if isinstance(node.value, str) else None
        if isinstance(node, Pipeline):
            return self._pipeline(node, dot)
        return self._path(node, dot) if isinstance(node, Path) else None

    def _path(self, node: Path, dot: _Answer | None) -> _Answer | None:
        if node.base is None:
            value = dot
        elif isinstance(node.base, str):
            value = self._variable(node.base)
        else:
            value = self._operand(node.base, dot)
        for place, field in enumerate(node.fields):
            if value is None or value.part == "text":
                return None
            if value.part == "secret":
                value = _Answer("data", value.path) if field == "Data" else None
            else:
                rest = ".".join(("Data", "data", *node.fields[place:]))
                self._check_key(value, field, node.at, f".{rest}")
                value = None
        return value

    def _variable(self, name: str) -> _Answer | None:
        return next((value for known, value in reversed(self._variables) if known == name), None)

    def _check_key(self, data: _Answer, key: str, at: int, instead: str) -> None:
        if key not in _OF_KV2 and self._is_kv2(data.path):
            self._complain(at, f'"{key}" is not in .Data: write {instead}')

    def _complain(self, at: int, message: str) -> None:
        self.problems.append((KV2_DATA, at, f"{message}; {_REMEDY}"))
