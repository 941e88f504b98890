"""The process that holds a node until it ends: `python -m tests.cluster.holder FOLDER product|bare`."""

import json
import os
import signal
import sys
from pathlib import Path
from typing import Any

from tests.cluster.builder import product_image
from tests.cluster.node import Node
from tests.cluster.product import Product, provide_for_examples


def main(folder: Path, what: str) -> int:
    """Start a node, write its facts to `facts.json`, and hold it until SIGTERM or SIGINT; return the exit status."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    node = None
    try:
        images = [product_image(target) for target in ("webhook", "vault-env")] if what == "product" else []
        node = Node(folder)
        if images:
            with node.network():
                provide_for_examples(Product(node, folder / "product", *images))
        unfinished = folder / "facts.unfinished"
        unfinished.write_text(json.dumps(facts(node), indent=1))
        unfinished.rename(folder / "facts.json")
        while True:
            signal.pause()
    except KeyboardInterrupt:
        return 0
    finally:
        if node:
            node.stop()


def facts(node: Node) -> dict[str, Any]:
    """Return the process ids and the cgroup of the node, and the environment of its programs."""
    return {
        "holder": os.getpid(),
        "init": node.namespaces.pid,
        "group": node.namespaces.group,
        "environment": {
            "KUBECONFIG": str(node.cluster.kubeconfig),
            "VAULT_ADDR": node.vault.address,
            "VAULT_CACERT": str(node.vault.ca_file),
            "VAULT_TOKEN": node.vault.token,
            "REGISTRY": node.registry.host,
            "REGISTRY_CA_FILE": str(node.registry.endpoint.ca_file),
        },
    }


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), sys.argv[2]))
