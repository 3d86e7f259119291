"""The one way in which a user's mistake is reported."""

from __future__ import annotations


class Mistake(Exception):
    """Wrong input: one sentence that says what, where and what to do. Ends the program with exit status 2."""

    def __init__(self, sentence: str) -> None:
        super().__init__(" ".join(str(sentence).split()))


class Interrupted(Exception):
    """The run has stopped before its end; what was computed is safe, and the run can be resumed."""

    def __init__(self, status: int, reason: str = "") -> None:
        super().__init__(status, reason)
        self.status, self.reason = status, reason
