"""Modules that libraries import with themselves and the provider does not use; on every node they would take 5 MiB."""

import sys
import warnings
from types import ModuleType
from typing import Any

_EMPTY: dict[str, dict[str, Any]] = {
    "asyncio": {},
    "grpc.aio": {},
    "html.entities": {"html5": {}},
    "importlib.metadata": {"version": None},
}
"""Modules with the names that are imported from them: asyncio and gRPC's half for it; entities, for the pages of http.server,
which prometheus-client imports; versions of packages, which urllib3 compares when its HTTP/2 is switched on.
"""


def leave_out_unused_modules() -> None:
    """Prevent their import; call it before that of the libraries.

    `charset_normalizer`, with which requests guesses encodings, counts as not installed: answers are read as bytes.
    """
    for name, content in _EMPTY.items():
        module = ModuleType(name)
        vars(module).update(content)
        sys.modules.setdefault(name, module)
    sys.modules["charset_normalizer"] = None  # type: ignore[assignment]
    warnings.filterwarnings("ignore", "Unable to find acceptable character detection dependency")
