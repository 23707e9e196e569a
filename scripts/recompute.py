#!/usr/bin/env python3
"""Recomputes the numbers of a run's report.json from its tables, independently of the program.

    scripts/recompute.py RUN_DIRECTORY

Reads run.json and <contender>/{requests,attempts}.csv with Python's standard library alone, and
compares counts, success rate, goodput, percentiles, attempts, amplification, tokens, cost, shares
and the books. Of a contender of kind `remote` there is no ledger: what only a ledger tells must be
null and listed as not applicable. Exit 0: everything agrees; 1: something does not (it is listed); 2: usage.
"""

import csv
import json
import math
import re
import sys
from collections import Counter, defaultdict
from fractions import Fraction
from pathlib import Path

INF = math.inf
BOUND = re.compile(r"^\s*(?:p\(?\s*([\d.]+)\s*\)?|med|max)\s*(<=|>=|<|>)\s*([\d.]+)\s*(us|µs|ms|s|min|m)?\s*$")
UNIT_MS = {None: 1.0, "us": 0.001, "µs": 0.001, "ms": 1.0, "s": 1e3, "m": 6e4, "min": 6e4}
COMPARE = {
    "<": lambda a, b: a < b,
    "<=": lambda a, b: a <= b,
    ">": lambda a, b: a > b,
    ">=": lambda a, b: a >= b,
}
PERCENTILES = {"p50": "50", "p90": "90", "p95": "95", "p99": "99", "p999": "99.9"}


def rows(path):
    with path.open(newline="", encoding="utf-8") as file:
        for row in csv.DictReader(file):
            # A text that a spreadsheet would run has an apostrophe in front.
            yield {name: cell.removeprefix("'") for name, cell in row.items()}


def number(text):
    return None if text == "" else int(text)


def nearest_rank(values, p):
    """The smallest value that at least p % of the values do not exceed; None if it is infinite."""
    if not values:
        return None
    ordered = sorted(values)
    rank = math.ceil(Fraction(p) * len(ordered) / 100)
    value = ordered[rank - 1]
    return None if value == INF else value


class Request:
    def __init__(self, row):
        self.id = int(row["request"])
        self.warmup = row["warmup"] == "true"
        self.stream = row["stream"] == "true"
        self.outcome = row["outcome"]
        self.tokens = int(row["tokens"])
        self.served = (row["served_by"], number(row["served_visit"]))
        self.ok = self.outcome == "success"
        intended, first = int(row["intended_ns"]), number(row["first_token_ns"])
        last, end, gap = (number(row[k]) for k in ("last_token_ns", "end_ns", "longest_gap_ns"))
        self.ttft = INF if first is None else (first - intended) / 1e6
        self.e2e = INF if end is None else (end - intended) / 1e6
        self.gap = INF if gap is None else gap / 1e6
        spoke = first is not None and last is not None and self.tokens >= 2
        self.tpot = (last - first) / (self.tokens - 1) / 1e6 if spoke else INF

    def good(self, bounds):
        def kept(metric, compare, bound):
            if metric == "e2e":
                return compare(self.e2e, bound)
            if not self.stream or (metric == "tpot" and self.tokens < 2):
                return True
            return compare({"ttft": self.ttft, "tpot": self.tpot, "longest_gap": self.gap}[metric], bound)

        return self.ok and all(kept(*bound) for bound in bounds)


def request_bounds(run):
    bounds = []
    for slo in run["slo"]:
        if slo["metric"] in ("ttft", "e2e", "tpot", "longest_gap"):
            _, comparison, bound, unit = BOUND.match(slo["expr"]).groups()
            bounds.append((slo["metric"], COMPARE[comparison], float(bound) * UNIT_MS[unit]))
    return bounds


def is_warmup(run, at):
    covering = [p["warmup"] for p in run["phases"] if p["from_ns"] <= at < p["to_ns"]]
    return bool(covering) and all(covering)


# Numbers that only the ledger tells: (object, field) of a contender.
LEDGER = [("", name) for name in ("attempts", "retry_amplification", "cost_usd", "cost_per_1k_good_usd")]
LEDGER += [("tokens", name) for name in ("billed_in", "billed_out", "wasted")]


def unobserved(contender):
    """Numbers of a remote contender that claim what nobody observed."""
    for inside, name in LEDGER:
        there = contender[inside] if inside else contender
        if there[name] is not None or name not in there["not_applicable"]:
            yield f"{contender['name']}: {name} is {there[name]}, and nobody observed it"


