"""Caches of pure functions' results for the life of the process, and the rule for them.

A cached argument stays in memory, readable in a core dump, long after its request. So an argument that may be secret is
never cached: `public` returns whether an argument cannot be secret. A long argument is not cached either, so that memory
is limited to `entries` times `longest`. Exceptions are not cached. A function has a cache only if that saves at least
5 % of a review; bench/README.md has the figures.
"""

from collections.abc import Callable, Sized
from functools import lru_cache
from typing import TypeVar, TypeVarTuple

Key = TypeVar("Key", bound=Sized)
Result = TypeVar("Result")
More = TypeVarTuple("More")


def anything(_key: object) -> bool:
    """Return True, for arguments that are never secret, such as quantities and the webhook's own annotations."""
    return True


def remember(
    function: Callable[[Key, *More], Result],
    *,
    public: Callable[[Key], bool],
    longest: int,
    entries: int,
    length: Callable[[Key], int] = len,
) -> Callable[[Key, *More], Result]:
    """Return the function with a cache of its last `entries` results, for public arguments of at most `longest`.

    Further arguments must not change the result: they have defaults, and are passed only to a call that is not cached.
    """
    remembered = lru_cache(entries)(function)

    def call(key: Key, /, *more: *More) -> Result:
        if length(key) <= longest and (public is anything or public(key)):
            return remembered(key)  # type: ignore[arg-type]  # a key of a cache is hashable
        return function(key, *more)

    return call
