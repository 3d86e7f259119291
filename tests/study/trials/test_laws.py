"""Laws of successive halving and of the journal, on cases that nobody chose."""

import math

from hypothesis import given
from hypothesis import strategies as st

from study.trials.halving import promoted
from study.trials.journal import _whole_lines

VALUES = st.floats(-1e6, 1e6)
RIVALS = st.lists(st.one_of(VALUES, st.just(math.nan)), max_size=20)
FACTORS = st.integers(2, 5)


@given(VALUES, RIVALS, FACTORS, st.randoms(use_true_random=False), st.booleans())
def test_what_is_promoted_depends_on_the_order_of_nobody(value, rivals, factor, random, minimize):
    shuffled = random.sample(rivals, len(rivals))
    assert promoted(value, rivals, factor, minimize) == promoted(value, shuffled, factor, minimize)
    assert promoted(value, rivals, factor, minimize) == promoted(-value, [-r for r in rivals], factor, not minimize)


@given(VALUES, RIVALS, FACTORS, st.floats(0, 1e6))
def test_better_is_never_stopped_where_worse_goes_on(value, rivals, factor, gain):
    assert not promoted(value, rivals, factor) or promoted(value - gain, rivals, factor)


@given(st.lists(VALUES, min_size=1, max_size=20), FACTORS)
def test_the_best_goes_on_and_without_ties_as_many_as_the_factor_says(values, factor):
    goes_on = [promoted(value, values[:i] + values[i + 1 :], factor) for i, value in enumerate(values)]
    assert goes_on[values.index(min(values))]
    if len(set(values)) == len(values):
        assert sum(goes_on) == max(1, len(values) // factor)


@given(VALUES, st.lists(VALUES, max_size=10), FACTORS, st.integers(0, 5))
def test_what_failed_neither_goes_on_nor_counts(value, rivals, factor, failed):
    lost = [math.nan] * failed
    assert promoted(value, rivals + lost, factor) == promoted(value, rivals, factor)
    assert not promoted(math.nan, rivals, factor)


LINES = st.lists(st.binary(max_size=20).map(lambda line: line.replace(b"\n", b"")), max_size=8)


@given(LINES, st.data())
def test_a_journal_cut_anywhere_keeps_every_whole_line_and_no_torn_one(lines, data):
    whole = b"".join(line + b"\n" for line in lines)
    cut = whole[: data.draw(st.integers(0, len(whole)))]
    kept = _whole_lines(cut)
    assert whole.startswith(kept)
    assert kept == b"" or kept.endswith(b"\n")
    assert kept.count(b"\n") == cut.count(b"\n"), "nothing that was whole is lost"
    assert _whole_lines(kept) == kept
