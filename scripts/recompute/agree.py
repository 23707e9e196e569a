"""Compares what was recomputed with what a report says, field by field."""

import math

from .missing import NA

# What a report's contender says in words, or as examples: no numbers of the page.
IN_WORDS = {
    "name", "kind", "personality", "strategy", "instances", "not_applicable", "failure_examples", "slowest_request",
    "slowest_by_metric", "faults", "slo", "deployments",
}  # fmt: skip
ROW_IN_WORDS = {"id", "summary", "target", "entry", "not_applicable", "victim_examples"}


class Ledger:
    """Counts comparisons and lists disagreements."""

    def __init__(self):
        self.compared, self.wrong = 0, []

    def say(self, where, reported, recomputed):
        self.wrong.append(f"{where}: the report says {reported}, recomputed {recomputed}")

    def number(self, where, reported, recomputed):
        self.compared += 1
        if not equal(reported, recomputed):
            self.say(where, reported, recomputed)

    def fields(self, where, reported, recomputed, in_words):
        """Every field of a report's object; one that nobody recomputed is a disagreement."""
        for name in sorted(set(reported) - in_words):
            if name in recomputed:
                self.number(f"{where}: {name}", value_of(reported, name), recomputed[name])
            else:
                self.say(f"{where}: {name}", reported[name], "by nobody")
        for name in sorted(set(recomputed) - set(reported)):
            if recomputed[name] is not NA and recomputed[name] is not None:
                self.say(f"{where}: {name}", "nothing", recomputed[name])


def value_of(there, name):
    value = there.get(name)
    return NA if value is None and name in there.get("not_applicable", ()) else value


def equal(a, b):
    if isinstance(a, dict) and isinstance(b, dict):
        a = {name: value_of(a, name) for name in a if name != "not_applicable"}
        return all(equal(a.get(name), b.get(name)) for name in a.keys() | b.keys())
    if isinstance(a, (list, tuple)) and isinstance(b, (list, tuple)):
        return len(a) == len(b) and all(map(equal, a, b))
    if isinstance(a, (int, float)) and isinstance(b, (int, float)):
        return math.isclose(a, b, rel_tol=1e-9, abs_tol=1e-9)
    return a is b if a is NA or b is NA or a is None or b is None else a == b
