"""Counts, rates and percentiles of one contender: what its clients saw."""

from collections import Counter

from .missing import NA, share
from .stats import INF, nearest_rank, order_interval, wilson

PERCENTILES = {"p50": 50, "p90": 90, "p95": 95, "p99": 99, "p999": 99.9}
# Metrics of single requests, and the attribute that measures each.
SINGLE = {"ttft": "ttft", "e2e": "e2e", "tpot": "tpot", "longest_gap": "gap"}


def is_good(request, bounds):
    """Whether it is a success within every bound that the promise sets for single requests."""
    if not request.ok:
        return False
    for metric, keeps in bounds:
        if metric != "e2e" and not request.stream or metric == "tpot" and request.tokens < 2:
            continue
        if not keeps(getattr(request, SINGLE[metric])):
            return False
    return True


def samples(judged):
    """The values behind each headline percentile, by metric; a failure is infinite."""
    streams = [r for r in judged if r.stream]
    return {
        "ttft": [r.ttft if r.ok else INF for r in streams],
        "e2e": [r.e2e if r.ok else INF for r in judged],
        "tpot": [r.tpot if r.ok else INF for r in streams if not r.ok or r.tokens >= 2],
        "longest_gap": [r.gap if r.ok else INF for r in streams],
    }


def percentiles(values):
    ordered = sorted(values)
    told = {"n": len(ordered)} | {name: nearest_rank(ordered, p) for name, p in PERCENTILES.items()}
    interval = order_interval(ordered, 99)
    return {name: None if value is NA else value for name, value in told.items()} | (
        {} if interval is NA else {"p99_ci95": interval}
    )


def numbers(contender):
    """Everything that requests.csv alone tells, in the shape of the report."""
    measured = [r for r in contender.requests.values() if not r.warmup]
    judged = contender.judged
    outcomes = Counter(r.outcome for r in measured)
    good = sum(r.good for r in judged)
    told = {
        "offered": len(measured),
        "succeeded": outcomes["success"],
        "good": good,
        "failed": outcomes["failed"],
        "cancelled": outcomes["cancelled"],
        "never_sent": outcomes["never_sent"],
        "failures_by_kind": dict(Counter(r.failure for r in measured if r.outcome == "failed")),
        "success_rate": share(outcomes["success"], len(judged)),
        "success_rate_ci95": wilson(outcomes["success"], len(judged)),
        "goodput": share(good, len(judged)),
    }
    streams = [r for r in judged if r.stream]
    told |= {f"{metric}_ms": percentiles(values) for metric, values in samples(judged).items()}
    told["ttft_ok_ms"] = percentiles([r.ttft for r in streams if r.ok and r.ttft < INF])
    told["e2e_ok_ms"] = percentiles([r.e2e for r in judged if r.ok])
    told["longest_gap_failed_ms"] = percentiles([r.gap for r in streams if not r.ok and r.gap < INF])
    told["failure_ms"] = percentiles([r.e2e for r in judged if r.outcome == "failed" and r.e2e < INF])
    return told
