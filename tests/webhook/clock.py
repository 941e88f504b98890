"""A clock that stands still until a test moves it."""


class Clock:
    """Called, it gives the time."""

    def __init__(self) -> None:
        self.now_s = 1000.0

    def __call__(self) -> float:
        return self.now_s
