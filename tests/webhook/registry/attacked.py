"""A process that reads images, all at once, and prints by how many MiB it grew at most: arguments CA_FILE IMAGE…

The first image is good and read before, so that what is loaded once is not counted.
"""

import sys
import threading
from collections.abc import Sequence

from tests.webhook.registry.memory_use import growth_mib
from vaultkube.deadline import Deadline
from vaultkube.errors import ImageNotRead
from webhook.registry.client import RegistryClient
from webhook.registry.query import ImageQuery
from webhook.registry.settings import RegistrySettings

BUDGET_S = 3.0


def main(ca_file: str, images: Sequence[str]) -> int:
    """Return the exit status: how many of the attacks were not refused."""
    environ = {"REGISTRY_CA_FILE": ca_file, "REGISTRY_PRIVATE_HOSTS": "127.0.0.1"}
    client = RegistryClient(RegistrySettings.from_environ(environ))
    client.fetch(ImageQuery(images[0]), Deadline(BUDGET_S))
    refused: list[str] = []

    def read(image: str) -> None:
        try:
            client.fetch(ImageQuery(image), Deadline(BUDGET_S))
        except ImageNotRead:
            refused.append(image)

    threads = [threading.Thread(target=read, args=(image,)) for image in images[1:]]
    with growth_mib() as growth:
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        print(growth())
    return len(images) - 1 - len(refused)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], sys.argv[2:]))
