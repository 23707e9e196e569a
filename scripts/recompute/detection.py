"""When a contender left the targets of a fault alone, whom it rescued, and when it came back."""

from bisect import bisect_left, bisect_right
from fractions import Fraction

from .missing import NA
from .stats import TOLERANCE
from .windows import MINUTE, SECOND

# Attempts that a window must expect before silence says something.
EXPECTED = 15


class Before:
    """Attempts at the targets in the calm minute before a fault: their rate, and the longest silence."""

    def __init__(self, pieces, arrivals):
        self.time = sum(b - a for a, b in pieces)
        self.count, longest = 0, 0
        for a, b in pieces:
            inside = arrivals[bisect_left(arrivals, a) : bisect_left(arrivals, b)]
            self.count += len(inside)
            edges = [a, *inside, b]
            longest = max(longest, *(y - x for x, y in zip(edges, edges[1:])))
        # Attempts per nanosecond, exact.
        self.rate = Fraction(self.count, self.time) if self.time else Fraction(0)
        self.silence = max(Fraction(SECOND), EXPECTED / self.rate, Fraction(3 * longest)) if self.rate else None

    def expects(self, time):
        return self.rate * time


class Watch:
    """Attempts at the targets of one fault, by one instance or by all."""

    def __init__(self, row, pieces, attempts):
        self.row = row
        self.attempts = [a for a in attempts if a.deployment in row.targets]
        self.arrivals = [a.arrived for a in self.attempts]
        self.before = Before(pieces, self.arrivals)
        self.met = any(row.id in a.faults for a in self.attempts)
        failures = [a.ended for a in self.attempts if a.failed and a.ended >= row.t0]
        self.first_failure = min(failures, default=None)

    def has_rate(self):
        """Whether silence would say something."""
        return self.before.expects(self.row.t1 - self.row.t0) >= EXPECTED

    def candidates(self, start, end):
        """`start`, and the arrivals after it and before `end`."""
        yield start
        yield from self.arrivals[bisect_right(self.arrivals, start) : bisect_left(self.arrivals, end)]

    def silence_from(self):
        """The instant d at which silence begins; None if it never does."""
        if self.first_failure is None:
            return None
        return next((d for d in self.candidates(self.first_failure, self.row.t1) if self.is_silent(d)), None)

    def is_silent(self, d):
        t1 = self.row.t1
        after = self.arrivals[bisect_right(self.arrivals, d) : bisect_left(self.arrivals, t1)]
        if len(after) > self.before.expects(t1 - d) / 4:
            return False
        soon = (x for x in after if x <= d + self.before.silence)
        return all(n <= self.before.expects(x - d) / 4 for n, x in enumerate(soon, 1))

    def detected(self):
        """The instant d; None if there is none, NA if the fault ended too early to tell."""
        d = self.silence_from()
        if d is None:
            return None
        left = self.row.t1 - d
        if left >= self.before.silence:
            return d
        return NA if left >= self.before.silence / 3 else None

    def flaps(self):
        """How often the targets were used again after a silence."""
        if self.first_failure is None:
            return 0
        t1, w, found, at = self.row.t1, self.before.silence, 0, self.first_failure
        while True:
            quiet = next((q for q in self.candidates(at, t1) if self.is_quiet(q, w, t1)), None)
            if quiet is None:
                return found
            after = self.arrivals[bisect_right(self.arrivals, quiet) : bisect_left(self.arrivals, t1)]
            back = next((r for r in after if self.came_back(quiet, r, w)), None)
            if back is None:
                return found
            found, at = found + 1, back

    def is_quiet(self, q, w, t1):
        arrived = bisect_right(self.arrivals, q + w) - bisect_right(self.arrivals, q)
        return q + w <= t1 and arrived <= self.before.expects(w) / 4

    def came_back(self, q, r, w):
        arrived = bisect_right(self.arrivals, r) - bisect_right(self.arrivals, max(q, r - w))
        return arrived > self.before.expects(w) / 2


def judgeable(row):
    """Whether attempts at the targets can tell detection at all."""
    fault = row.entry
    if not row.targets or fault["only_slows"]:
        return False
    return fault["share"] >= 1 and not fault["when"] and not fault.get("conditions")


def seen(contender, row):
    """Attempts that tell about a row: all, or those of the instance whose link it is."""
    return [a for a in contender.attempts if row.instance in (None, a.instance)]


def detection(contender, row, pieces):
    """(detected − t0 in seconds, by instance, flaps, the instant d, whether only requests are wanting)."""
    nothing = NA, NA, NA, NA, False
    if not contender.observed or row.absent or not judgeable(row):
        return nothing
    whole = Watch(row, pieces, seen(contender, row))
    if not whole.met:
        return nothing
    each = []
    for n in range(1, contender.instances + 1) if contender.instances > 1 else ():
        watch = Watch(row, pieces, [a for a in seen(contender, row) if a.instance == n])
        if watch.met and watch.has_rate() and watch.detected() is not NA:
            each.append(watch)
    by_instance = NA
    if len(each) >= 2:
        found = sorted((w.detected() for w in each), key=lambda d: (d is None, d or 0))
        at = [None if d is None else (d - row.t0) / SECOND for d in found]
        by_instance = {"instances": len(at), "first": at[0], "median": at[(len(at) - 1) // 2], "last": at[-1]}
        d, flaps = found[-1], sum(w.flaps() for w in each)
    elif whole.has_rate() and whole.detected() is not NA:
        d, flaps = whole.detected(), whole.flaps()
    else:
        # Too few attempts, or too short a fault: whoever promised something about detection lacks data.
        return NA, NA, NA, NA, True
    return None if d is None else (d - row.t0) / SECOND, by_instance, flaps, d, False


def rescued(contender, row):
    """Seconds from the start to the end of the first success that a failed attempt at a target preceded."""
    if not contender.observed or not row.targets:
        return NA
    touched = contender.touched.get(row.id, ())
    failed = [a for a in touched if a.failed and a.deployment in row.targets and contender.measured(a)]
    requests = [contender.requests.get(a.request) for a in failed]
    ends = [r.end for r in requests if r is not None and r.ok]
    if ends:
        return max(0, min(ends) - row.t0) / SECOND
    return NA if not requests or None in requests else None


def failback(contender, row, pieces, met):
    """Seconds from the end to the first w in which the targets have their share of all attempts back."""
    if not contender.observed or not row.targets or not met:
        return NA
    attempts = seen(contender, row)
    watch = Watch(row, pieces, attempts)
    before, end = watch.before, contender.run.duration
    w = before.silence
    if w is None:
        return NA
    if bisect_left(watch.arrivals, row.t0) == bisect_left(watch.arrivals, row.t0 - w):
        return NA
    everything = [a.arrived for a in attempts]
    inside = sum(bisect_left(everything, b) - bisect_left(everything, a) for a, b in pieces)
    usual = before.count / inside
    for start in (row.t1, *everything[bisect_right(everything, row.t1) :]):
        if start + w > end:
            break
        those = bisect_left(watch.arrivals, start + w) - bisect_left(watch.arrivals, start)
        everybody = bisect_left(everything, start + w) - bisect_left(everything, start)
        if everybody and abs(those / everybody - usual) <= usual / 3 + TOLERANCE:
            return (start - row.t1) / SECOND
    # Traffic may have ended before anybody had to look again.
    return NA if row.t1 + contender.info["cooldown_ns"] + w > end else None


def calm_minute(calm, row, warm):
    """Calm time outside warm-up in the minute before a row."""
    return calm.pieces(max(0, row.t0 - MINUTE), row.t0, warm)
