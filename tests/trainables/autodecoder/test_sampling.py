"""What a training step compares: the baseline's batches, the code penalty's reduction."""

import pandas as pd
import pytest
import torch

from trainables.autodecoder.autodecoder import Autodecoder
from trainables.autodecoder.configuration import AutodecoderConfiguration, DecoderConfiguration
from trainables.autodecoder.sampling import batches
from trainables.shapes.sphere import training_spheres
from trainables.shapes.timeline import Timeline

DENSE = Timeline.shown({0, 1, 2, 3, 4}, 4)
SPARSE = Timeline.shown({0, 4}, 4)


def opened(timeline: Timeline = SPARSE, seeds=(1, 2), **changes) -> Autodecoder:
    fields = {
        "sequences": training_spheres(),
        "decoder": DecoderConfiguration(layers=3, width=16, code_layers=[2]),
        "points_per_frame": 128,
        "learning_rate": 1e-3,
    }
    configuration = AutodecoderConfiguration(**(fields | changes)).model_dump(mode="json")
    return Autodecoder(configuration, timeline, list(seeds), torch.device("cpu"))


@pytest.mark.parametrize(("frames", "steps"), [(2, 2), (5, 4)])
def test_a_batch_is_five_frames_of_any_sequence(frames, steps):
    found = batches(4, frames, 5, epoch=3)
    assert len(found) == steps
    assert all(len(batch) == 5 for batch in found[:-1])
    assert sorted(item for batch in found for item in batch) == [(n, f) for n in range(4) for f in range(frames)]
    assert len({n for n, _ in found[0]}) > 1
    assert found != batches(4, frames, 5, epoch=4)


@pytest.mark.parametrize(("timeline", "shared", "steps"), [(SPARSE, True, 2), (DENSE, True, 4), (DENSE, False, 1)])
def test_an_epoch_takes_as_many_steps_as_the_baselines(timeline, shared, steps):
    model = opened(timeline, shared=shared)
    model.train_epoch()
    counts = {int(state["step"]) for state in model.optimiser.state.values()}
    assert counts == {steps}


def test_every_frame_is_compared_under_the_code_of_its_own_sequence():
    model = opened()
    batch = [(2, 1), (0, 0), (2, 0)]
    states = [generator.get_state() for generator in model.generators]
    found = model._reconstruction(batch).detach()
    for generator, state in zip(model.generators, states, strict=True):
        generator.set_state(state)
    points, truth = model._sample(batch)
    spheres = training_spheres()
    for replicate in range(2):
        errors = []
        for item, (n, frame) in enumerate(batch):
            mine = points[replicate, item]
            torch.testing.assert_close(truth[replicate, item], spheres[n].sdf(mine[:, :3], float(frame)))
            assert (mine[:, 3] == float(frame)).all()
            errors.append((model.field(replicate, model.codes[replicate, n])(mine) - truth[replicate, item]).abs())
        assert float(found[replicate]) == pytest.approx(float(torch.stack(errors).detach().mean()), rel=1e-5)


@pytest.mark.parametrize("shared", [True, False])
def test_a_replicate_of_several_sequences_is_the_same_with_others_and_alone(shared):
    together, alone = opened(seeds=(1, 2), shared=shared), opened(seeds=(2,), shared=shared)
    for _ in range(4):
        together.train_epoch()
        alone.train_epoch()
    mine = together.predict(0.4, 8)[len(together.networks) // 2 :]
    torch.testing.assert_close(mine, alone.predict(0.4, 8), rtol=1e-6, atol=1e-6)


def test_the_code_penalty_is_a_mean_over_sequences():
    four = opened(code_weight=1.0, code_sigma=2.0)
    expected = four.codes.detach().square().sum(-1).mean(-1) / 4
    four.train_epoch()
    assert pd.DataFrame(four.curves()).code.tolist() == pytest.approx(expected.tolist(), rel=0.02)
