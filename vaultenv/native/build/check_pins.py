"""`python -m vaultenv.native.build.check_pins`: compare the pins with the newest versions and known vulnerabilities.

Newer versions come from Debian (through a private apt) and the package index (through pip), vulnerabilities
from https://google.github.io/osv.dev/post-v1-querybatch/. The exit status is 0 if all is well, 1 if something
is newer or vulnerable, 2 if a source did not answer.
"""

import json
import re
import sys
import urllib.request
from collections.abc import Iterator, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from vaultenv.native.build.errors import BuildError
from vaultenv.native.build.pins import COMPONENTS, ZIG, Component, Wheel
from vaultenv.native.build.sources import debian_files
from vaultenv.native.build.tools import run

_OSV = "https://api.osv.dev/v1/querybatch"
_TIMEOUT_S = 30.0
_WELL, _FOUND, _NO_ANSWER = range(3)


def newer_in_debian(component: Component, names: Sequence[str]) -> list[str]:
    """Return a line for each pin that is older than the file names of Debian's newest source package."""
    pinned = {archive.name for archive in (component.archive, component.patches) if archive}
    kinds = (".orig.tar", ".debian.tar") if component.patches else (".orig.tar",)
    offered = [name for name in names if any(kind in name for kind in kinds) and not name.endswith(".asc")]
    return [
        f"{component.name} {component.version}: Debian has {name}" for name in offered if name not in pinned
    ]


def newer_in_index(wheel: Wheel, answer: str) -> list[str]:
    """Return a line if the pin is older than the answer of `pip index versions`."""
    newest = re.search(r"\((\S+)\)", answer)
    if not newest or newest[1] == wheel.version:
        return []
    return [f"{wheel.name} {wheel.version}: the package index has {newest[1]}"]


def osv_query(components: Sequence[Component], wheels: Sequence[Wheel]) -> dict[str, object]:
    """Return the query to OSV: components as Debian 13 packages of the pinned release, wheels as PyPI packages."""
    debian = [
        {"package": {"name": one.debian, "ecosystem": "Debian:13"}, "version": one.debian_version}
        for one in components
    ]
    index = [{"package": {"name": one.name, "ecosystem": "PyPI"}, "version": one.version} for one in wheels]
    return {"queries": [*debian, *index]}


def vulnerabilities(names: Sequence[str], answer: dict[str, Any]) -> list[str]:
    """Return a line for each component with known vulnerabilities; `names` are in the order of the queries."""
    found = (
        (name, [hole["id"] for hole in result.get("vulns", ())])
        for name, result in zip(names, answer["results"], strict=True)
    )
    return [f"{name} is vulnerable: {', '.join(holes)}" for name, holes in found if holes]


def _check_debian() -> Iterator[str]:
    with TemporaryDirectory() as folder:
        for component in COMPONENTS:
            yield from newer_in_debian(component, debian_files(component.debian, Path(folder)))


def _check_index() -> Iterator[str]:
    pip = [sys.executable, "-m", "pip", "index", "versions", "--disable-pip-version-check", ZIG.name]
    yield from newer_in_index(ZIG, run(pip, Path.cwd()))


def _check_osv() -> Iterator[str]:
    data = json.dumps(osv_query(COMPONENTS, (ZIG,))).encode()
    request = urllib.request.Request(_OSV, data, {"Content-Type": "application/json"})
    with urllib.request.urlopen(request, timeout=_TIMEOUT_S) as answer:  # noqa: S310
        names = [f"{one.name} {one.version}" for one in (*COMPONENTS, ZIG)]
        yield from vulnerabilities(names, json.load(answer))


def main() -> int:
    """Query every source, print the results, and return the exit status."""
    status = _WELL
    for check, place in ((_check_debian, "Debian"), (_check_index, "the package index"), (_check_osv, _OSV)):
        try:
            for line in check():
                print(line)
                status = max(status, _FOUND)
        except (OSError, ValueError, BuildError) as error:
            print(f"{place} could not be asked: {error}", file=sys.stderr)
            status = _NO_ANSWER
    if status == _WELL:
        print("everything that is compiled in is current and has no known vulnerability")
    return status


if __name__ == "__main__":
    sys.exit(main())
