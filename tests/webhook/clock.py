"""A clock that only a test moves."""


class Clock:
    """Returns its time when called."""

    def __init__(self) -> None:
        self.now_s = 1000.0

    def __call__(self) -> float:
        return self.now_s
