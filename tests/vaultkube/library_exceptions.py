"""The exceptions of the libraries under ours, each as an instance that a test can raise."""

import inspect
import json
import socket
from types import ModuleType
from typing import Any

import urllib3

REMOTE_TEXT = "text that the other side chose"
_CONSTRUCTOR_ARGUMENTS: dict[str, Any] = {
    "conn": None,
    "defects": [],
    "error": OSError(REMOTE_TEXT),
    "expected": 2,
    "host": "example.com",
    "length": b"1",
    "location": REMOTE_TEXT,
    "message": REMOTE_TEXT,
    "partial": 1,
    "pool": None,
    "reason": socket.gaierror(REMOTE_TEXT),
    "response": urllib3.HTTPResponse(),
    "scheme": "x",
    "unparsed_data": REMOTE_TEXT,
    "url": "/",
}


def exceptions_of(module: ModuleType) -> list[type[Exception]]:
    """Return the exception classes that the module defines, without warnings."""
    classes = {value for value in vars(module).values() if inspect.isclass(value)}
    found = [kind for kind in classes if issubclass(kind, Exception) and kind.__module__ == module.__name__]
    return sorted((kind for kind in found if not issubclass(kind, Warning)), key=lambda kind: kind.__name__)


def instance_of(kind: type[Exception]) -> Exception:
    """Return an instance; the test fails if the constructor has an argument that is not in the table above."""
    if issubclass(kind, json.JSONDecodeError):
        return kind(REMOTE_TEXT, REMOTE_TEXT, 0)
    parameters = list(inspect.signature(kind.__init__).parameters.values())[1:]
    required = [
        each.name
        for each in parameters
        if each.kind is each.POSITIONAL_OR_KEYWORD and each.default is each.empty
    ]
    unknown = sorted({*required} - _CONSTRUCTOR_ARGUMENTS.keys())
    assert not unknown, f"{kind.__module__}.{kind.__name__} needs {unknown}: add it to _CONSTRUCTOR_ARGUMENTS"
    return kind(*([_CONSTRUCTOR_ARGUMENTS[name] for name in required] or [REMOTE_TEXT]))
