"""Rows of faults: their windows, what they act on, who met them, who is exposed, and what calm is."""

from bisect import bisect_left, bisect_right

from .missing import NA
from .stats import TOLERANCE, UNDER

SECOND = 1_000_000_000
MINUTE = 60 * SECOND
FEW = 20
# A row's grace: at least so long after its window.
GRACE = 5 * SECOND


class Row:
    """One row of faults[] for one contender."""

    def __init__(self, contender, position, entry, kind):
        self.entry, self.kind, self.id = entry, kind, entry["id"]
        self.bit = 1 << position
        self.targets, self.hits = frozenset(), []
        self.acts_on, self.deployments = "instances", []
        if kind == "event":
            self.of_event(contender, entry)
        else:
            self.of_fault(contender, entry)
        # The instance that it is about, or whose link it is; one that the contender does not have has nothing to judge.
        self.instance = entry.get("instance")
        missing = self.instance is not None and self.instance > contender.instances
        self.absent = missing or kind == "event" and not self.hits

    def of_event(self, contender, event):
        start = event["at_ns"]
        every, down = event.get("every_ns") or 0, event.get("down_ns") or 0
        step = every if event["kind"] == "rollout" else 0
        for n in range(1, contender.instances + 1):
            at = start + step * (n - 1)
            self.hits.append((n, at, at + down))
        self.t0, self.t1 = start, max(end for _, _, end in self.hits)

    def of_fault(self, contender, fault):
        self.t0, self.t1 = fault["from_ns"], fault["to_ns"]
        acts_on = self.acts_on = fault.get("acts_on", "deployments")
        ids = contender.targets.get(self.id, fault["deployments"])
        self.targets = frozenset(ids)
        self.deployments = sorted(ids) if acts_on == "deployments" else []
        if acts_on == "instances" or acts_on == "link" and not self.targets:
            self.targets = frozenset()
            down = fault.get("down_ns")
            end = self.t1 if down is None else self.t0 + down
            only = fault.get("instance")
            hit = [n for n in range(1, contender.instances + 1) if only in (None, n)]
            self.hits = [(n, self.t0, end) for n in hit]

    def concerns(self, reach):
        """Whether a request can meet it that reaches these deployments; None are all."""
        return bool(self.hits) or reach is None or not self.targets.isdisjoint(reach)


def rows(contender):
    """All rows, in the order of run.json: faults, then events that change a config."""
    run = contender.run.json
    entries = [(fault, "fault") for fault in run["faults"]]
    entries += [(event, "event") for event in run.get("events", ()) if event["kind"] != "mark"]
    return [Row(contender, position, entry, kind) for position, (entry, kind) in enumerate(entries)]


def meet(contender, found):
    """Notes on every request which rows it met, and its instant by these."""
    for row in found:
        for attempt in contender.touched.get(row.id, ()) if row.kind == "fault" else ():
            request = contender.requests.get(attempt.request)
            if request:
                request.met |= row.bit
        for instance, start, end in row.hits:
            for request in contender.requests.values():
                if request.sent is None or request.at and not request.at >> instance & 1:
                    continue
                over = request.end is None or request.end >= start
                # Open at an instant of [start, end), or at the instant itself where it takes no time.
                if over and (request.sent < end or request.sent <= start):
                    request.met |= row.bit
    for request in contender.requests.values():
        if request.met:
            met = [row.t0 for row in found if request.met & row.bit]
            request.instant = max(request.intended, *met)


class Calm:
    """The time in which no row's window is open."""

    def __init__(self, found):
        windows = sorted((row.t0, row.t1) for row in found if not row.absent)
        self.windows = windows
        self.merged = []
        for start, end in windows:
            if self.merged and start <= self.merged[-1][1]:
                self.merged[-1][1] = max(end, self.merged[-1][1])
            else:
                self.merged.append([start, end])
        self.starts = [start for start, _ in self.merged]

    def holds(self, start, end):
        """Whether no window is open at an instant of [start, end], ends included."""
        before = bisect_right(self.starts, end) - 1
        if before < 0:
            return True
        at, to = self.merged[before]
        return to <= start if at < to else to < start

    def pieces(self, start, end, without):
        """What is left of [start, end) after all windows and the pieces `without`; an event that takes no time cuts nothing."""
        cuts = sorted([w for w in self.windows if w[0] < w[1]] + list(without))
        left, at = [], start
        for a, b in cuts:
            if a > at:
                left.append((at, min(a, end)))
            at = max(at, b)
            if at >= end:
                break
        if at < end:
            left.append((at, end))
        return [(a, b) for a, b in left if a < b]


class Class:
    """The judged requests that a fault can concern, in the order of their instants."""

    def __init__(self, contender, row):
        models, reach = contender.run.models, contender.reach
        concerned = {phase: row.concerns(reach.get(model)) for phase, model in models.items()}
        members = [r for r in contender.judged if concerned[r.phase] or r.met & row.bit]
        members.sort(key=lambda r: (r.instant, r.id))
        self.members = members
        self.instants = [r.instant for r in members]
        # End of the row's grace.
        at = bisect_left(self.instants, row.t1) + FEW - 1
        twentieth = self.instants[at] if at < len(members) else contender.run.duration
        self.grace = max(row.t1 + GRACE, twentieth)

    def since(self, instant):
        """How many have an instant at or after it."""
        return len(self.members) - bisect_left(self.instants, instant)

    def between(self, start, end):
        """Positions of those with an instant in [start, end]."""
        return range(bisect_left(self.instants, start), bisect_right(self.instants, end))


def harmless(contender, row, base):
    """Whether those who met this row and no other fared as before."""
    alone = [r for r in contender.judged if r.met == row.bit]
    if base is NA or len(alone) < FEW:
        return False
    before = 1 - base[1] / base[0]
    return before - sum(r.good for r in alone) / len(alone) <= UNDER + TOLERANCE


def baseline(members, calm, t0):
    """(requests, of these not good) that lived in calm time before t0; not applicable if there are fewer than 20."""
    lived = [r for r in members if r.lived()[1] < t0 and calm.holds(*r.lived())]
    near = [r for r in lived if r.intended >= t0 - MINUTE]
    for requests in (near, lived):
        if len(requests) >= FEW:
            return len(requests), sum(not r.good for r in requests)
    return NA
