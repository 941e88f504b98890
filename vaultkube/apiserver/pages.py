"""Pages of a list, with fewer objects in a page if they are large, so that every answer stays below its size limit.

https://kubernetes.io/docs/reference/using-api/api-concepts/#retrieving-large-results-sets-in-chunks
"""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from vaultkube.errors import AnswerTooLong

Document = Mapping[str, Any]


def pages_of(most: int, read: Callable[[int, str], Document | None]) -> Iterator[Document]:
    """Yield the pages of a list, of at most `most` objects; `read(limit, continue_)` returns a page, or None for no list.

    A page that is too long is read again with a quarter of the objects, down to one; then AnswerTooLong is raised.
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
