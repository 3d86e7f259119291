"""What an export format keeps: whatever the sequences are, it writes them into its own folder."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest

from study.exporting.ensemble import Ensemble
from study.exporting.formats import Format, available
from study.exporting.group import Group, Member
from study.exporting.space import Source, Space, to_index
from study.exporting.writing import write
from trainables.shapes.sequence import PLANE, SPACE
from trainables.shapes.sphere import Sphere

if TYPE_CHECKING:
    from torch import Tensor

TIMES = [0.0, 0.5, 1.0]
SHAPE, VOXEL = (12, 24, 18), (3.0, 1.0, 1.5)
"""(z, y, x): voxels of the volume, and their size in µm; in the plane without the first."""


def _ball(points: Tensor, radius: float, grown: float) -> Tensor:
    return points[:, :-1].norm(dim=1) - radius - grown * points[:, -1]


def member(
    label: str, centre: tuple[float, float, float], frames: range, root: int, radius: float = 1.0, replicates: int = 2,
    dimension: int = SPACE,
) -> Member:  # fmt: skip
    """A cell around the physical position `centre` (z, y, x), of a radius in domain units, by unlike replicates."""
    shape, voxel = SHAPE[-dimension:], VOXEL[-dimension:]
    affine = to_index(voxel)
    affine[:-1, :-1] *= 4.0  # µm a domain unit
    affine[:-1, -1] = np.divide(centre[-dimension:], voxel)
    where = Space(affine, shape, voxel, (0.0,) * dimension, "µm")
    box, numbers = where.box(), np.array(frames)
    times = (numbers - numbers[0]) / (numbers[-1] - numbers[0])
    fields: list[Callable[[Tensor], Tensor]] = [
        partial(_ball, radius=radius + 0.02 * replicate, grown=0.1) for replicate in range(replicates)
    ]
    source = Source(where, times, numbers, "volume", root)
    ensemble, sphere = Ensemble(fields, dimension=dimension), Sphere(z1=0, z2=0, dimension=dimension)
    return Member(label, sphere, ensemble, where, box, where.points(box), source, [0.0, 1.0])


def groups(dimension: int = SPACE) -> list[Group]:
    """Two cells of one volume, the second of which begins later; and one that is not there at all."""
    both = [
        member("cell a", (18.0, 7.0, 9.0), range(3), 1, dimension=dimension),
        member("cell/b", (18.0, 17.0, 19.0), range(1, 3), 2, dimension=dimension),
    ]
    gone = member("c", (18.0, 9.0, 9.0), range(3), 1, -2.0, dimension=dimension)
    return [Group("volume", both, TIMES), Group("gone", [gone], TIMES)]


class FormatContract:
    """`kind` is a class of `study.exporting.formats.base.Format`."""

    def written(
        self, kind: type[Format], folder: Path, dimension: int, spread: bool = False, of: list[Group] | None = None
    ) -> Path:
        """The folder of an export in this format, of shapes of that dimension."""
        calls: list[None] = []
        chosen = groups(dimension) if of is None else of
        rows = write(
            chosen, [kind], {kind.name: folder}, title="none, sparse", record={"study": "s"}, spread=spread, grid=20,
            advance=lambda: calls.append(None),
        )  # fmt: skip
        assert len(calls) == sum(len(group.times) for group in chosen)
        assert rows
        return folder

    def test_it_is_found_by_its_name_and_has_a_line_for_the_help(self, kind: type[Format]) -> None:
        assert available().get(kind.name) is kind
        assert kind.summary
        assert len(kind.summary) < 90
        assert isinstance(kind.order, int | float)
        assert kind.dimensions
        assert kind.dimensions <= {PLANE, SPACE}

    def test_it_writes_every_group_into_a_folder_of_its_own(self, kind: type[Format], tmp_path: Path) -> None:
        for dimension in kind.dimensions:
            folder = self.written(kind, tmp_path / str(dimension) / "made", dimension)
            assert [path.name for path in folder.parent.iterdir()] == ["made"], "nothing lies elsewhere"
            assert {"spread.csv", "export.json", "volume"} <= {path.name for path in folder.iterdir()}
            files = [path for path in (folder / "volume").rglob("*") if path.is_file()]
            assert files
            assert all(path.stat().st_size for path in files)

    def test_with_the_spread_it_writes_no_less(self, kind: type[Format], tmp_path: Path) -> None:
        dimension = min(kind.dimensions)
        names = [
            {str(path.relative_to(made)) for path in made.rglob("*")}
            for made in (self.written(kind, tmp_path / str(spread), dimension, spread) for spread in (False, True))
        ]
        assert names[0] <= names[1]

    def test_one_replicate_and_one_time_are_enough(self, kind: type[Format], tmp_path: Path) -> None:
        for dimension in kind.dimensions:
            alone = member("alone", (18.0, 9.0, 9.0), range(2), 1, replicates=1, dimension=dimension)
            of = [Group("alone", [alone], [0.5])]
            folder = self.written(kind, tmp_path / str(dimension), dimension, spread=True, of=of)
            assert any(path.is_file() for path in (folder / "alone").rglob("*"))

    def test_labels_may_hold_anything(self, kind: type[Format], tmp_path: Path) -> None:
        labels = ["..", "=1+$\\frac{1}{$\x1b[2J\u202e/../x", "x" * 300]
        dimension = max(kind.dimensions)
        members = [member(label, (18.0, 9.0, 9.0), range(2), 1, dimension=dimension) for label in labels]
        of = [Group(f"g{number}", [one], [0.5]) for number, one in enumerate(members)]
        folder = self.written(kind, tmp_path / "odd", dimension, of=of)
        assert [path.name for path in tmp_path.iterdir()] == ["odd"], "nothing lies elsewhere"
        assert len(list(folder.iterdir())) == len(labels) + 2
        table = (folder / "spread.csv").read_text(encoding="utf-8")
        assert not {"\x1b", "\u202e"} & set(table)
        assert "'=1+" in table
        assert ",=1+" not in table

    def test_the_same_export_has_the_same_files(self, kind: type[Format], tmp_path: Path) -> None:
        dimension = min(kind.dimensions)
        once, again = (self.written(kind, tmp_path / name, dimension) for name in ("once", "again"))
        files = [sorted(path.relative_to(made) for path in made.rglob("*")) for made in (once, again)]
        assert files[0] == files[1]

    def test_an_interruption_leaves_nothing(self, kind: type[Format], tmp_path: Path) -> None:
        def stop() -> None:
            raise KeyboardInterrupt

        with pytest.raises(KeyboardInterrupt):
            write(
                groups(min(kind.dimensions)), [kind], {kind.name: tmp_path / "half"}, title="t", record={},
                spread=False, grid=20, advance=stop,
            )  # fmt: skip
        assert list(tmp_path.iterdir()) == []
