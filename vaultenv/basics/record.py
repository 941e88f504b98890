"""Slotted values that compare by content: a frozen dataclass without its import cost."""


class Record:
    """Base of values that consist of their slots; not for secrets, because `repr` shows every slot."""

    __slots__: tuple[str, ...] = ()
    _names: tuple[str, ...] = ()

    def __init_subclass__(cls) -> None:
        """Add the slots of a subclass to those that it inherits."""
        cls._names = (*cls._names, *cls.__slots__)

    def _content(self) -> tuple[object, ...]:
        return tuple([getattr(self, name) for name in self._names])

    def __eq__(self, other: object) -> bool:
        return type(self) is type(other) and self._content() == other._content()

    def __hash__(self) -> int:
        return hash((type(self).__name__, self._content()))

    def __repr__(self) -> str:
        pairs = (f"{name}={getattr(self, name)!r}" for name in self._names)
        return f"{type(self).__name__}({', '.join(pairs)})"
