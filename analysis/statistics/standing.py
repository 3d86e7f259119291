"""Every method of a run on one line: what it delivers, how sure that is, what it is, and what it costs."""

from __future__ import annotations

import pandas as pd

from analysis.statistics import chances, cost, ensembles, preference
from analysis.tables import order, record
from analysis.tables.run import Run

NETWORK, RULE = "network", "rule"
COLUMNS = [
    "supervision",
    "method",
    "kind",
    "trained",
    "part",
    "chosen",
    *chances.COLUMNS[4:],
    "seconds",
    "relative_seconds",
]


def standing(run: Run, setting: str = "best") -> pd.DataFrame:
    """One row per confirmed method and supervision, the best first within a supervision.

    ``kind`` is ``network`` or ``rule``; ``trained`` tells whether anything of it was; ``part`` is ``baseline``,
    ``control``, what the level of a rule means (``floor``, …) or empty; ``chosen`` marks what is recommended and
    exported (:mod:`analysis.statistics.preference`). Then the columns of :func:`analysis.chances`: ``n``, ``expected``
    with ``low`` … ``high``, and the probabilities ``best``, ``beats_baseline``, ``beats_controls``, ``beats_rules``;
    the mean training time of a confirmed trial in ``seconds``, and over that of the baseline; then every other metric
    of the study, as delivered.
    """
    table = chances.chances(run, setting=setting)
    metrics = [metric.name for metric in record.metrics(run)]
    others = ensembles.leagues(run, metrics, setting=setting)
    validation = ensembles.league(run, role="validation", setting=setting)
    free = preference.untrained(run)
    relative, trials = cost.relative_seconds(run, setting), _seconds(run, setting)
    delivered = {
        (row["metric"], row["supervision"], row["method"]): ensembles.value(row) for row in others.to_dict("records")
    }
    first = [preference.preferred(run, rows)[:1] for _, rows in validation.groupby("supervision")]
    chosen = {(row["supervision"], row["method"]) for rows in first for row in rows if not ensembles.is_empty(row)}
    lines = []
    for row in table.to_dict("records"):
        address = (row["supervision"], row["method"])
        line = {name: row[name] for name in ("supervision", "method", *chances.COLUMNS[4:])}
        line |= {
            "kind": RULE if row["method"] in record.references(run) else NETWORK,
            "trained": row["method"] not in free,
            "part": _part(run, row["method"]),
        }
        line |= {"chosen": address in chosen}
        line |= {"seconds": trials.get(address, float("nan")), "relative_seconds": relative.get(address, float("nan"))}
        line |= {name: delivered.get((name, *address), float("nan")) for name in metrics if name != row["metric"]}
        lines.append(line)
    found = pd.DataFrame(lines, columns=[*COLUMNS, *(name for name in metrics if name != record.objective(run).name)])
    return _ranked(run, found, others)


def _part(run: Run, method: str) -> str:
    if method == record.baseline(run):
        return "baseline"
    return "control" if method in record.controls(run) else record.references(run).get(method, "")


def _seconds(run: Run, setting: str) -> dict[tuple[str, str], float]:
    trials = run.trials
    trials = trials[(trials["phase"] == "confirm") & (trials["setting"] == setting) & (trials["seconds"] > 0)]
    trials = trials.astype({"supervision": "str", "method": "str"})
    found = trials.groupby(["supervision", "method"])["seconds"].mean().reset_index()
    return {(row["supervision"], row["method"]): float(row["seconds"]) for row in found.to_dict("records")}


def _ranked(run: Run, table: pd.DataFrame, league: pd.DataFrame) -> pd.DataFrame:
    """In the order of the league: what is empty throughout stands last."""
    lines = league[league["metric"] == record.objective(run).name]
    rank = {(row["supervision"], row["method"]): place for place, row in enumerate(lines.to_dict("records"))}
    supervisions = order.rank(table["supervision"], record.supervisions(run))
    places = [
        (supervisions[s], rank.get((s, m), len(rank)))
        for s, m in table[["supervision", "method"]].itertuples(index=False)
    ]
    return table.iloc[sorted(range(len(table)), key=lambda place: places[place])].reset_index(drop=True)
