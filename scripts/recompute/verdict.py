"""Who leads, by the rules of the page."""

from dataclasses import dataclass

from .missing import NA
from .money import per_1k
from .promise import KEEPS, NO_DATA, UNTESTED, state
from .stats import TOLERANCE

# Costs closer than 2 % tie; goodputs closer than 0.1 points are equal.
TIE, EQUAL = 0.02, 0.001


@dataclass
class Standing:
    """What the verdict asks of a contender."""

    name: str
    state: str
    cost: object
    goodput: object


@dataclass
class Contestant:
    """A contender as it stands, and as it would with one good request less or more."""

    name: str
    judgements: list
    tested: bool
    faults: bool
    bill: object
    good: int
    judged: int

    def standing(self, change=0):
        """Its standing with so many good requests more."""
        kept = [self.kept(judgement, change) for judgement in self.judgements]
        good = min(self.judged, max(0, self.good + change))
        goodput = good / self.judged if self.judged else NA
        return Standing(self.name, state(kept, self.tested, self.faults), per_1k(self.bill, good), goodput)

    @staticmethod
    def kept(judgement, change):
        turned = {-1: judgement.less, 0: None, 1: judgement.more}[change]
        return judgement.kept if turned is None or judgement.kept is None else turned


def verdict(standings, valid):
    """(winner, basis, kept, untested, no data)."""
    told = {
        "kept": [s.name for s in standings if s.state == KEEPS],
        "untested": [s.name for s in standings if s.state == UNTESTED],
        "no_data": [s.name for s in standings if s.state == NO_DATA],
    }
    winner, basis = leader(standings) if valid else (None, "invalid")
    return told | {"winner": winner, "basis": basis}


def leader(standings):
    keepers = [s for s in standings if s.state == KEEPS]
    if len(keepers) == 1:
        return keepers[0].name, "only_keeper"
    if keepers:
        return by_cost(keepers)
    if any(s.state == UNTESTED for s in standings):
        return None, "only_untested"
    return by_goodput(standings, "nobody_kept")


def by_cost(standings):
    """The cheapest; those that tie with it are ordered by goodput. A cost that is not known ties with every other."""
    priced = [s.cost for s in standings if s.cost is not NA and s.cost is not None]
    least = min(priced, default=0)
    tied = [s for s in standings if s.cost is NA or s.cost is not None and s.cost - least < TIE * s.cost]
    # Where nothing costs anything, all tie; infinite costs rank worst.
    tied = tied or [s for s in standings if s.cost == least] or standings
    return (tied[0].name, "cost") if len(tied) == 1 else by_goodput(tied, "goodput")


def by_goodput(standings, basis):
    def of(standing):
        return -1 if standing.goodput is NA else standing.goodput

    ordered = sorted(standings, key=of, reverse=True)
    if len(ordered) > 1 and of(ordered[0]) - of(ordered[1]) < EQUAL - TOLERANCE:
        return None, "equal"
    return ordered[0].name, basis


def hangs_on_one_request(contestants):
    """Whether one good request less or more of somebody makes another one lead, or nobody."""
    standings = [contestant.standing() for contestant in contestants]
    first, _ = leader(standings)
    if first is None:
        return False
    for at, contestant in enumerate(contestants):
        for change in (-1, 1):
            changed = [*standings[:at], contestant.standing(change), *standings[at + 1 :]]
            if leader(changed)[0] != first:
                return True
    return False

