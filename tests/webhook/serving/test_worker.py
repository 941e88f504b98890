"""The names of gunicorn that our worker uses: each must exist, and each must be listed."""

import ast
import inspect
from types import ModuleType

import pytest
from gunicorn import http, sock
from gunicorn.workers import gthread

from webhook.serving import worker

GONE = "gunicorn's {} has no {} any more: read webhook/serving/worker.py against the new gthread before allowing it"


SOURCE = inspect.getsource(gthread.base) + inspect.getsource(gthread)


@pytest.mark.parametrize("name", worker.OVERRIDDEN)
def test_a_method_that_is_overridden_exists(name: str) -> None:
    assert callable(getattr(gthread.ThreadWorker, name, None)), GONE.format("ThreadWorker", name)


@pytest.mark.parametrize("name", worker.USED)
def test_an_attribute_of_the_worker_exists(name: str) -> None:
    known = hasattr(gthread.ThreadWorker, name) or f"self.{name} = " in SOURCE
    assert known, GONE.format("ThreadWorker", name)


@pytest.mark.parametrize("name", worker.USED_OF_CONNECTIONS)
def test_an_attribute_of_a_connection_exists(name: str) -> None:
    known = hasattr(gthread.TConn, name) or f"self.{name} = " in inspect.getsource(gthread.TConn)
    assert known, GONE.format("TConn", name)


@pytest.mark.parametrize(("module", "name"), [(http, "get_parser"), (sock, "ssl_wrap_socket")])
def test_a_function_that_begins_a_connection_exists(module: ModuleType, name: str) -> None:
    assert callable(getattr(module, name, None)), GONE.format(module.__name__, name)


def test_every_name_that_the_worker_uses_is_listed() -> None:
    tree = ast.parse(inspect.getsource(worker))
    own = {
        *vars(worker.Worker),
        "strangers",
        "_coming",
        "_strangers_threads",
        "_handshake_thread",
        "_reviewer",
        "_callers",
    }
    used = {
        (owner.id, node.attr)
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute) and isinstance(owner := node.value, ast.Name)
    }
    assert {name for owner, name in used if owner == "self"} <= {*worker.USED, *own}
    assert {name for owner, name in used if owner == "conn"} <= {*worker.USED_OF_CONNECTIONS, "incoming"}
    overridden = vars(worker.Worker).keys() & vars(gthread.ThreadWorker).keys() - {
        "__init__",
        "__doc__",
        "__module__",
    }
    assert overridden | {"load_wsgi"} == {*worker.OVERRIDDEN}
