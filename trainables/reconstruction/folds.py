"""Cross-validation: which images are set aside for the search, and in which fold each image is held out.

The images of each class are shuffled and dealt one by one, so that any two folds differ by at most one image in size,
and by at most one in each class. In the confirmation, with F folds, a replicate that holds out fold f trains on all
but two folds, stops and ranks on fold f + 1 (`validation`), and is scored on fold f (`test`): with five folds
60/20/20 %, and each image is tested by F⁻¹ of the replicates. The images of the search are never seen there; the search
has folds of its own among them, and holds one out as `validation`.
"""

from __future__ import annotations

import random
from collections.abc import Sequence

from pydantic import Field

from trainables.configuration import Configuration
from trainables.shapes.timeline import Role


class Member(Configuration):
    """An image of the data and its place in the cross-validation."""

    label: str
    kind: str = Field(description="its class")
    aside: bool = Field(description="whether it is set aside for the search, and so left out of the confirmation")
    fold: int = Field(ge=0, description="the fold that holds it out, among those set aside or among the others")


def assigned(
    labels: Sequence[str], kinds: Sequence[str], aside: int, search_folds: int, folds: int, seed: int = 0
) -> list[Member]:
    """Every image in order, `aside` of them set aside, each class in proportion (largest remainders).

    Raises ValueError where there would be fewer images than folds, in the search or in the confirmation.
    """
    if aside < search_folds or len(labels) - aside < folds:
        raise ValueError(
            f"{len(labels)} images are too few for {search_folds} folds of {aside} and {folds} of the rest"
        )
    generator = random.Random(seed)
    shuffled = {kind: [label for label, k in zip(labels, kinds, strict=True) if k == kind] for kind in sorted({*kinds})}
    for members in shuffled.values():
        generator.shuffle(members)
    shares = _shares({kind: len(members) for kind, members in shuffled.items()}, aside)
    first = [label for kind, members in shuffled.items() for label in members[: shares[kind]]]
    others = [label for kind, members in shuffled.items() for label in members[shares[kind] :]]
    fold = {label: place % search_folds for place, label in enumerate(first)}
    fold |= {label: place % folds for place, label in enumerate(others)}
    return [
        Member(label=label, kind=kind, aside=label in set(first), fold=fold[label])
        for label, kind in zip(labels, kinds, strict=True)
    ]


def _shares(sizes: dict[str, int], total: int) -> dict[str, int]:
    """`total` divided in proportion to `sizes`, in whole numbers."""
    exact = {kind: total * size / sum(sizes.values()) for kind, size in sizes.items()}
    shares = {kind: int(share) for kind, share in exact.items()}
    for kind in sorted(exact, key=lambda kind: (shares[kind] - exact[kind], kind))[: total - sum(shares.values())]:
        shares[kind] += 1
    return shares


def taking_part(members: Sequence[Member]) -> list[Member]:
    """Those that a trial uses: the ones not set aside; where all are (in the search), all."""
    return [member for member in members if not member.aside] or list(members)


def count(members: Sequence[Member]) -> int:
    """How many folds a trial has."""
    return 1 + max(member.fold for member in taking_part(members))


def role(member: Member, held_out: int, members: Sequence[Member]) -> Role:
    """What an image that takes part is used for where fold `held_out` is held out."""
    if all(other.aside for other in members):
        return "validation" if member.fold == held_out else "train"
    if member.fold == held_out:
        return "test"
    return "validation" if member.fold == (held_out + 1) % count(members) else "train"
