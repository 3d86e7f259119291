"""Which networks are trained side by side, and of which sequences each is."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Network:
    """One of the networks that are trained side by side."""

    replicate: int
    sequences: tuple[int, ...]
    """Indices of its sequences among those of the configuration."""


def networks(replicates: int, sequences: int, shared: bool) -> list[Network]:
    """One network a replicate if it is `shared` by the sequences; one for each sequence, in order, if it is not."""
    if shared:
        return [Network(r, tuple(range(sequences))) for r in range(replicates)]
    return [Network(r, (n,)) for r in range(replicates) for n in range(sequences)]
