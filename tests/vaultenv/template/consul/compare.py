"""Compare many generated templates with consul-template: `python -m tests.vaultenv.template.consul.compare [COUNT [SEED]]`."""

import sys

from tests.vaultenv.template.consul.generator import Generator
from tests.vaultenv.template.consul.oracle import differences, running


def main(count: int = 20_000, seed: int = 1) -> int:
    """Print the templates that differ; return the exit status."""
    generator = Generator(seed)
    with running() as oracle:
        found = differences(oracle, (generator.source() for _ in range(count)))
    for source, theirs, mine in found[:20]:
        print(f"{source}\n  theirs {theirs}\n  ours   {mine}\n")
    print(f"{count} templates of seed {seed}: {len(found)} differ")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(*map(int, sys.argv[1:])))