def recompute(run, folder, observed=True):
    requests = {r.id: r for r in map(Request, rows(folder / "requests.csv"))}
    measured = [r for r in requests.values() if not r.warmup]
    judged = [r for r in measured if r.outcome != "cancelled"]
    outcomes = Counter(r.outcome for r in measured)
    bounds = request_bounds(run)
    good = sum(r.good(bounds) for r in judged)
    streams = [r for r in judged if r.stream]
    told = lambda population, value: [value(r) if r.ok else INF for r in population]
    samples = {
        "ttft_ms": told(streams, lambda r: r.ttft),
        "e2e_ms": told(judged, lambda r: r.e2e),
        "tpot_ms": told([r for r in streams if not r.ok or r.tokens >= 2], lambda r: r.tpot),
        "longest_gap_ms": told(streams, lambda r: r.gap),
        "ttft_ok_ms": [r.ttft for r in streams if r.ok and r.ttft < INF],
        "failure_ms": [r.e2e for r in judged if r.outcome == "failed" and r.e2e < INF],
    }
    prices = {d["id"]: (d["usd_per_million_in"], d["usd_per_million_out"]) for d in run["deployments"]}
    total, wasted, cost, stray = 0, 0, Fraction(0), 0
    billed, shares, said = [0, 0], Counter(), defaultdict(int)
    for row in rows(folder / "attempts.csv") if observed else ():
        if row["kind"] != "request":
            continue
        request = requests.get(number(row["request"]))
        spent = int(row["tokens_in"]), int(row["tokens_out"])
        stray += request is None and row["stage"] == "request"
        if request:
            said[request.id] += spent[1]
        if request.warmup if request else is_warmup(run, int(row["arrived_ns"])):
            continue
        total += 1
        shares[row["deployment"]] += 1
        billed = [billed[0] + spent[0], billed[1] + spent[1]]
        serves = request and request.ok and row["stage"] == "request"
        if not (serves and request.served == (row["deployment"], int(row["visit"]))):
            wasted += sum(spent)
        if sum(spent):
            price = prices.get(row["deployment"], (None, None))
            known = cost is not None and None not in price
            cost = cost + sum(n * Fraction(str(usd)) for n, usd in zip(spent, price)) if known else None
    usd = None if cost is None else float(cost / 1_000_000)
    share = lambda part, whole: part / whole if whole else None
    numbers = {
        "offered": len(measured),
        "succeeded": outcomes["success"],
        "failed": outcomes["failed"],
        "cancelled": outcomes["cancelled"],
        "never_sent": outcomes["never_sent"],
        "good": good,
        "success_rate": share(outcomes["success"], len(judged)),
        "goodput": share(good, len(judged)),
        "attempts": total,
        "retry_amplification": share(total, len(judged)),
        "cost_usd": usd,
        "cost_per_1k_good_usd": None if usd is None or not good else usd / good * 1000,
        "tokens.delivered": sum(r.tokens for r in measured),
        "tokens.billed_in": billed[0],
        "tokens.billed_out": billed[1],
        "tokens.wasted": wasted,
    }
    for name, values in samples.items():
        numbers[f"{name}.n"] = len(values)
        numbers.update({f"{name}.{key}": nearest_rank(values, p) for key, p in PERCENTILES.items()})
    numbers.update({f"deployments.{name}": count for name, count in shares.items()})
    if not observed:
        numbers = {name: v for name, v in numbers.items() if tuple(name.rpartition(".")[::2]) not in LEDGER}
        return numbers, len(requests) > 0
    unbilled = sum(r.tokens > said[r.id] for r in requests.values())
    return numbers, stray == 0 and unbilled == 0


def reported(contender, name):
    if name.startswith("deployments."):
        found = [d["attempts"] for d in contender["deployments"] if d["id"] == name[len("deployments."):]]
        return found[0] if found else 0
    value = contender
    for key in name.split("."):
        value = value[key]
    return value


def agree(a, b):
    if a is None or b is None:
        return a is b
    return math.isclose(a, b, rel_tol=1e-9, abs_tol=1e-9)


def main(arguments):
    if len(arguments) != 1:
        print(__doc__.strip(), file=sys.stderr)
        return 2
    root = Path(arguments[0])
    run, report = (json.loads((root / name).read_text(encoding="utf-8")) for name in ("run.json", "report.json"))
    wrong, compared = [], 0
    for contender in report["contenders"]:
        observed = contender["kind"] != "remote"
        numbers, books = recompute(run, root / contender["name"], observed)
        wrong += [] if observed else unobserved(contender)
        compared += len(numbers)
        for name, value in numbers.items():
            if not agree(value, reported(contender, name)):
                wrong.append(f"{contender['name']}: {name} is {reported(contender, name)}, recomputed {value}")
        if not books and report["validity"]["verdict"] == "VALID":
            wrong.append(f"{contender['name']}: the books do not reconcile and the report says VALID")
    for line in wrong:
        print(line)
    print(f"{compared - len(wrong)} of {compared} numbers of {len(report['contenders'])} contenders agree")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
