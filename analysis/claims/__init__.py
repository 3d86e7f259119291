"""What papers claim, held against finished runs: each claim a comparison that can fail.

    from analysis import claims, load
    claims.ledger([load("bifurcation")])

The claims stand in ``papers/``, one file per paper; the kinds of test in :mod:`analysis.claims.hypotheses`,
with the margins of equivalence, which were fixed beforehand.
"""

from analysis.claims.evaluation import about, ledger, studies
from analysis.claims.papers import claims
from analysis.claims.statement import FAILS, HOLDS, NOT_TESTED, UNDECIDED, Claim

__all__ = ["FAILS", "HOLDS", "NOT_TESTED", "UNDECIDED", "Claim", "about", "claims", "ledger", "studies"]
