"""The promise: what it bounds, and whether a contender keeps it."""

import operator
import re
from dataclasses import dataclass

from .clients import SINGLE, samples
from .missing import NA
from .money import per_1k
from .stats import INF, enough, finite, nearest_rank, order_interval, rank, wilson

BOUND = re.compile(r"\s*(rate|avg|max|med|p\s*\(?\s*[\d.]+\s*\)?)\s*(<=|>=|<|>)\s*\$?\s*([\d.eE+-]+)\s*(%|us|µs|ms|s|min|m)?\s*")
COMPARE = {"<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge}
MS = {"us": 0.001, "µs": 0.001, "ms": 1.0, "s": 1e3, "m": 6e4, "min": 6e4}
# Metrics whose bare bound is in seconds; those of single requests are in milliseconds.
SECONDS = ("recover", "detect")
# Metrics that are shares of requests, and what each asks of one.
OUTCOMES = {"success": "ok", "goodput": "good"}
BREAKS, NO_DATA, KEEPS, UNTESTED = "breaks", "no data", "keeps", "keeps untested"


@dataclass
class Bound:
    """One bound of the promise, in the unit of the report's field."""

    metric: str
    aggregate: str
    compare: str
    bound: float

    @property
    def percentile(self):
        if self.aggregate == "med":
            return 50.0
        return float(self.aggregate.strip("p() ")) if self.aggregate.startswith("p") else None

    def kept_by(self, value):
        """Whether a value, `None` for infinite, keeps it; infinite never does."""
        return value is not None and value != INF and COMPARE[self.compare](value, self.bound)


def bounds(run):
    found = []
    for slo in run.json["slo"]:
        aggregate, compare, bound, unit = BOUND.fullmatch(slo["expr"]).groups()
        metric, value = slo["metric"], float(bound)
        if unit == "%":
            value /= 100
        elif metric in SECONDS:
            value *= MS[unit or "s"] / 1000
        elif metric in SINGLE:
            value *= MS[unit or "ms"]
        found.append(Bound(metric, aggregate, compare, value))
    return found


def of_single_requests(found):
    """What makes a success good: (metric, whether a value keeps it)."""
    return [(bound.metric, bound.kept_by) for bound in found if bound.metric in SINGLE]


def promised_success(found):
    return next((bound.bound for bound in found if bound.metric == "success"), None)


@dataclass
class Judgement:
    """One row of slo[]. `kept` is None where there is NO DATA; `no_data` says why."""

    value: object
    kept: object
    no_data: object = None
    at_least: object = None
    interval: object = NA
    # Whether it would be kept with one good request less, and with one more.
    less: object = None
    more: object = None

    def close(self, bound):
        if self.kept is None or self.interval is NA:
            return False
        low, high = (INF if end is None else end for end in self.interval)
        return low <= bound.bound <= high

    def hangs_on_one_request(self):
        return self.kept is not None and any(kept not in (None, self.kept) for kept in (self.less, self.more))


# Why there is no data.
NOT_APPLICABLE, NOT_OBSERVED, TOO_FEW, UNPRICED = "not_applicable", "not_observed", "too_few", "unpriced"


def judge(bound, contender, told, faults, wanting):
    """Whether one bound is kept; `told` are the contender's numbers, `faults` those of its rows."""
    metric = bound.metric
    if metric in SINGLE:
        return of_requests(bound, contender.judged)
    if metric in SECONDS:
        return of_faults(bound, contender, faults, metric in wanting)
    if metric == "cost":
        return of_cost(bound, contender, told)
    if metric == "attempts":
        value = told["retry_amplification"]
        if value is NA:
            return Judgement(None, None, NOT_APPLICABLE if contender.observed else NOT_OBSERVED)
        return Judgement(value, bound.kept_by(value))
    return of_outcome(bound, contender.judged)


def healthy(bounds, contender, found):
    """Whether those who came before the first fault and met none broke no bound that single requests decide."""
    starts = [row.t0 for row in found if row.kind == "fault"]
    if not starts:
        return NA
    faults = sum(row.bit for row in found if row.kind == "fault")
    before = [r for r in contender.judged if r.intended < min(starts) and not r.met & faults]
    if not before:
        return NA
    judgements = [of_requests(bound, before) for bound in bounds if bound.metric in SINGLE]
    judgements += [of_outcome(bound, before) for bound in bounds if bound.metric in OUTCOMES]
    return all(judgement.kept is not False for judgement in judgements)


def of_outcome(bound, requests):
    return of_share(bound, sum(getattr(r, OUTCOMES[bound.metric]) for r in requests), len(requests))


def of_share(bound, count, judged):
    if not judged:
        return Judgement(None, None, NOT_APPLICABLE)
    less, more = max(0, count - 1), min(judged, count + 1)
    return Judgement(
        count / judged,
        bound.kept_by(count / judged),
        interval=wilson(count, judged),
        less=bound.kept_by(less / judged),
        more=bound.kept_by(more / judged),
    )


def of_requests(bound, requests):
    ordered = sorted(samples(requests)[bound.metric])
    p, n = bound.percentile, len(ordered)
    if not n:
        return Judgement(None, None, NOT_APPLICABLE)
    if p is None:
        kept = bound.kept_by(ordered[-1])
        more = None if kept or n < 2 else bound.kept_by(ordered[-2])
        return Judgement(finite(ordered[-1]), kept, more=more)
    value = nearest_rank(ordered, p)
    if not enough(n, p):
        return Judgement(None, None, TOO_FEW)
    at = rank(n, p) - 1
    return Judgement(
        value,
        bound.kept_by(value),
        interval=order_interval(ordered, p),
        less=bound.kept_by(ordered[min(n - 1, at + 1)]),
        more=bound.kept_by(ordered[max(0, at - 1)]),
    )


def of_faults(bound, contender, faults, wanting):
    field = {"recover": "time_to_recover_s", "detect": "time_to_detect_s"}[bound.metric]
    values = [row[field] for row in faults.values() if row[field] is not NA]
    worst = None if None in values else max(values, default=NA)
    if not wanting:
        if worst is not NA:
            return Judgement(worst, bound.kept_by(worst))
        seen = contender.observed or bound.metric == "recover"
        return Judgement(None, None, NOT_APPLICABLE if seen else NOT_OBSERVED)
    broken = worst is not NA and not bound.kept_by(worst)
    return Judgement(None, False if broken else None, None if broken else TOO_FEW, None if worst is NA else worst)


def of_cost(bound, contender, told):
    value, good = told["cost_per_1k_good_usd"], told["good"]
    if value is not NA:
        less, more = (bound.kept_by(per_1k(told["cost_usd"], max(0, n))) for n in (good - 1, good + 1))
        return Judgement(value, bound.kept_by(value), less=less, more=more)
    if not contender.observed:
        return Judgement(None, None, NOT_OBSERVED)
    least = per_1k(told["cost_usd_at_least"], good)
    broken = bound.compare in ("<", "<=") and not bound.kept_by(least)
    return Judgement(None, False if broken else None, None if broken else UNPRICED, least)


def state(kept, tested, faults):
    """Of the whole promise: which of its bounds are kept, and whether there were faults. Who promised nothing keeps nothing."""
    if False in kept or not kept:
        return BREAKS
    if None in kept:
        return NO_DATA
    return KEEPS if tested or not faults else UNTESTED
