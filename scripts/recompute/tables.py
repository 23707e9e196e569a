"""A run directory in memory: run.json, and one contender's tables."""

import csv
import json
import re
from collections import defaultdict

from .stats import INF

INSTANCE = re.compile(r"gateway\[(\d+)\]$")


def number(text):
    return int(text) if text else None


def read(path):
    """Rows of a table; none where there is no table."""
    if not path.exists():
        return
    with path.open(newline="", encoding="utf-8") as file:
        lines = csv.reader(file)
        names = next(lines, [])
        for line in lines:
            yield dict(zip(names, map(original, line)))


def original(cell):
    """A cell without the `'` that keeps spreadsheets from running it."""
    return cell[1:] if cell.startswith("'") else cell


def instance(name):
    """Number of a gateway instance, None of any other caller."""
    found = INSTANCE.match(name)
    return int(found[1]) if found else None


class Request:
    """A row of requests.csv, with what the ledger and the decisions say about it."""

    __slots__ = (
        "id", "phase", "warmup", "stream", "outcome", "failure", "tokens", "served", "ok", "judged", "good",
        "intended", "sent", "end", "instant", "met", "at", "ttft", "e2e", "gap", "tpot", "spoke",
    )  # fmt: skip

    def __init__(self, row):
        self.id = int(row["request"])
        self.phase = row["phase"]
        self.warmup = row["warmup"] == "true"
        self.stream = row["stream"] == "true"
        self.outcome, self.failure = row["outcome"], row["failure"]
        self.tokens = int(row["tokens"])
        self.served = (row["served_by"], number(row["served_visit"]))
        self.ok = self.outcome == "success"
        self.judged = not self.warmup and self.outcome != "cancelled"
        self.good = False
        self.intended, self.sent, self.end = int(row["intended_ns"]), number(row["sent_ns"]), number(row["end_ns"])
        # Bit sets: rows of faults that it met, instances that it was at.
        self.met, self.at, self.instant = 0, 0, self.intended
        first, last, gap = (number(row[k]) for k in ("first_token_ns", "last_token_ns", "longest_gap_ns"))
        self.spoke = first is not None
        self.ttft = INF if first is None else (first - self.intended) / 1e6
        self.e2e = INF if self.end is None else (self.end - self.intended) / 1e6
        self.gap = INF if gap is None else gap / 1e6
        timed = first is not None and last is not None and self.tokens >= 2
        self.tpot = (last - first) / (self.tokens - 1) / 1e6 if timed else INF

    def lived(self):
        """From when to when it was under way; one that was never sent was so at its instant."""
        return self.intended, self.intended if self.end is None else self.end


class Attempt:
    """A row of kind `request` of the ledger."""

    __slots__ = ("request", "visit", "dial", "deployment", "instance", "arrived", "ended", "faults", "spent", "hung_up", "failed")

    def __init__(self, row):
        self.request = number(row["request"])
        self.visit = int(row["visit"])
        self.dial = row["stage"] == "connect"
        self.deployment = row["deployment"]
        self.instance = instance(row["gateway"])
        self.arrived, self.ended = int(row["arrived_ns"]), int(row["ended_ns"])
        self.faults = row["fault"].split("+") if row["fault"] else ()
        self.spent = int(row["tokens_in"]), int(row["tokens_out"])
        self.hung_up = row["ended"] == "hung_up"
        self.failed = row["ended"] != "complete"


class Run:
    """run.json, with what is asked of it often."""

    def __init__(self, root):
        self.root = root
        self.json = json.loads((root / "run.json").read_text(encoding="utf-8"))
        scenario = self.json["scenario"]
        self.duration = scenario["duration_ns"]
        self.phases = self.json["phases"]
        self.prices = {d["id"]: (d.get("usd_per_million_in"), d.get("usd_per_million_out")) for d in self.json["deployments"]}
        self.models = {phase["name"]: phase.get("model") for phase in self.phases}
        self.contenders = {c["name"]: c for c in self.json["contenders"]}
        self.warm = warm(self.phases)

    def is_warmup(self, at):
        return any(a <= at < b for a, b in self.warm)


def warm(phases):
    """The pieces of time that belong to warm-up and to nothing else."""
    edges = sorted({phase[key] for phase in phases for key in ("from_ns", "to_ns")})
    pieces = []
    for a, b in zip(edges, edges[1:]):
        covering = [phase["warmup"] for phase in phases if phase["from_ns"] <= a and b <= phase["to_ns"]]
        if covering and all(covering):
            pieces.append((a, b))
    return pieces


class Contender:
    """One contender's tables."""

    def __init__(self, run, name):
        self.run, self.name, self.info = run, name, run.contenders[name]
        folder = run.root / name
        self.observed = self.info["kind"] != "remote" or self.info.get("witnessed", False)
        self.instances = self.info["instances"]
        self.requests = {r.id: r for r in map(Request, read(folder / "requests.csv"))}
        self.judged = [r for r in self.requests.values() if r.judged]
        self.attempts, self.probes = [], 0
        for row in read(folder / "attempts.csv"):
            if row["kind"] == "request":
                self.attempts.append(Attempt(row))
            else:
                self.probes += not run.is_warmup(int(row["arrived_ns"]))
        self.attempts.sort(key=lambda a: a.arrived)
        for attempt in filter(self.left_as_planned, self.attempts):
            attempt.failed = False
        for attempt in self.attempts:
            self.be(attempt.request, attempt.instance)
        for row in read(folder / "decisions.csv"):
            self.be(number(row["request"]), instance(row["gateway"]))
        # Attempts by the id of each fault that they met.
        self.touched = defaultdict(list)
        for attempt in self.attempts:
            for fault in attempt.faults:
                self.touched[fault].append(attempt)
        self.targets = {row["fault"]: row["deployments"].split("+") for row in read(folder / "targets.csv")}
        self.reach = {r["model"]: set(r["deployments"]) for r in self.info.get("reach", ())}

    def reached(self):
        """What the requests of each called model can reach: the group of the first deployment, and what fallbacks add."""
        group = {d["id"]: d.get("group") for d in self.run.json["deployments"]}
        told = []
        for reach in self.info.get("reach", ()):
            ids = reach["deployments"]
            own = [id for id in ids if group[id] == group[ids[0]]]
            others = [id for id in ids if id not in own]
            told.append({"model": reach["model"], "deployments": own, "fallbacks": others})
        return told

    def left_as_planned(self, attempt):
        """Whether the client of a visit that served a success hung up: it had what it stayed for."""
        request = self.requests.get(attempt.request)
        serves = request and request.ok and request.served == (attempt.deployment, attempt.visit)
        return attempt.hung_up and not attempt.dial and serves

    def be(self, request, at):
        """Notes that a request was at an instance."""
        found = self.requests.get(request)
        if found and at:
            found.at |= 1 << at

    def measured(self, attempt):
        """Whether an attempt is outside warm-up: by its request, or of a dial that nobody can attribute by its instant."""
        request = self.requests.get(attempt.request)
        return not (request.warmup if request else self.run.is_warmup(attempt.arrived))

    def hides(self, fault):
        """Whether a dial outside warm-up that met the fault belongs to a request that nobody can tell."""
        return any(a.request is None and self.measured(a) for a in self.touched.get(fault, ()))
