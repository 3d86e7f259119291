"""Several sequences in one volume: clocks, conflicts, and the way from the domain to the source."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from PIL import Image

from study.errors import Mistake
from study.exporting.choice import at_moments
from study.exporting.divisions import divisions
from study.exporting.ensemble import Ensemble
from study.exporting.formats.labels import LabelImages
from study.exporting.group import Group, Member
from study.exporting.mesh import surface
from study.exporting.moment import Movie
from study.exporting.space import Source, Space, domain_space
from trainables.shapes.measured import Measured
from trainables.shapes.readers.base import open_recording
from trainables.shapes.sequence import grid_points
from trainables.shapes.sphere import Sphere

SHAPE, VOXEL = (20, 40, 30), (2.0, 0.5, 1.0)


def space(centre: tuple[float, float, float], scale: float = 4.0) -> Space:
    """A domain around the physical position `centre` (z, y, x), `scale` physical units a domain unit."""
    affine = np.zeros((4, 4))
    for axis in range(3):
        affine[axis, 2 - axis] = scale / VOXEL[axis]
        affine[axis, 3] = centre[axis] / VOXEL[axis]
    affine[3, 3] = 1
    return Space(affine, SHAPE, VOXEL, (0.0, 0.0, 0.0), "µm")


def member(label: str, centre, frames: range, root: int, radius: float = 1.0) -> Member:
    where = space(centre)
    box = where.box()
    numbers = np.array(frames)
    source = Source(where, (numbers - numbers[0]) / (numbers[-1] - numbers[0]), numbers, "volume", root)
    fields = [lambda points, r=r: points[:, :3].norm(dim=1) - r for r in (radius, radius + 0.02)]
    return Member(label, Sphere(z1=0, z2=0), Ensemble(fields), where, box, where.points(box), source, [0.0, 1.0])


def moments(*members: Member, count: int = 7):
    movie = Movie(Group("volume", list(members), [i / (count - 1) for i in range(count)]), False, None)
    return movie, list(movie.moments())


def test_a_sphere_lies_where_the_affine_says_and_has_its_size():
    movie, found = moments(member("a", (20.0, 10.0, 15.0), range(7), 3))
    part = found[0].parts[0]
    z, y, x = (np.indices(SHAPE) * np.array(VOXEL)[:, None, None, None])[:, *part.member.box]
    expected = (z - 20) ** 2 + (y - 10) ** 2 + (x - 15) ** 2 < (4 * 1.01) ** 2
    np.testing.assert_array_equal(part.labels > 0, expected)
    assert part.row["volume"] == pytest.approx(expected.sum() * 1.0)
    assert part.row["surface_sd"] == pytest.approx(4 * 0.02 / np.sqrt(2), rel=1e-3)
    assert [(t.label, t.begin, t.end, t.parent) for t in movie.tracks] == [(3, 0, 6, 0)]
    assert part.member.space.scale == pytest.approx(4)


def test_sequences_keep_the_clock_of_their_source():
    early, late = member("a", (20.0, 5.0, 8.0), range(5), 1), member("b", (20.0, 15.0, 22.0), range(2, 7), 2)
    movie, found = moments(early, late)
    assert [[p.member.label for p in m.parts] for m in found] == [["a"], ["a"], *[["a", "b"]] * 3, ["b"], ["b"]]
    assert [p.row["frame"] for m in found for p in m.parts if p.member is late] == [2, 3, 4, 5, 6]
    assert [p.time for m in found for p in m.parts if p.member is late] == pytest.approx([0, 0.25, 0.5, 0.75, 1])
    assert [(t.label, t.begin, t.end) for t in movie.tracks] == [(1, 0, 4), (2, 2, 6)]
    np.testing.assert_allclose(movie.group.frame_axis(), np.arange(7))


def test_a_voxel_in_two_shapes_goes_to_the_deeper_one_and_to_it_alone():
    left, right = member("a", (20.0, 10.0, 12.0), range(7), 1, 1.2), member("b", (20.0, 10.0, 16.0), range(7), 2)
    _, found = moments(left, right, count=2)
    image = np.zeros((2, *SHAPE), dtype=int)
    for number, part in enumerate(found[0].parts):
        image[number][part.member.box] = part.labels > 0
    assert image.sum(axis=0).max() == 1
    x = np.arange(SHAPE[2])
    row = image[:, 10, 20]  # along the line through both centres
    depth = np.stack([4 * 1.21 - np.abs(x - 12), 4 * 1.01 - np.abs(x - 16)])
    expected = (depth > 1e-6) & (depth == depth.max(axis=0))
    np.testing.assert_array_equal(row.astype(bool), expected)


def test_two_sequences_are_written_to_one_image_each_with_its_label(tmp_path):
    import tifffile

    members = [member("a", (20.0, 5.0, 8.0), range(3), 5), member("b", (20.0, 15.0, 22.0), range(3), 7)]
    movie = Movie(Group("v", members, [0, 0.5, 1]), False, None)
    writer = LabelImages(tmp_path, movie, "", True)
    for moment in movie.moments():
        writer.add(moment)
    writer.close([])
    assert (tmp_path / "man_track.txt").read_text() == "5 0 2 0\n7 0 2 0\n"
    for number in range(3):
        image = tifffile.imread(tmp_path / f"man_track{number:03d}.tif")
        assert (image.shape, set(np.unique(image))) == (SHAPE, {0, 5, 7})
        with Image.open(tmp_path / f"man_track{number:03d}.tif") as opened:
            assert opened.n_frames == SHAPE[0]
    assert tifffile.imread(tmp_path / "spread000.tif").dtype == np.float32


def test_an_export_of_labels_is_read_back_with_the_same_voxel(tmp_path):
    movie = Movie(Group("v", [member("a", (20.0, 5.0, 8.0), range(3), 5)], [0, 0.5, 1]), False, None)
    writer = LabelImages(tmp_path, movie, "", False)
    for moment in movie.moments():
        writer.add(moment)
    writer.close([])
    reader = open_recording(tmp_path)
    assert reader.voxel_size() == pytest.approx(VOXEL)
    assert reader.said_voxel()[1] == "ImageJ metadata of man_track000.tif"
    assert [sequence.label for sequence in reader.sequences().all_usable()] == ["track-05"]


def divided(frames: range, shift: float = 0.0, seconds: float | None = None) -> Member:
    """A model that never comes apart, of a recording in which 3 becomes 17 and 23 by frame 4: halves of a ball."""
    one = member("lineage-03", (20.0, 10.0, 15.0), frames, 3)
    z, y, x = np.indices(SHAPE) * np.array(VOXEL)[:, None, None, None]
    inside = (z - 20) ** 2 + (y - 10) ** 2 + (x - 15 - shift) ** 2 < 16
    halves = np.where(inside, np.where(x < 15 + shift, 23, 17), 0)
    images = [(n, np.where(inside, 3, 0) if n < 4 else halves) for n in frames]
    tracks = ((3, frames[0], 3, 0), (17, 4, frames[-1], 3), (23, 4, frames[-1], 3))
    known = Measured.of([((0, 0, 0), image) for _, image in images])
    assert one.source is not None
    source = replace(one.source, tracks=tracks, measured=known, seconds=seconds)
    whole = (slice(0, SHAPE[0]), slice(0, SHAPE[1]), slice(0, SHAPE[2]))
    alone = Ensemble(one.ensemble.fields[:1])
    return replace(one, ensemble=alone, source=source, box=whole, points=one.space.points(whole))


def test_touching_daughters_keep_the_labels_of_the_recording():
    movie, found = moments(divided(range(7), shift=2.0), count=13)
    assert [part.row["labels"] for m in found for part in m.parts] == ["3"] * 8 + ["17 23"] * 5
    assert [(t.label, t.begin, t.end, t.parent) for t in movie.tracks] == [(3, 0, 7, 0), (17, 8, 12, 3), (23, 8, 12, 3)]
    between = found[9].parts[0]  # at frame 4.5: the model's ball, whose halves are where they are beside its own centre
    x = np.broadcast_to(np.arange(SHAPE[2]), SHAPE)
    inside = between.labels > 0
    np.testing.assert_array_equal(inside, between.volume.inside)
    assert (between.labels[inside & (x < 15)] == 23).all()
    assert (between.labels[inside & (x > 15)] == 17).all()


def test_what_the_recording_calls_a_division_and_what_the_shape_does_are_both_said():
    movie, found = moments(divided(range(7)), count=13)
    rows = [part.row for moment in found for part in moment.parts]
    (sentence,) = divisions(movie.group, rows)
    assert sentence == (
        "lineage-03: 3 divides into 17 and 23 by frame 4 of the recording, in the export by image 8 (frame 4); its "
        "exported shape never comes apart"
    )


def test_frames_are_the_models_when_that_is_wanted():
    movie = Movie(Group("v", [divided(range(7), shift=2.0)], [0.0, 1.0]), False, None, model_frames=True)
    ends = [moment.parts[0] for moment in movie.moments()]
    assert not any(part.row["measured"] for part in ends)
    assert np.argwhere(ends[0].labels > 0).mean(axis=0)[2] == pytest.approx(15, abs=0.1)


def test_seconds_are_written_and_read_back(tmp_path):
    from study.exporting.formats.ome_zarr import OmeZarr

    movie = Movie(Group("v", [divided(range(7), seconds=300.0)], [i / 12 for i in range(13)]), True, None)
    (tmp_path / "labels").mkdir()
    writers = [LabelImages(tmp_path / "labels", movie, "", False), OmeZarr(tmp_path, movie, "", False)]
    rows = []
    for moment in movie.moments():
        rows += [part.row["seconds"] for part in moment.parts]
        for writer in writers:
            writer.add(moment)
    for writer in writers:
        writer.close([])
    assert rows == [150.0 * i for i in range(13)]
    for path in (tmp_path / "labels", tmp_path / "sdf.ome.zarr"):
        reader = open_recording(path)
        assert (reader.seconds(), reader.voxel_size()) == (150.0, pytest.approx(VOXEL))


def test_times_that_are_not_evenly_apart_are_written_and_read_back(tmp_path):
    from study.exporting.formats.ome_zarr import OmeZarr

    movie = Movie(Group("v", [divided(range(7), seconds=300.0)], [0.0, 0.25, 1.0]), True, None)
    (tmp_path / "labels").mkdir()
    writers = [LabelImages(tmp_path / "labels", movie, "", False), OmeZarr(tmp_path, movie, "", False)]
    for moment in movie.moments():
        for writer in writers:
            writer.add(moment)
    for writer in writers:
        writer.close([])
    for path in (tmp_path / "labels", tmp_path / "sdf.ome.zarr"):
        assert open_recording(path).known_times() == {0: 0.0, 1: 450.0, 2: 1800.0}


def test_times_with_a_unit_are_those_of_the_recording():
    group = Group("v", [divided(range(2, 9), seconds=300.0)], [])
    assert at_moments("600s,0.25h,40min,1", group) == pytest.approx([0, 1 / 6, 1.0])
    with pytest.raises(Mistake, match="lies outside the sequence"):
        at_moments("5min", group)


def test_large_labels_are_kept(tmp_path):
    import tifffile

    one = divided(range(2))
    images = Measured.of([((0, 0, 0), np.full((1, 1, 1), 70000))] * 2)
    tracks = ((70000, 0, 1, 0),)
    one = replace(one, source=replace(one.source, tracks=tracks, measured=images))
    movie = Movie(Group("v", [one], [0.0, 0.4]), False, None)
    writer = LabelImages(tmp_path, movie, "", False)
    for moment in movie.moments():
        writer.add(moment)
    writer.close([])
    found = tifffile.imread(tmp_path / "man_track001.tif")
    assert set(np.unique(found)) == {0, 70000}
    assert open_recording(tmp_path).voxel_size() == pytest.approx(VOXEL)


def test_a_box_is_cut_by_the_volume_and_outside_it_is_nothing():
    assert space((20.0, 10.0, 15.0)).box()[1].start == 0
    box = space((20.0, -100.0, 15.0)).box()
    assert box[1].stop <= box[1].start


def test_physical_positions_are_those_of_the_voxels():
    where = space((20.0, 10.0, 15.0))
    box = where.box()
    index = np.stack(np.meshgrid(*[np.arange(s.start, s.stop) for s in box], indexing="ij"), -1).reshape(-1, 3)
    expected = (index * np.array(VOXEL))[:, ::-1]
    np.testing.assert_allclose(where.physical(where.points(box).reshape(-1, 3)), expected, atol=1e-4)
    assert not where.mirrored


def test_the_domains_own_space_is_its_grid():
    for dimension in (2, 3):
        where, axes = domain_space(9, dimension), range(dimension)
        assert where.box() == (slice(0, 9),) * dimension
        points = grid_points(9, dimension=dimension).numpy().transpose(*reversed(axes), dimension)
        np.testing.assert_allclose(where.points(where.box()), points, atol=1e-6)
        place = np.array([[1.0, -2.0, 0.5]])[:, :dimension]
        np.testing.assert_allclose(where.physical(place), place, atol=1e-9)
        assert where.scale == pytest.approx(1)
        assert not where.mirrored


def test_a_shape_that_the_domain_cuts_has_a_closed_mesh_with_faces_outwards():
    import trimesh

    for centre in (0.0, 3.0):
        sdf = (grid_points(40) - torch.tensor([centre, 0.0, 0.0])).norm(dim=-1) - 1.5
        mesh = surface(sdf.numpy())
        solid = trimesh.Trimesh(mesh.vertices, mesh.faces)
        assert solid.is_watertight
        full, cap = 4 / 3 * np.pi * 1.5**3, np.pi * 1.5**2 * (6 / 39) / 2
        assert solid.volume == pytest.approx(full if centre == 0 else full / 2 + cap, rel=0.01)
    assert surface(np.ones((8, 8, 8), dtype=np.float32)).empty
