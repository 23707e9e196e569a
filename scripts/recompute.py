#!/usr/bin/env python3
"""Recomputes every number of a run's report.json from its tables, independently of the program.

    scripts/recompute.py RUN…           run directories
    scripts/recompute.py --all DIR…     every run directory below these

Follows docs/numbers.md with Python's standard library alone (scripts/recompute/), and prints each number on which the
report and it do not agree, with both values. Of a contender of kind `remote` that no fakes witnessed there is no ledger: what
only a ledger tells must be null and listed as not applicable. Exit 0: everything agrees; 1: something does not; 2: usage.
"""

import argparse
import json
import sys
from pathlib import Path

from recompute import agree, clients, faults, impact, marks, money, promise, verdict
from recompute.missing import NA
from recompute.tables import Contender, Run

VALID = "VALID"


class Recomputed:
    """One contender in numbers."""

    def __init__(self, run, name, bounds):
        self.contender = Contender(run, name)
        single = promise.of_single_requests(bounds)
        for request in self.contender.requests.values():
            request.good = clients.is_good(request, single)
        self.numbers = clients.numbers(self.contender)
        self.numbers |= money.numbers(self.contender, self.numbers)
        self.numbers["reach"] = self.contender.reached()
        promised = promise.promised_success(bounds)
        found, self.rows, wanting, together = faults.numbers(self.contender, promised)
        self.numbers |= together
        self.numbers["healthy_before_fault"] = promise.healthy(bounds, self.contender, found)
        self.numbers |= impact.numbers(self.contender, promised)
        self.numbers["error_budget_burn"] = faults.burn(self.numbers["success_rate"], promised)
        self.judgements = [promise.judge(b, self.contender, self.numbers, self.rows, wanting) for b in bounds]

    def compare_with_direct(self, direct):
        """What each answer that the gateway saved costs extra."""
        extra = NA
        if direct is not None:
            more = self.numbers["good"] - direct.numbers["good"]
            costs = self.numbers["cost_usd"], direct.numbers["cost_usd"]
            if more > 0 and NA not in costs:
                extra = (costs[0] - costs[1]) / more
        self.numbers["extra_cost_per_rescued_usd"] = extra

    def contestant(self):
        told, there = self.numbers, any(kind == "fault" for kind, _ in self.rows)
        tested = told["tested"] is True
        cost, judged = told["cost_usd"], len(self.contender.judged)
        return verdict.Contestant(self.contender.name, self.judgements, tested, there, cost, told["good"], judged)


def compare_contender(ledger, reported, found, bounds):
    """One contender's numbers, its deployments, its faults and its promise."""
    name = reported["name"]
    ledger.fields(name, reported, {k: v for k, v in found.numbers.items() if k != "deployments"}, agree.IN_WORDS)
    if found.contender.observed:
        shares = {d["id"]: (d["attempts"], d["share"]) for d in reported["deployments"] if d["attempts"]}
        ledger.number(f"{name}: deployments", shares, found.numbers["deployments"])
    rows = {(row["kind"], row["id"]): row for row in reported["faults"]}
    ledger.number(f"{name}: rows of faults", sorted(rows), sorted(found.rows))
    for key in rows.keys() & found.rows.keys():
        rows[key]["deployments"].sort()
        ledger.fields(f"{name}: {key[0]} {key[1]}", rows[key], found.rows[key], agree.ROW_IN_WORDS)
    for row, bound, judgement in zip(reported["slo"], bounds, found.judgements, strict=True):
        told = {
            "value": judgement.value,
            "at_least": judgement.at_least,
            "pass": judgement.kept,
            "no_data": judgement.no_data,
            "interval": None if judgement.interval is NA or judgement.kept is None else judgement.interval,
            "close": judgement.close(bound),
            "hangs_on_one_request": judgement.hangs_on_one_request(),
        }
        ledger.fields(f"{name}: promise {row['metric']} {row['expr']}", row, told, {"metric", "expr"})


def compare(ledger, root):
    """One run directory."""
    run = Run(root)
    report = json.loads((root / "report.json").read_text(encoding="utf-8"))
    bounds = promise.bounds(run)
    mark = marks.direct(run)
    direct = Recomputed(run, mark, bounds) if mark and (root / mark).is_dir() else None
    valid = report["validity"]["verdict"] == VALID
    contestants = []
    for reported in report["contenders"]:
        found = Recomputed(run, reported["name"], bounds)
        found.compare_with_direct(direct)
        compare_contender(ledger, reported, found, bounds)
        contestants.append(found.contestant())
        for mistake in money.mistakes(found.contender) if valid else ():
            ledger.say(f"{reported['name']}: books", VALID, mistake)
    ledger.fields("marks", report["marks"], marks.numbers(run, direct and direct.contender), {"not_applicable"})
    standings = [contestant.standing() for contestant in contestants]
    told = verdict.verdict(standings, valid)
    told["hangs_on_one_request"] = valid and verdict.hangs_on_one_request(contestants)
    ledger.fields("verdict", report["verdict"], told, {"line", "ranking"})


def directories(arguments):
    if not arguments.all:
        return arguments.runs
    return sorted(path.parent for root in arguments.runs for path in root.rglob("run.json"))


def main():
    description, _, rest = __doc__.partition("\n\n")
    parser = argparse.ArgumentParser(
        description=description, epilog=rest, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--all", action="store_true", help="every run directory below the given ones")
    parser.add_argument("runs", nargs="+", type=Path, metavar="RUN")
    roots = directories(parser.parse_args())
    missing = [root for root in roots if not (root / "report.json").is_file()]
    if missing or not roots:
        print(f"no report.json in {', '.join(map(str, missing)) or 'any directory'}", file=sys.stderr)
        return 2
    failed = 0
    for root in roots:
        ledger = agree.Ledger()
        compare(ledger, root)
        for line in ledger.wrong:
            print(line)
        failed += bool(ledger.wrong)
        print(f"{root.name}: {ledger.compared} numbers compared, {len(ledger.wrong)} disagreements")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
