"""Builds the static executable: `python -m vaultenv.native.build.build [amd64|arm64] [--output FILE]`."""

import argparse
import shutil
import sys
import time
from collections.abc import Collection
from pathlib import Path
from tempfile import TemporaryDirectory

from vaultenv.native.build.architecture import ARCHITECTURES, Architecture, native
from vaultenv.native.build.cache import cache, say
from vaultenv.native.build.errors import BuildError
from vaultenv.native.build.link import OPTIONAL, ROOT, link
from vaultenv.native.build.sbom import licences, sbom


def build(architecture: Architecture, output: Path, without: Collection[str] = ()) -> None:
    """Write the executable to `output`, in one step, with its bill of materials and licences beside it; raise
    BuildError.
    """
    started = time.monotonic()
    with TemporaryDirectory(dir=cache(), prefix="link-") as work:
        made = link(architecture, Path(work), without=without)
        output.parent.mkdir(parents=True, exist_ok=True)
        partial = output.with_name(f".{output.name}.partial")
        shutil.copyfile(made, partial)
        partial.chmod(0o555)
        partial.rename(output)
    output.with_name(f"{output.name}.cdx.json").write_text(sbom())
    output.with_name(f"{output.name}.licences.txt").write_text(licences())
    size_mb = output.stat().st_size / 1e6
    say(f"built {output} for {architecture.name}: {size_mb:.1f} MB, {time.monotonic() - started:.0f} s")


def main(arguments: list[str] | None = None) -> int:
    """Parse the command line, build, print where the file is, and return the exit status."""
    parser = argparse.ArgumentParser(
        prog="build-launcher", description="Builds vault-env as one static file."
    )
    parser.add_argument("architecture", nargs="?", choices=ARCHITECTURES, default=native().name)
    parser.add_argument(
        "--output", type=Path, help="the file to write (default: build/ARCHITECTURE/vault-env)"
    )
    parser.add_argument(
        "--without",
        action="append",
        choices=OPTIONAL,
        default=[],
        help="leave out a part that only makes a start faster; may be repeated",
    )
    options = parser.parse_args(arguments)
    output = options.output or ROOT / "build" / options.architecture / "vault-env"
    try:
        build(ARCHITECTURES[options.architecture], output, options.without)
    except BuildError as error:
        say(str(error))
        return 1
    print(output)
    return 0


if __name__ == "__main__":
    sys.exit(main())
