"""Pages of a list: the number of objects in each is such that the answer has room, however large one author's objects are.

https://kubernetes.io/docs/reference/using-api/api-concepts/#retrieving-large-results-sets-in-chunks
"""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from vaultkube.errors import AnswerTooLong

Document = Mapping[str, Any]


def pages_of(most: int, read: Callable[[int, str], Document | None]) -> Iterator[Document]:
    """Yield the parts of a list, of at most so many objects; `read(limit, continue_)` returns one, None for no list.

    A part that is too long is read again with a quarter of the objects, down to one; then AnswerTooLong is raised.
    """
    limit, continue_ = most, ""
    while True:
        try:
            found = read(limit, continue_)
        except AnswerTooLong:
            if limit == 1:
                raise
            limit = max(limit // 4, 1)
            continue
        if found is None:
            return
        yield found
        continue_ = (found.get("metadata") or {}).get("continue") or ""
        if not continue_:
            return
        limit = min(2 * limit, most)
