"""On a GPU, replicates are trained together as they are alone, and a step is that of the processor."""

import pytest
import torch

from study import catalog
from study.design.arm import Arm
from trainables.autodecoder.autodecoder import Autodecoder

pytestmark = pytest.mark.skipif(not torch.cuda.is_available(), reason="there is no GPU")


def trained(method: str, seeds: list[int], device: str, epochs: int = 12) -> Autodecoder:
    study = catalog.load("bifurcation", "smoke")
    configuration = study.configured(Arm(method, "sparse"), {}, "confirm").model_dump()
    model = Autodecoder(configuration, study.supervisions["sparse"], seeds, torch.device(device))
    for _ in range(epochs):
        model.train_epoch()
    return model


def losses(model: Autodecoder, replicate: int) -> torch.Tensor:
    return torch.tensor([row["loss"] for row in model.curves() if row["replicate"] == replicate])


@pytest.mark.parametrize("method", ["sinkhorn", "barycenter", "temporal-smoothness", "topology"])
def test_replicates_together_and_the_processor(method: str):
    together, alone = trained(method, [3, 4], "cuda"), trained(method, [4], "cuda")
    processor = trained(method, [4], "cpu")
    torch.testing.assert_close(losses(together, 1), losses(alone, 0), rtol=2e-3, atol=1e-4)
    torch.testing.assert_close(losses(alone, 0), losses(processor, 0), rtol=2e-3, atol=1e-4)


def test_rows_are_those_of_the_processor():
    model = trained("none", [0], "cuda", 40)
    on_cpu = Autodecoder(model.configuration.model_dump(), model.timeline, [0], torch.device("cpu"))
    on_cpu.restore(model.state())
    for a, b in zip(model.rows({"test"}), on_cpu.rows({"test"}), strict=True):
        assert a["chamfer"] == pytest.approx(b["chamfer"], rel=1e-3)
        assert a["dice"] == pytest.approx(b["dice"], rel=1e-3)
