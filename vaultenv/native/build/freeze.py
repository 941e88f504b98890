"""Compiles every module of the executable; runs in the interpreter that is linked.

`python freeze.py OUTPUT PACKAGES` writes to OUTPUT `first.bin`, the modules that a start loads first, as one marshalled
tuple of (name, whether it is a package, code), in which they share equal texts; `later-0.bin` and so on, the
same for groups of modules that some starts need; `frozen.bin`, the code of all others and of the groups, one after the
other; `frozen.c`, which embeds them; and `frozen.txt`, the names of all. The launcher's package
is in the folder PACKAGES.
"""

import ast
import encodings
import marshal
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from types import CodeType
from typing import NamedTuple

_ALIGNMENT = 16
_NO_DOCSTRINGS = 2
NONE_FIRST = "--none-first"
STANDARD_LIBRARY = (
    *("codecs", "encodings", "encodings.aliases", "encodings.ascii", "encodings.idna", "encodings.latin_1"),
    *("encodings.utf_8", "stringprep"),
)
"""Modules that C code imports, for a text that is not UTF-8 or to complete the interpreter."""
LEFT_OUT = ("vaultenv.__main__", "vaultenv.native", "vaultenv.references.reader")
"""Modules for a stock interpreter, the build, the webhook and type checkers."""
NEARLY_ALWAYS = (
    "vaultenv.start.launch",
    "vaultenv.basics.digest",  # for the marker
    "vaultenv.client.open",
)
"""Modules of every start that needs Python after the scan; they and their imports are loaded first, in order."""
LATER = (
    ("vaultenv.start.plan",),  # unless it is an agent
    (
        "vaultenv.client.api",
        "vaultenv.client.persistence",
        "vaultenv.client.session",
    ),  # during the handshake
    ("vaultenv.references.resolve", "vaultenv.client.reads"),  # while Vault works on the login
    ("vaultenv.start.reuse",),  # unless the launcher is the container's first process
    ("vaultenv.references.frompath",),
    ("vaultenv.template_sources", "vaultenv.start.templates"),
    (
        "vaultenv.template.consul.answers",
        "vaultenv.template.consul.template",
        "vaultenv.template.consul.rendering",
        "vaultenv.template.consul.environment",
    ),
    ("vaultenv.agent_document",),
    ("vaultenv.agent.status",),
    ("vaultenv.agent.run",),
    ("vaultenv.agent.agent", "vaultenv.agent.parts", "vaultenv.agent.writing"),
    ("vaultenv.agent.handover",),
    ("vaultenv.agent.certificates",),
    (
        "vaultenv.agent.rendering",
        "vaultenv.template.consul.rendering",
        "vaultenv.client.reads",
    ),  # as for a login
)
"""Groups of modules that some starts need, or that can wait. The first import of one of these loads its group, with
all that it imports, without Python's import system.
"""


def freeze(output: Path, packages: Path, first: Sequence[str] = NEARLY_ALWAYS) -> None:
    """Write the blobs, the C source and the names."""
    own = dict(_own(packages))
    trees = {name: WithoutTypes().visit(ast.parse(file.read_bytes())) for name, file in own.items()}
    if wrong := [f"{name}:{line}" for name, tree in trees.items() for line in lines_with_surrogates(tree)]:
        raise SystemExit(
            f"write the number of the code instead of a lone surrogate, to load which ends a start: {wrong}"
        )
    files = own | dict(_standard_library())
    compiled = {
        name: Module(
            name, file.name == "__init__.py", _compiled(name, trees.get(name) or ast.parse(file.read_bytes()))
        )
        for name, file in sorted(files.items())
    }
    loaded_first = [compiled.pop(name) for name in import_order(trees, first)]
    _write_together(output / "first.bin", loaded_first)
    for number, roots in enumerate(LATER):
        group = [compiled[name] for name in import_order(trees, roots) if name in compiled]
        _write_together(output / f"later-{number}.bin", group)
    (output / "frozen.c").write_text(_embedded(_write_others(output / "frozen.bin", compiled.values())))
    (output / "frozen.txt").write_text("".join(f"{name}\n" for name in sorted(files)))


def lines_with_surrogates(tree: ast.Module) -> list[int]:
    """Return the lines of texts with a lone surrogate: marshal needs the registry of codecs to load one, and a start has none."""
    constants = [node for node in ast.walk(tree) if isinstance(node, ast.Constant)]
    return [node.lineno for node in constants if isinstance(node.value, str) and _has_surrogate(node.value)]


def _has_surrogate(text: str) -> bool:
    return any(0xD800 <= ord(char) < 0xE000 for char in text)


class Module(NamedTuple):
    """A compiled module."""

    name: str
    is_package: bool
    code: CodeType


def _compiled(name: str, tree: ast.Module) -> CodeType:
    code = compile(tree, f"<frozen {name}>", "exec", dont_inherit=True, optimize=_NO_DOCSTRINGS)
    return _without_qualified_names(code)


