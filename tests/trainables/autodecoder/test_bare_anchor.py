"""An interpolant to which nothing is added: the same in every replicate, scored once, its ensemble is itself."""

from tests.trainables.autodecoder.test_anchor import trained


def test_replicates_of_an_interpolant_are_one_and_the_ensemble_is_it():
    model = trained(0, anchor="moved", regularizers={})
    rows = model.rows({"train", "test"})
    replicates = {row["replicate"] for row in rows}
    assert len(replicates) == len(model.networks) > 1
    values = {r: [row["chamfer"] for row in rows if row["replicate"] == r] for r in replicates}
    assert all(found == values[0] for found in values.values())
    assert model.deterministic
    together = model.ensemble(rows, {"train", "test"})
    assert [row["chamfer"] for row in together] == values[0]
    assert {(row["draw"], row["replicates"]) for row in together} == {(-1, 1)}
