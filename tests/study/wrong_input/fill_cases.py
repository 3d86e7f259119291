"""Wrong input of `python -m study.fill`, in the folder that `world.make` fills."""

from __future__ import annotations

from tests.study.wrong_input.world import GOOD, OF, Cases

FILL: Cases = {
    "a name of two words": (["data/swapped.npz", "--name", "my run"], "--name my run: a name has up to 60"),
    "no recording": ([], "RECORDING is missing: name a file or folder"),
    "absent recording": (["nowhere"], "RECORDING nowhere: there is no such file or folder"),
    "no such format": (["a-file"], "not a recording that can be read; give one of"),
    "a microscope's own file": (["data/raw.lif"], "files .lif are not read; save the labels of its cells as TIFF"),
    "the images beside masks": (["data/segmented"], "not a recording itself, but masks in it may be one; name "),
    "one file in a folder": (["data/images"], "if its 3 planes are frames, name the file itself, "),
    "a plate of two images": (["data/plate.zarr"], "it holds the images A/1/0, A/2/0; name one, as "),
    "frames in MATLAB's files, in any order": (["data/matlab"], "--layout YXZ (6 planes) or --layout ZYX (4 planes)"),
    "nothing labelled": (["data/empty.npz"], "there is no track in it"),
    "numbers that follow no cell": (["data/swapped.npz"], "numbers do not follow cells"),
    "several pieces": (["data/pieces.npz"], "is in several pieces, of which all but the largest"),
    "grey values": (["data/noise.npz"], "look like grey values"),
    "a torn table": (["data/challenge"], "RECORDING "),
    "a torn file": (["data/torn.npz"], "cannot be read as .npz"),
    "two voxel sizes": (
        ["data/swapped.npz", "--link", "--voxel", "1,2"],
        "--voxel 1,2 has 2 sizes, but its frames have the axes z, y, x",
    ),
    "the planes of one volume": (["data/one-volume"], "its files are the planes of one volume"),
    "times of two days": (["data/midnight"], "00h10m to 23h50m, may be of two days"),
    "folders of planes or of films": (["data/stacks"], "may be frames of planes, or recordings of frames; say that"),
    "volumes and planes": (["data/mixed"], "t1.tif (frame 1): (8, 8) voxels, but "),
    "a plane seen along z": (["data/plane.npy", "--flat"], "its frames have the axes y, x already; leave --flat out"),
    "three voxel sizes in the plane": (
        ["data/plane.npy", "--voxel", "1,1,1"],
        "--voxel 1,1,1 has 3 sizes, but its frames have the axes y, x; give 2",
    ),
    "a volume's format in the plane": (
        ["data/plane.npy", "--format", "ply"],
        "--format ply: it is of shapes in space, and these are in the plane; choose among labels, ome-zarr, gif",
    ),
    "outlines of volumes": (
        ["data/swapped.npz", "--link", "--format", "geojson"],
        "--format geojson: it is of shapes in the plane, and these are in space",
    ),
    "tracks in words": (["data/swapped.npz", "--tracks", "first"], "--tracks first: not track numbers"),
    "no such track": (["data/swapped.npz", "--link", "--tracks", "99"], "there is no track 99"),
    "no frames between": (["data/swapped.npz", "--between", "0"], "--between"),
    "minutes that are no number": (["data/swapped.npz", "--minutes", "nan"], "--minutes nan: not a number of minutes"),
    "no minutes": (["data/swapped.npz", "--minutes", "0"], "--minutes"),
    "times in words": (["data/swapped.npz", "--link", "--at", "noon"], "--at noon: not a list of times"),
    "a time outside": (["data/swapped.npz", "--link", "--at", "1.5,7"], "--at 1.5,7: 7 lies outside of the labelled"),
    "seconds that nobody knows": (
        ["data/swapped.npz", "--link", "--at", "1500s"],
        "--at 1500s: the recording does not say how many seconds",
    ),
    "one time twice": (["data/swapped.npz", "--link", "--at", "1.5,1.5"], "two times are closer"),
    "times and a number": (
        ["data/swapped.npz", "--link", "--at", "1.5", "--between", "2"],
        "--between and --at were both given",
    ),
    "absent times": (["data/swapped.npz", "--times", "nowhere"], "--times "),
    "unknown layout": (["data/swapped.npz", "--layout", "upside-down"], "--layout"),
    "unknown pieces": (["data/swapped.npz", "--pieces", "some"], "--pieces"),
    "unknown rule": (["data/swapped.npz", "--rule", "magic"], "--rule magic: there is no interpolant 'magic'"),
    "rules that do not combine": (["data/swapped.npz", "--rule", "linear+spline"], "--rule linear+spline: linear and"),
    "unknown method": (
        ["data/swapped.npz", "--methods", "anchored+sinkhron"],
        "--methods anchored+sinkhron: there is no 'anchored+sinkhron' that fills frames; did you mean",
    ),
    "a network by itself": (
        ["data/swapped.npz", "--methods", "sinkhorn"],
        "--methods sinkhorn: there is no 'sinkhorn'",
    ),
    "unknown key": (["data/swapped.npz", "--set", "epochz=3"], "--set epochz=3: there is no 'epochz'; did you mean"),
    "a key of what does not compete": (
        ["data/swapped.npz", "--set", "epochs=3"],
        "--set epochs=3: epochs changes nothing of what competes here",
    ),
    "no key": (["data/swapped.npz", "--set", "epochs"], "--set epochs: not of the form key=value"),
    "a competition of one rule": (
        ["data/swapped.npz", "--rule", "moved", "--methods", "moved-blend"],
        "--rule moved is taken without a competition",
    ),
    "a configuration without an end": (["--config", "configurations/bomb.yaml"], "with its aliases written out"),
    "absent configuration": (["--config", "nowhere.yaml"], "--config nowhere.yaml: cannot be read"),
    "output in a file": (["data/swapped.npz", "--output", "a-file/x"], "a-file is a file"),
    "output in a store": (["data/swapped.npz", "--output", "memory://x"], "frames are written to a local disk"),
    "nothing to resume": (["--resume", "last", "--output", "a-folder"], "there is no run of fill in a-folder"),
    "another kind of run": (["--resume", f"{OF}{GOOD}"], "is not that of a run of study.fill"),
    "tracking of unknown scheme": (["data/swapped.npz", "--tracking-uri", "ftp://x"], "'ftp://x' has the unknown"),
    "unknown option": (["--tirals"], "--tirals"),
}
