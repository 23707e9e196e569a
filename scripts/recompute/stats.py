"""Percentiles, intervals and tails."""

import math
from fractions import Fraction

from .missing import NA

INF = math.inf
# Shares are compared with this tolerance, so that 1.0 − 0.9 is a tenth.
TOLERANCE = 1e-9
# So far under the baseline a share is bad; at most so far it is good.
UNDER, NEAR = 0.10, 0.05
# Two-sided 95 % of the normal distribution.
Z = 1.959963984540054
TAIL = 0.025


def finite(value):
    """`null` for infinite."""
    return None if value == INF else value


def rank(n, p):
    """Position, from 1, of the p-th percentile of n by nearest rank."""
    return max(1, math.ceil(Fraction(str(p)) * n / 100))


def nearest_rank(ordered, p):
    """The smallest value that at least p % of the ordered values do not exceed."""
    return finite(ordered[rank(len(ordered), p) - 1]) if ordered else NA


def enough(n, p):
    """Whether n values carry a 95 % interval of their p-th percentile (0 < p < 100)."""
    q = p / 100
    return n >= math.log(TAIL) / math.log(max(q, 1 - q))


def wilson(successes, n):
    """95 % interval of a share."""
    if not n:
        return NA
    at, spread = successes / n, Z * Z / n
    half = Z * math.sqrt(at * (1 - at) / n + spread / (4 * n))
    lower = (at + spread / 2 - half) / (1 + spread)
    upper = (at + spread / 2 + half) / (1 + spread)
    return [0.0 if successes == 0 else lower, 1.0 if successes == n else upper]


def order_ranks(n, p):
    """Ranks, from 1, of the 95 % interval of the p-th percentile of n by order statistics.

    The lower is the largest l with P(X < l) ≤ 0.025, the upper the smallest u with P(X < u) ≥ 0.975, X binomial.
    """
    q = p / 100
    logs = [math.lgamma(n + 1), math.log(q), math.log1p(-q)]
    spread = math.sqrt(n * q * (1 - q))
    at = max(0, int(n * q - 12 * spread - 12))
    below, lower = 0.0, 0
    while at <= n:
        # Here `below` is P(X < at).
        if below <= TAIL:
            lower = at
        if below >= 1 - TAIL:
            return lower, at
        below += math.exp(logs[0] - math.lgamma(at + 1) - math.lgamma(n - at + 1) + at * logs[1] + (n - at) * logs[2])
        at += 1
    return lower, n + 1


def order_interval(ordered, p):
    """95 % interval of the p-th percentile; not applicable where there are too few values for one."""
    n = len(ordered)
    if not enough(n, p):
        return NA
    lower, upper = order_ranks(n, p)
    return [finite(ordered[min(n, max(1, at)) - 1]) for at in (lower, upper)]


def tail(n, at_least, p):
    """P(X ≥ at_least) of a binomial X of n."""
    return math.fsum(math.comb(n, k) * p**k * (1 - p) ** (n - k) for k in range(at_least, n + 1))
