"""What failures cost whoever runs the service: failed requests and bad minutes, by the scenario's `impact:`."""

from collections import Counter

from .missing import NA
from .stats import TOLERANCE
from .windows import FEW, MINUTE

# Share of good answers that a minute needs where no success rate is promised.
GOOD = 0.99


def numbers(contender, promised):
    """The four numbers of `impact:`, not applicable without one; `promised` is the promised success rate or None."""
    costs = contender.run.json.get("impact")
    if costs is None:
        return dict.fromkeys(("impact_usd", "bad_minutes", "minutes_judged", "minutes_not_judged"), NA)
    everybody, good = by_minute(contender)
    enough = [minute for minute, count in everybody.items() if count >= FEW]
    least = GOOD if promised is None else promised
    bad = sum(good[minute] / everybody[minute] < least - TOLERANCE for minute in enough) if enough else NA
    failed = sum(not request.ok for request in contender.judged)
    usd = failed * costs["failed_request"]
    if costs["bad_minute"]:
        usd = NA if bad is NA else usd + bad * costs["bad_minute"]
    return {
        "impact_usd": usd,
        "bad_minutes": bad,
        "minutes_judged": len(enough),
        "minutes_not_judged": whole(contender.run) - len(enough),
    }


def start(run):
    """Where minutes are counted from: the start of the first phase that is no warm-up."""
    return min((phase["from_ns"] for phase in run.phases if not phase["warmup"]), default=run.duration)


def whole(run):
    """How many minutes there are; one that was begun is one."""
    return max(0, -(-(run.duration - start(run)) // MINUTE))


def by_minute(contender):
    """Judged requests and the good ones of them, by the number of the minute in which they were intended."""
    everybody, good = Counter(), Counter()
    last = max(0, whole(contender.run) - 1)
    for request in contender.judged:
        minute = min(last, max(0, request.intended - start(contender.run)) // MINUTE)
        everybody[minute] += 1
        good[minute] += request.good
    return everybody, good
