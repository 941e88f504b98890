"""The frozen modules: the launcher's code without types, in the order in which a start loads it."""

import ast
import subprocess
import sys

from vaultenv.native.build.freeze import (
    LATER,
    NEARLY_ALWAYS,
    WithoutTypes,
    import_order,
    lines_with_surrogates,
)
from vaultenv.native.build.link import ROOT


def parsed(**sources: str) -> dict[str, ast.Module]:
    return {name.replace("_", "."): ast.parse(text) for name, text in sources.items()}


def test_types_and_help_are_removed_and_the_rest_stays() -> None:
    typed = """
from __future__ import annotations
TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any
LIMIT: int = 3
class Pair:
    left: int
    def swap(self, *others: Any, deep: bool = False) -> Pair:
        found: list[int] = []
        return self if deep else Pair()
row: str = variable("NAME", line, removed=NEVER, help="a name")
"""
    plain = """
pass
TYPE_CHECKING = False
LIMIT = 3
class Pair:
    pass
    def swap(self, *others, deep=False):
        found = []
        return self if deep else Pair()
row = variable("NAME", line, removed=NEVER)
"""
    assert ast.dump(WithoutTypes().visit(ast.parse(typed))) == ast.dump(ast.parse(plain))


def test_a_text_that_marshal_cannot_load_without_codecs_is_found_by_its_line() -> None:
    assert lines_with_surrogates(ast.parse("a = '\\ud7ff\\ue000'\nb = ('x', f'{a}\\ud800')\n")) == [2]


def test_lines_of_errors_stay_where_they_are() -> None:
    tree = WithoutTypes().visit(ast.parse("x: int = 1\n\ny: int = 1 / 0\n"))
    try:
        exec(compile(tree, "source", "exec"), {})  # noqa: S102
    except ZeroDivisionError as error:
        assert error.__traceback__
        assert error.__traceback__.tb_next
        assert error.__traceback__.tb_next.tb_lineno == 3


def test_a_module_is_loaded_after_its_package_and_its_imports() -> None:
    trees = parsed(
        p="",
        p_a="from p import b\nimport sys",
        p_b="from p.c import thing\nfrom os import path",
        p_c="def f():\n    from p import d",
        p_d="",
    )
    assert import_order(trees, ["p.a"]) == ["p", "p.c", "p.b", "p.a"]


def own_trees() -> dict[str, ast.Module]:
    names = {
        ".".join(file.relative_to(ROOT).with_suffix("").parts): file for file in ROOT.glob("vaultenv/**/*.py")
    }
    return {
        name.removesuffix(".__init__"): WithoutTypes().visit(ast.parse(file.read_bytes()))
        for name, file in names.items()
    }


def test_the_order_is_that_in_which_python_finishes_the_imports() -> None:
    command = f"import {', '.join(NEARLY_ALWAYS)}"
    done = subprocess.run(
        [sys.executable, "-X", "importtime", "-c", command],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    finished = [line.rpartition("|")[2].strip() for line in done.stderr.splitlines()]
    trees = own_trees()
    assert import_order(trees, NEARLY_ALWAYS) == [name for name in finished if name in trees]


def test_modules_of_rare_starts_are_not_loaded_first() -> None:
    rare = (
        "vaultenv.agent",
        "vaultenv.process.interpreter",
        "vaultenv.process.supervise",
        "vaultenv.process.supervisor",
        "vaultenv.renewal",
        "vaultenv.template",
        "vaultenv.client.clouds",
        "vaultenv.native",
    )
    first = import_order(own_trees(), NEARLY_ALWAYS)
    assert not [name for name in first if name.startswith(rare)]


def test_modules_loaded_together_import_no_module_from_its_package() -> None:
    """`from package import module` needs Python's import system, a fifth of a start: write `import package.module`."""
    trees = own_trees()
    found = [
        f"{name}: from {statement.module} import {alias.name}"
        for name in import_order(trees, [*NEARLY_ALWAYS, *(root for roots in LATER for root in roots)])
        for statement in ast.walk(trees[name])
        if isinstance(statement, ast.ImportFrom)
        for alias in statement.names
        if f"{statement.module}.{alias.name}" in trees
    ]
    assert not found
