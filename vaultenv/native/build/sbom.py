"""The executable's bill of materials (CycloneDX 1.6) and the licences' texts, the same at each build.

https://cyclonedx.org/docs/1.6/json/
"""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

from vaultenv import __version__
from vaultenv.native.build.architecture import native
from vaultenv.native.build.interpreter import interpreter
from vaultenv.native.build.libraries import libraries
from vaultenv.native.build.pins import COMPONENTS, MUSL, ZIG, Component, Wheel
from vaultenv.native.build.sources import fix_names
from vaultenv.native.build.wheels import zig

_CVE = re.compile(r"CVE-\d+-\d+")
_RULE = "\n" + "=" * 100 + "\n\n"


def sbom() -> str:
    """Return the document as JSON; raise BuildError."""
    document = {
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "version": 1,
        "metadata": {
            "component": {
                "type": "application",
                "name": "vault-env",
                "version": __version__,
                "licenses": [{"expression": "Apache-2.0"}],
            }
        },
        "components": [*map(_of_component, COMPONENTS), *map(_of_wheel, (MUSL, ZIG))],
    }
    return json.dumps(document, indent=1) + "\n"


def _of_component(component: Component) -> dict[str, object]:
    return {
        "type": "library",
        "name": component.name,
        "version": component.version,
        "purl": f"pkg:generic/{component.name}@{component.version}",
        "cpe": component.cpe,
        "licenses": [{"expression": component.licence}],
        "hashes": [{"alg": "SHA-256", "content": component.archive.sha256}],
        "pedigree": {"patches": [_of_fix(name) for name in _fixes(component)]},
    }


def _of_fix(name: str) -> dict[str, object]:
    """Return the entry of a fix by Debian; the vulnerabilities are in its file name."""
    resolved = [{"type": "security", "id": found} for found in _CVE.findall(name)]
    return {"type": "backport", "diff": {"text": {"content": name}}, "resolves": resolved}


def _fixes(component: Component) -> list[str]:
    if not component.patches:
        return []
    with TemporaryDirectory() as folder:
        return fix_names(component, Path(folder))


def _of_wheel(wheel: Wheel) -> dict[str, object]:
    kind = "generic" if wheel == MUSL else "pypi"
    return {
        "type": "library",
        "name": wheel.name,
        "version": wheel.version,
        "purl": f"pkg:{kind}/{wheel.name}@{wheel.version}",
        "licenses": [{"expression": wheel.licence}],
        "hashes": [{"alg": "SHA-256", "content": content} for content in wheel.sha256],
    }


def licences() -> str:
    """Return the texts of all licences, each under a title; raise BuildError."""
    return _RULE.join(f"{title}\n\n{file.read_text().strip()}\n" for title, file in _licence_files())


def _licence_files() -> Iterator[tuple[str, Path]]:
    compiled = (interpreter(native()), libraries(native()))
    for component in COMPONENTS:
        file = next(file for folder in compiled if (file := folder / "licences" / component.name).exists())
        yield f"{component.name} {component.version}", file
    yield f"{MUSL.name} {MUSL.version}", zig().parent / "lib/libc/musl/COPYRIGHT"
    yield f"{ZIG.name} {ZIG.version} (compiler-rt, C library)", zig().parent / "LICENSE"
