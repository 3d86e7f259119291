"""Values that `--set` of `python -m study.run` refuses, or that do not fit together."""

from __future__ import annotations

from tests.study.wrong_input.world import Cases

SETTINGS: Cases = {
    "unknown key": (
        ["bifurcation", "--set", "decoder.widht=1"],
        "there is no 'decoder.widht'; did you mean 'decoder.width'?",
    ),
    "a key like no other": (["bifurcation", "--set", "zzz=1"], "there is no 'zzz'; the nearest of "),
    "misspelt interpolant": (
        ["bifurcation", "--set", "anchor=mooved"],
        "is no interpolant 'mooved'; did you mean 'mov",
    ),
    "no value": (["bifurcation", "--set", "epochs"], "not of the form key=value"),
    "no time": (["bifurcation", "--set", "constraints.seconds=0"], "greater than 0"),
    "nothing but empty predictions": (["bifurcation", "--set", "constraints.empty=1"], "less than 1"),
    "a constraint that there is not": (["bifurcation", "--set", "constraints.hits=0"], "did you mean"),
    "wrong type": (["bifurcation", "--set", "epochs=many"], "--set epochs=many: input should be a valid integer"),
    "negative weight": (["bifurcation", "--set", "regularizers.sinkhorn.alpha=-1"], "greater than or equal to 0"),
    "negative gamma": (["bifurcation", "--set", "regularizers.barycenter.gamma=-0.5"], "greater than or equal to 0"),
    "grid of one": (["bifurcation", "--set", "regularizers.sinkhorn.grid=1"], "greater than or equal to 2"),
    "unknown backend": (
        ["bifurcation", "--set", "regularizers.sinkhorn.backend=keops"],
        "input should be 'auto', 'plain' or 'geomloss'",
    ),
    "no list of sequences": (["bifurcation", "--set", "sequences=5"], "not a list of shape sequences"),
    "no mapping": (["bifurcation", "--set", "regularizers=5"], "not a mapping from regularizer"),
    "nan": (["bifurcation", "--set", "learning_rate=NaN"], "--set learning_rate=NaN"),
    "epochs within the warm-up": (["bifurcation", "--set", "epochs=50"], "end before its regularizers begin"),
    "a grid between whose points a shape falls": (
        ["spheres", "--set", "evaluation_grid=8"],
        "sphere z1=+1 z2=-0.5 has no voxel at time 0.7 on the grid of 8³ points",
    ),
    "a population of one": (
        ["population-division", "--preset", "smoke", "--set", "known_at_most=1"],
        "--set known_at_most=1: input should be greater than or equal to 2",
    ),
    "one fold and nobody to learn from": (
        ["population-division", "--preset", "smoke", "--set", "population=[]", "--set", "fold_count=1"],
        "a new sequence has 0 to learn from",
    ),
    "a new sequence among those to learn from": (
        ["population-division", "--preset", "smoke", "--set", 'population=[{"name": "division", "seed": 5000}]'],
        "the population's division-5000 is the new sequence division-5000, which would be predicted from itself",
    ),
    "a population of shapes of another dimension": (
        ["population-division", "--preset", "smoke", "--set", 'population=[{"name": "bifurcation", "dimension": 2}]'],
        "a shape in the plane teaches nothing about one in space",
    ),
    "new frames before the population is known": (
        ["population-division", "--preset", "smoke", "--set", "known_from=0.2"],
        "new sequences have a frame at time 0, and the population is known from 0.2 to 1",
    ),
    "no dimension of shapes": (["bifurcation", "--set", "dimension=4"], "shapes have dimension 2 or 3; choose one"),
    "shapes in space alone": (
        ["growth", "--set", "dimension=2"],
        "study growth has shapes of dimension 3 alone; choose among bifurcation, bifurcations",
    ),
    "volumes from images, in the plane": (
        ["red-blood-cells", "--set", "dimension=2"],
        "--set dimension=2: study red-blood-cells has images, and no dimension to choose",
    ),
    "cavities in the plane": (
        [
            "bifurcation",
            "--methods",
            "topology",
            "--set",
            "dimension=2",
            "--set",
            "regularizers.topology.dimensions=[2]",
        ],
        "shapes in the plane have no cavities; choose 0 or 1",
    ),
    "unknown norm": (
        ["bifurcation", "--set", "regularizers.temporal-smoothness.norm=cubic"],
        "should be 'squared' or 'total-variation'",
    ),
    "negative strength": (
        ["spheres", "--set", "regularizers.temporal-smoothness.strength=-1"],
        "temporal-smoothness.strength=-1: input should be greater than or equal to 0",
    ),
    "difference of a whole sequence": (
        ["spheres", "--set", "regularizers.temporal-smoothness.step=1"],
        "temporal-smoothness.step=1: input should be less than or equal to 0.1",
    ),
    "a fourth dimension": (
        ["bifurcation", "--methods", "topology", "--set", "regularizers.topology.dimensions=[0,3]"],
        "topology.dimensions=[0,3]: choose one or more of 0, 1 and 2, each once",
    ),
    "unknown interpolant": (["bifurcation", "--set", "anchor=magic"], "anchor=magic: there is no interpolant 'magic'"),
    "unknown part of an interpolant": (
        ["cells", "--set", "anchor=moved+magic"],
        "anchor=moved+magic: there is no interpolant 'magic'; choose among",
    ),
    "interpolants that do not combine": (
        ["bifurcation", "--set", "anchor=linear+spline"],
        "linear and spline both say how frames are weighted in time: keep one of them",
    ),
    "a number as an interpolant": (["spheres", "--set", "anchor=5"], "--set anchor=5: input should be a valid string"),
    "a regularizer without a base": (
        ["future-work-spheres", "--set", "anchor=moved"],
        "cross-sequence-barycenter asks for shapes between two sequences, which have no base: leave it out, or set",
    ),
    "a file for the images": (
        ["red-blood-cells", "--set", "file=nonsense"],
        "--set file=nonsense: file follows from the data; name others with --data",
    ),
    "other windows": (
        ["sliding-sand", "--set", "windows=[]"],
        "--set windows=[]: windows follows from the data; name others with --data",
    ),
    "shared in words": (["bifurcations", "--set", "shared=maybe"], "--set shared=maybe: input should be a valid bool"),
    "the searched member left out": (
        ["bifurcations", "--set", 'sequences=[{"name":"bifurcation","member":5}]'],
        "the search is to see 'bifurcation-00', which is not among bifurcation-05",
    ),
    "one sequence twice": (
        ["spheres", "--set", 'sequences=[{"name":"sphere","z1":1,"z2":0},{"name":"sphere","z1":1,"z2":0}]'],
        "'sphere z1=+1 z2=+0' is there twice",
    ),
    "unseen and in training": (
        ["latent-generalization", "--set", 'unseen=[{"name":"sphere","z1":1,"z2":0.5}]'],
        "'sphere z1=+1 z2=+0.5' is there twice",
    ),
    "nothing unseen": (["latent-generalization", "--set", "unseen=[]"], "--set unseen=[]: list should have at least 1"),
    "a sphere outside": (
        ["latent-generalization", "--set", 'unseen=[{"name":"sphere","z1":4,"z2":0}]'],
        "the sphere with z1 = 4.0, z2 = 0.0 leaves the domain",
    ),
    "a radius of zero": (
        ["spheres", "--set", 'sequences=[{"name":"sphere","z1":1,"z2":-1}]'],
        "input should be greater than -1",
    ),
    "unknown sequence": (["spheres", "--set", 'sequences=[{"name":"cube"}]'], "there is no shape sequence 'cube'"),
    "a long direction": (
        ["bifurcation", "--set", 'sequences=[{"name":"bifurcation","direction":[2,0,0]}]'],
        "a direction has length 1, not 2",
    ),
    "no code epochs": (["latent-generalization", "--set", "code_epochs=0"], "code_epochs=0: input should be greater"),
    "one fitting time": (
        ["latent-generalization", "--set", "code_fitting_times=1"],
        "code_fitting_times=1: input should be greater than or equal to 2",
    ),
    "more fitting points than candidates": (
        ["latent-generalization", "--set", "code_fitting_points=5000"],
        "code_fitting_points=5000: input should be less than or equal to 1024",
    ),
    "fitting rate in words": (
        ["latent-generalization", "--set", "code_fitting_rate=fast"],
        "code_fitting_rate=fast: input should be a valid number",
    ),
    "no key": (["bifurcation", "--set", "=5"], "--set =5: not of the form key=value"),
    "infinite": (["bifurcation", "--set", "learning_rate=Infinity"], "--set learning_rate=Infinity"),
    "more processors than there are": (
        ["bifurcation", "--set", "resources.cpus=4096"],
        "resources.cpus = 4096: this",
    ),
    "nothing to leave out": (
        ["bifurcation", "--set", "validation=left-out"],
        "supervision sparse shows 2 frames, of which the search can leave out none; at least 3 must be shown",
    ),
    "no sequences for the search": (["cells", "--set", "validation=other-sequences"], "choose left-out or between"),
    "a search beside its own sequences": (["bifurcations", "--set", "validation=between"], "leave it at other-sequen"),
    "judged within the warm-up": (["bifurcation", "--set", "pruning.first_epoch=10"], "pruning.first_epoch = 10 lies"),
}
