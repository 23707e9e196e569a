"""Every field of every row of faults[], and what a contender's faults amount to."""

from .detection import calm_minute, detection, failback, rescued
from .missing import NA, share
from .recovery import of_nobody, recovered
from .stats import TOLERANCE
from .windows import FEW, SECOND, Calm, Class, baseline, harmless, meet, rows

FIELDS = (
    "exposed met_requests success_rate victims good_rate_before time_to_detect_s time_to_detect_by_instance_s "
    "time_to_rescue_s time_to_recover_s failback_s first_victims flaps error_budget_burn"
).split()


def burn(rate, promised):
    """(1 − rate) / (1 − promised); a promise of all of them leaves no budget to burn."""
    if rate is NA or promised is None or 1 - promised <= TOLERANCE:
        return NA
    return (1 - rate) / (1 - promised)


class Judged:
    """A row that can be judged, with what it is judged by."""

    def __init__(self, contender, row, calm):
        self.row, self.group = row, Class(contender, row)
        self.base = baseline(self.group.members, calm, row.t0)
        self.harmless = harmless(contender, row, self.base)


def one(contender, this, calm, judged, promised):
    """One row in numbers; (numbers, which of recover and detect lack requests)."""
    row, members = this.row, this.group.members
    exposed = [r for r in members if row.t0 <= r.intended < row.t1 or r.met & row.bit]
    met = [r for r in contender.judged if r.met & row.bit]
    victims = [r for r in met if not r.ok]
    hidden = not contender.observed or row.kind == "fault" and contender.hides(row.id)
    pieces = calm_minute(calm, row, contender.run.warm)
    detected, by_instance, flaps, d, wants_attempts = detection(contender, row, pieces)
    rate = share(sum(r.ok for r in exposed), len(exposed)) if len(exposed) >= FEW else NA
    first_victims = NA
    if d is not NA and not hidden:
        first_victims = len(victims) if d is None else sum(r.end is not None and r.end <= d for r in victims)
    recover = recovered(this, judged)
    numbers = {
        "exposed": len(exposed),
        "met_requests": NA if hidden else len(met),
        "success_rate": rate,
        "victims": NA if hidden else len(victims),
        "good_rate_before": NA if this.base is NA else 1 - this.base[1] / this.base[0],
        "time_to_detect_s": detected,
        "time_to_detect_by_instance_s": by_instance,
        "time_to_rescue_s": rescued(contender, row),
        "time_to_recover_s": recover,
        "failback_s": failback(contender, row, pieces, hidden or met),
        "first_victims": first_victims,
        "flaps": flaps,
        "error_budget_burn": burn(rate, promised),
    }
    wanting = {"recover"} if recover is NA and members else set()
    return numbers, wanting | ({"detect"} if wants_attempts else set())


def numbers(contender, promised):
    """(rows, these in numbers, metrics for which some row lacks requests, what all rows amount to)."""
    found = rows(contender)
    meet(contender, found)
    calm = Calm(found)
    judged = [Judged(contender, row, calm) for row in found if not row.absent]
    told, wanting = {}, set()
    for row in found:
        window = {"kind": row.kind, "from_s": row.t0 / SECOND, "to_s": row.t1 / SECOND}
        whom = {"acts_on": row.acts_on, "deployments": [] if row.absent else row.deployments}
        told[row.kind, row.id] = window | whom | dict.fromkeys(FIELDS, NA)
    for this in judged:
        row_numbers, lacks = one(contender, this, calm, judged, promised)
        told[this.row.kind, this.row.id].update(row_numbers)
        wanting |= lacks
    return found, told, wanting, together(contender, found) | {"spells_of_nobody": of_nobody(contender, calm, judged)}


def together(contender, found):
    """What a contender's faults, without events, amount to."""
    played = [row for row in found if row.kind == "fault"]
    bits = sum(row.bit for row in played)
    met = [r for r in contender.judged if r.met & bits]
    saved = sum(r.ok for r in met)
    seen = contender.observed and not any(contender.hides(row.id) for row in played)
    dials = (a for row in played for a in contender.touched.get(row.id, ()) if a.request is None)
    return {
        "tested": bool(met) or any(map(contender.measured, dials)) if contender.observed else NA,
        "met_fault": len(met) if seen else NA,
        "rescued_requests": saved if seen else NA,
        "rescued": share(saved, len(met)) if seen else NA,
    }
