"""Spells: stretches in which worse answers than before are no chance; and whose they are."""

from itertools import accumulate

from .missing import NA
from .stats import NEAR, TOLERANCE, UNDER, tail
from .windows import FEW, SECOND

WINDOW = 20
CHANCE = 0.01


class Spell:
    """From the first request of its first bad window on; positions in the order of the class."""

    def __init__(self, first, begin, end):
        self.first, self.begin, self.end = first, begin, end

    def covers(self, members):
        """Its requests: those of its first bad window, and those up to its end."""
        end = len(members) - 1 if self.end is None else max(self.end, self.begin)
        return members[self.first : end + 1]


def thresholds(base, windows):
    """(fewest requests of 20 that make a window bad, most that make it good), of requests that are not good."""
    n, bad = base
    before, p = 1 - bad / n, (bad + 0.5) / (n + 1)

    def under(b, by):
        return before - (WINDOW - b) / WINDOW > by + TOLERANCE

    is_bad = [b for b in range(WINDOW + 1) if under(b, UNDER) and tail(WINDOW, b, p) * windows < CHANCE]
    is_good = [b for b in range(WINDOW + 1) if not under(b, NEAR)]
    return min(is_bad, default=WINDOW + 1), max(is_good, default=-1)


def spells(members, base, windows):
    """All spells over requests in their order."""
    fails = [not r.good for r in members]
    sums = [0, *accumulate(fails)]
    # Position of the last request that is not good before each.
    last, before = None, []
    for at, fail in enumerate(fails):
        before.append(last)
        last = at if fail else last
    least_bad, most_good = thresholds(base, windows)
    found, open_at = [], None
    for first in range(len(members) - WINDOW + 1):
        b = sums[first + WINDOW] - sums[first]
        if open_at is None:
            open_at = first if b >= least_bad else None
        elif b <= most_good:
            found.append(Spell(open_at, open_at + WINDOW - 1, before[first]))
            open_at = None
    if open_at is not None:
        found.append(Spell(open_at, open_at + WINDOW - 1, None))
    return found


def causes(judged, mask):
    """Rows of a bit set, harmless ones left out unless there are no others."""
    met = [each for each in judged if each.row.bit & mask]
    return [each for each in met if not each.harmless] or met


def begins_its_own(spell, members, this, judged):
    """Whether a spell that begins in a row's grace is this row's."""
    at = members[spell.begin].instant
    rivals = [other for other in judged if other.row.t0 <= at <= other.group.grace]
    if len(rivals) == 1:
        return True
    met = 0
    for request in spell.covers(members):
        met |= 0 if request.good else request.met
    blamed = causes(rivals, met)
    if not blamed:
        latest = max(other.row.t0 for other in rivals)
        blamed = [[other for other in rivals if other.row.t0 == latest][-1]]
    return this in blamed


def goes_on(spell, members, this, judged):
    """Whether a spell under way at a row's start is this row's too: a failure of it met this row, and none earlier."""
    row, earlier = this.row, 0
    for other in judged:
        if not other.harmless and (other.row.t0, other.row.bit) < (row.t0, row.bit):
            earlier |= other.row.bit
    return any(not r.good and r.met & row.bit and not r.met & earlier for r in spell.covers(members))


def recovered(this, judged):
    """Seconds from the row's start to the end of its last spell."""
    row, group = this.row, this.group
    if this.base is NA or group.since(row.t0) < FEW:
        return NA
    members = group.members
    windows = sum(at >= WINDOW - 1 for at in group.between(row.t0, group.grace))
    own = []
    for spell in spells(members, this.base, windows):
        begin = members[spell.begin].instant
        under_way = begin < row.t0 and (spell.end is None or members[spell.end].instant >= row.t0)
        if row.t0 <= begin <= group.grace and begins_its_own(spell, members, this, judged):
            own.append(spell)
        elif under_way and goes_on(spell, members, this, judged):
            own.append(spell)
    if not own:
        return 0.0
    if own[-1].end is None:
        return None
    return max(0, members[own[-1].end].instant - row.t0) / SECOND


def of_nobody(contender, calm, judged):
    """Spells over all judged requests that begin when no row is open."""
    members = sorted(contender.judged, key=lambda r: (r.instant, r.id))
    lived = [r for r in members if calm.holds(*r.lived())]
    if len(lived) < FEW or len(members) < WINDOW:
        return []
    base = len(lived), sum(not r.good for r in lived)
    found = []
    for spell in spells(members, base, len(members) - WINDOW + 1):
        at = members[spell.begin].instant
        if not any(each.row.t0 <= at <= each.group.grace for each in judged):
            end = None if spell.end is None else members[spell.end].instant / SECOND
            found.append({"from_s": at / SECOND, "to_s": end})
    return found
