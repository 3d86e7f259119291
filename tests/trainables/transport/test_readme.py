"""The page's example, as it is written there."""

import re
from pathlib import Path

import torch

import trainables.transport


def test_the_example_runs():
    page = Path(trainables.transport.__file__).with_name("README.md").read_text()
    (code,) = re.findall(r"```python\n(.*?)```", page, re.DOTALL)
    torch.manual_seed(0)
    names: dict[str, torch.Tensor] = {}
    exec(code, names)
    assert names["result"].value.shape == (8,)
    assert names["images"].grad.abs().sum() > 0
    torch.testing.assert_close(names["middle"].sum((1, 2)), torch.ones(8))
