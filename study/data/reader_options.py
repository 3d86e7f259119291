"""What the readers of recordings are told: the flags, and where they are kept, of every command that takes one."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, fields
from typing import Any

import click


@dataclass(frozen=True, kw_only=True)
class ReaderOptions:
    """None where the user gave nothing."""

    tracks: str | None = None
    voxel: str | None = None
    skip_bad: bool = False
    layout: str | None = None
    link: bool = False
    flat: bool = False
    pieces: str | None = None
    times: str | None = None

    def __post_init__(self) -> None:
        """Letters of axes may be written small."""
        if self.layout and not set(self.layout.upper()) - set("TZYXC"):
            object.__setattr__(self, "layout", self.layout.upper())

    def values(self) -> dict[str, Any]:
        """Name → value, of these alone."""
        return {entry.name: getattr(self, entry.name) for entry in fields(ReaderOptions)}


def flags(tracks: str, skip_bad: str) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """The flags, as a decorator of a command; what `--tracks` and `--skip-bad` choose among differs by command."""
    options = [
        click.option("--tracks", metavar="N,N,…", help=tracks),
        click.option(
            "--voxel", metavar="Z,Y,X", help="size of a voxel in µm, of a pixel Y,X  [default: by the files, or 1]"
        ),
        click.option(
            "--layout",
            metavar="AXES",
            help="HDF5: time-last or time-first; a TIFF that names its axes wrongly: TZYX, say",
        ),
        click.option(
            "--link", is_flag=True, help="number cells by their overlap from frame to frame, whatever their labels"
        ),
        click.option(
            "--flat", is_flag=True, help="a stack of few planes in the plane: each cell as it is seen along z"
        ),
        click.option(
            "--pieces", type=click.Choice(["largest", "all", "split"]), help="what to take of a label in several pieces"
        ),
        click.option(
            "--times", metavar="FILE", help="when the frames were taken: a time a line, or a frame and its time"
        ),
        click.option("--skip-bad", is_flag=True, help=skip_bad),
    ]

    def decorate(command: Callable[..., Any]) -> Callable[..., Any]:
        for option in reversed(options):
            command = option(command)
        return command

    return decorate
