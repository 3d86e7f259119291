"""The one way in which data that cannot be used is reported."""

from __future__ import annotations


class BadData(ValueError):
    """A recording, a frame or a prepared file cannot be used: one sentence that says what, where and what to do."""

    def __init__(self, sentence: str) -> None:
        super().__init__(" ".join(str(sentence).split()))
