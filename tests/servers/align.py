"""Gives each Go module one version in all servers: `python -m tests.servers.align`, after a pin has changed.

The compiler's cache serves a package again only if all that the package imports has the same versions too: so Kubernetes'
client, gRPC and the like are compiled once instead of six times, and all servers in 10 minutes instead of 28.
"""

import os
import re
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

from tests.servers.programs import PINS
from tests.servers.toolchain import go

OWN = {
    # The driver implements the interface of this version, and no method that later ones have.
    ("csi-driver", "github.com/container-storage-interface/spec"),
    # containerd requires a later version than that of the tests' Kubernetes; few of their packages are compiled.
    ("containerd", "k8s.io/apimachinery"),
    ("containerd", "k8s.io/client-go"),
    ("containerd", "k8s.io/cri-api"),
    ("containerd", "k8s.io/cri-streaming"),
    ("containerd", "k8s.io/streaming"),
}
"""Pins that need another version of a module than the others."""
COMPARED = ("consul-template", "template")
"""Pins of programs whose output tests compare with ours: they have the versions of the originals, byte for byte."""

_REQUIRED = re.compile(r"^(?:require |\t)(\S+) (v\S+)(?: // indirect)?$", re.MULTILINE)
_REPLACED = re.compile(r"^\t?(?:replace )?(\S+) => \1 (v\S+)$", re.MULTILINE)
_HIGHER = re.compile(r"requires (\S+)@(\S+), not ")
_TURNS = 20

Versions = Mapping[str, str]


def main() -> int:
    """Raise the versions until all agree, and return the exit status."""
    higher: dict[str, str] = {}
    for _ in range(_TURNS):
        wanted = {module: max(found.values(), key=_order) for module, found in differing(PINS).items()}
        wanted |= {module: version for module, version in higher.items() if module in wanted}
        changes = {pin: _raised(_versions(PINS / pin), wanted, pin) for pin in _pins(PINS)}
        if not any(changes.values()):
            return 0
        for pin, modules in changes.items():
            if modules:
                print(f"{pin}: {' '.join(modules)}", flush=True)
                higher |= _get(PINS / pin, modules)
    print(f"no common versions were found: {wanted}", file=sys.stderr)
    return 1


def differing(pins: Path) -> dict[str, dict[str, str]]:
    """Return the modules that have several versions: the version by pin, without those of OWN."""
    found: dict[str, dict[str, str]] = {}
    for pin in _pins(pins):
        for module, version in _versions(pins / pin).items():
            if (pin, module) not in OWN:
                found.setdefault(module, {})[pin] = version
    return {module: versions for module, versions in found.items() if len(set(versions.values())) > 1}


def _pins(pins: Path) -> list[str]:
    return sorted({path.parent.name for path in pins.glob("*/go.mod")}.difference(COMPARED))


def _versions(pin: Path) -> Versions:
    text = (pin / "go.mod").read_text()
    return {**dict(_REQUIRED.findall(text)), **dict(_REPLACED.findall(text))}


def _raised(versions: Versions, wanted: Versions, pin: str) -> list[str]:
    """Return the arguments of `go get` for one pin."""
    return [
        f"{module}@{wanted[module]}"
        for module, version in versions.items()
        if module in wanted and (pin, module) not in OWN and _order(version) < _order(wanted[module])
    ]


def _get(pin: Path, modules: list[str]) -> dict[str, str]:
    """Raise the modules, or return the versions that other modules require instead."""
    environment = {**os.environ, "GOTOOLCHAIN": "local", "GOWORK": "off"}
    done = subprocess.run(
        [go(), "get", *modules], cwd=pin, env=environment, capture_output=True, text=True, check=False
    )
    higher = dict(_HIGHER.findall(done.stderr))
    if done.returncode and not higher:
        raise SystemExit(f"{pin.name}: {done.stderr}")
    return higher


def _order(version: str) -> tuple[list[int], bool, list[tuple[int, str]]]:
    """Return a key in the order of versions: https://semver.org/#spec-item-11, which Go's pseudo-versions follow."""
    core, _, pre = version[1:].removesuffix("+incompatible").partition("-")
    parts = [(int(part), "") if part.isdigit() else (sys.maxsize, part) for part in re.split(r"[.-]", pre)]
    return [int(number) for number in core.split(".")], not pre, parts


if __name__ == "__main__":
    sys.exit(main())