def _without_qualified_names(code: CodeType) -> CodeType:
    """Return the code with only plain names: no message shows qualified names, and each start would create them."""
    inner = (_without_qualified_names(one) if isinstance(one, CodeType) else one for one in code.co_consts)
    return code.replace(co_consts=tuple(inner), co_qualname=code.co_name)


def _write_together(file: Path, modules: Iterable[Module]) -> None:
    file.write_bytes(marshal.dumps(tuple(map(tuple, modules))))


def _write_others(file: Path, modules: Iterable[Module]) -> list[str]:
    """Write the code of these modules to the file, and return the rows of their table."""
    blob, rows = bytearray(), []
    for module in modules:
        blob.extend(bytes(-len(blob) % _ALIGNMENT))
        data = marshal.dumps(module.code)
        rows.append(
            f'    {{"{module.name}", frozen_code + {len(blob)}, {len(data)}, {int(module.is_package)}}},'
        )
        blob.extend(data)
    file.write_bytes(blob)
    return rows


class WithoutTypes(ast.NodeTransformer):
    """Removes the parts of a module that only type checkers and the documentation need, as they would slow down a start."""

    def visit_arg(self, node: ast.arg) -> ast.arg:
        """Return the argument without its annotation."""
        node.annotation = None
        return node

    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.FunctionDef:
        """Return the function without the annotation of its result."""
        node.returns = None
        self.generic_visit(node)
        return node

    def visit_AnnAssign(self, node: ast.AnnAssign) -> ast.AST:
        """Return an assignment without its annotation, or `pass` if no value is assigned."""
        if node.value is None:
            return ast.copy_location(ast.Pass(), node)
        return ast.copy_location(ast.Assign([node.target], self.visit(node.value)), node)

    def visit_keyword(self, node: ast.keyword) -> ast.keyword | None:
        """Return an argument of a call, unless it is the help of a variable."""
        return None if node.arg == "help" else node

    def visit_ImportFrom(self, node: ast.ImportFrom) -> ast.AST:
        """Return `pass` for `from __future__`, which without annotations only costs an import."""
        return ast.copy_location(ast.Pass(), node) if node.module == "__future__" else node

    def visit_If(self, node: ast.If) -> ast.AST | list[ast.stmt]:
        """Return only the else of an `if TYPE_CHECKING`."""
        if isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING":
            return node.orelse
        self.generic_visit(node)
        return node


def import_order(trees: Mapping[str, ast.Module], names: Sequence[str]) -> list[str]:
    """Return these modules, each after its package and all modules that it imports when it is loaded."""
    ordered: dict[str, None] = {}
    begun: set[str] = set()

    def load(name: str) -> None:
        if name not in trees or name in begun:
            return
        begun.add(name)
        load(name.rpartition(".")[0])
        for statement in trees[name].body:
            for imported in _imported(statement):
                load(imported)
        ordered[name] = None

    for name in names:
        load(name)
    return list(ordered)


def _imported(statement: ast.stmt) -> Iterator[str]:
    """Yield the names in an import statement that may be modules."""
    if isinstance(statement, ast.Import):
        yield from (alias.name for alias in statement.names)
    elif isinstance(statement, ast.ImportFrom) and statement.module:
        yield statement.module
        yield from (f"{statement.module}.{alias.name}" for alias in statement.names)


def _own(packages: Path) -> Iterator[tuple[str, Path]]:
    for file in packages.glob("vaultenv/**/*.py"):
        name = ".".join(file.relative_to(packages).with_suffix("").parts).removesuffix(".__init__")
        if not any(name == one or name.startswith(one + ".") for one in LEFT_OUT):
            yield name, file


def _standard_library() -> Iterator[tuple[str, Path]]:
    library = Path(encodings.__file__).parent.parent
    for name in STANDARD_LIBRARY:
        file = library.joinpath(*name.split("."))
        yield name, file / "__init__.py" if file.is_dir() else file.with_suffix(".py")


def _embedded(rows: list[str]) -> str:
    groups = range(len(LATER))
    return "\n".join(
        (
            '#include "imports.h"\n',
            *(
                f'static const char later_{number}[] = {{\n#embed "later-{number}.bin"\n}};'
                for number in groups
            ),
            "const struct module_group later_groups[] = {",
            *(
                f'    {{"{name}", later_{number}, sizeof later_{number}}},'
                for number in groups
                for name in LATER[number]
            ),
            "    {0},",
            "};",
            '_Alignas(16) static const unsigned char frozen_code[] = {\n#embed "frozen.bin"\n};',
            "struct _frozen frozen_modules[] = {",
            *rows,
            "    {0},",
            "};",
            'const char first_modules[] = {\n#embed "first.bin"\n};',
            "const Py_ssize_t first_modules_size = sizeof first_modules;\n",
        )
    )


if __name__ == "__main__":
    freeze(Path(sys.argv[1]), Path(sys.argv[2]), () if NONE_FIRST in sys.argv[3:] else NEARLY_ALWAYS)
