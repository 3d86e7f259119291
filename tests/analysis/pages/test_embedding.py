"""Figures in a page: all of them, within the bytes that they may take, and still the same pictures."""

from __future__ import annotations

import base64
import io

import numpy as np
import pytest
from PIL import Image

from analysis.figures import Drawing
from analysis.pages import embedding


def noisy(seed: int, side: int = 600, section: str = "more") -> Drawing:
    ramp = np.linspace(40, 200, side)[:, None, None] * np.ones((1, side, 3))
    pixels = (ramp + np.random.default_rng(seed).integers(0, 12, ramp.shape)).astype("uint8")
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, format="png", compress_level=1)
    return Drawing(
        name=f"f{seed}", title="", caption="", alternative="", png=buffer.getvalue(), section=section, width=1
    )


def pixels(source: str) -> np.ndarray:
    kind, text = source.split(",")
    assert kind == "data:image/webp;base64"
    return np.asarray(Image.open(io.BytesIO(base64.b64decode(text))).convert("RGB")).astype("int64")


@pytest.mark.parametrize("allowed", [10_000_000, 400_000, 60_000])
def test_figures_keep_within_the_bytes_that_they_may_take_and_show_what_they_showed(allowed: int) -> None:
    drawings = [noisy(1), noisy(2, section="surfaces"), noisy(3, side=300)]
    shown = embedding.embedded(drawings, allowed)
    assert [one["drawing"] for one in shown] == drawings
    assert sum(len(one["source"]) for one in shown) < allowed + 100
    for one in shown:
        before = np.asarray(Image.open(io.BytesIO(one["drawing"].png))).astype("int64")
        after = pixels(one["source"])
        if after.shape == before.shape:
            assert np.abs(after - before).mean() < 5


def test_lines_and_letters_are_kept_without_loss_where_there_is_room() -> None:
    page = np.full((60, 200, 3), 255, dtype="uint8")
    page[10:14, 20:150] = (0, 114, 178)
    buffer = io.BytesIO()
    Image.fromarray(page).save(buffer, format="png")
    line = Drawing(name="l", title="", caption="", alternative="", png=buffer.getvalue(), width=1)
    (shown,) = embedding.embedded([line])
    np.testing.assert_array_equal(pixels(shown["source"]), page)


def test_what_was_not_drawn_has_no_source_and_what_is_too_tall_for_the_format_is_reduced() -> None:
    nothing = Drawing(name="n", title="", caption="", alternative="", png=b"", width=0)
    assert embedding.embedded([nothing]) == [{"drawing": nothing, "source": ""}]
    buffer = io.BytesIO()
    Image.new("RGB", (4, 20_000), "white").save(buffer, format="png")
    tall = Drawing(name="t", title="", caption="", alternative="", png=buffer.getvalue(), width=1)
    (shown,) = embedding.embedded([tall])
    assert pixels(shown["source"]).shape[0] == embedding.LONGEST


def test_meshes_get_what_figures_leave_of_a_page() -> None:
    least, most = embedding.FOR_SURFACES
    assert embedding.for_surfaces([{"source": "a" * 1000}]) == most
    assert embedding.for_surfaces([{"source": "a" * 9_000_000}]) == least
    between = embedding.for_surfaces([{"source": "a" * 2_000_000}])
    assert least < between < most
    assert embedding.for_figures(True) < embedding.for_figures(False)
    assert embedding.for_figures(True) + least + embedding.LIBRARY + embedding.TEXT == embedding.LARGEST
