"""Attempts, tokens and money of one contender: what the ledger tells, and whether the books reconcile."""

from collections import Counter, defaultdict
from fractions import Fraction

from .missing import NA, share


def bill(run, spent):
    """(bill in dollars of what has a price, tokens without a price, all tokens) of tokens by deployment."""
    known, without, total = Fraction(0), 0, 0
    for deployment, tokens in spent.items():
        total += sum(tokens)
        price = run.prices.get(deployment, (None, None))
        if None in price:
            without += sum(tokens)
        else:
            known += sum(n * Fraction(str(usd)) for n, usd in zip(tokens, price)) / 1_000_000
    return float(known), without, total


def ledger(contender):
    """Sums over the attempts outside warm-up."""
    spent, shares = defaultdict(lambda: [0, 0]), Counter()
    unattributed, wasted = 0, 0
    for attempt in contender.attempts:
        if not contender.measured(attempt):
            continue
        request = contender.requests.get(attempt.request)
        unattributed += request is None
        shares[attempt.deployment] += 1
        for side in (0, 1):
            spent[attempt.deployment][side] += attempt.spent[side]
        serves = request and request.ok and not attempt.dial and request.served == (attempt.deployment, attempt.visit)
        wasted += 0 if serves else sum(attempt.spent)
    return spent, shares, unattributed, wasted


def numbers(contender, told):
    """Everything that needs the ledger, in the shape of the report; `told` is what the clients tell."""
    judged, good = len(contender.judged), told["good"]
    delivered = sum(r.tokens for r in contender.requests.values() if not r.warmup)
    names = "attempts attempts_unattributed probes retry_amplification cost_usd cost_usd_at_least unpriced_share"
    if not contender.observed:
        tokens = {"delivered": delivered, "billed_in": NA, "billed_out": NA, "wasted": NA}
        return dict.fromkeys([*names.split(), "cost_per_1k_good_usd"], NA) | {"tokens": tokens, "deployments": {}}
    spent, shares, unattributed, wasted = ledger(contender)
    total = sum(shares.values())
    known, without, billed = bill(contender.run, spent)
    cost = NA if without else known
    return {
        "attempts": total,
        "attempts_unattributed": unattributed,
        "probes": contender.probes,
        "retry_amplification": share(total, judged),
        "cost_usd": cost,
        "cost_usd_at_least": known,
        "unpriced_share": share(without, billed),
        "cost_per_1k_good_usd": per_1k(cost, good),
        "tokens": {
            "delivered": delivered,
            "billed_in": sum(tokens[0] for tokens in spent.values()),
            "billed_out": sum(tokens[1] for tokens in spent.values()),
            "wasted": wasted,
        },
        "deployments": {name: (count, count / total) for name, count in shares.items()},
    }


def per_1k(cost, good):
    """Dollars per 1,000 good answers; infinite where there are none."""
    if cost is NA:
        return NA
    return cost / good * 1000 if good else None


def mistakes(contender):
    """Where the books do not reconcile, in words."""
    outcomes = Counter(r.outcome for r in contender.requests.values())
    strange = set(outcomes) - {"success", "failed", "cancelled", "never_sent"}
    if strange:
        yield f"outcomes {strange}"
    if not contender.observed:
        return
    said, strays = Counter(), 0
    for attempt in contender.attempts:
        said[attempt.request] += attempt.spent[1]
        strays += not attempt.dial and attempt.request not in contender.requests
    if strays:
        yield f"{strays} rows of the ledger belong to no offered request"
    unbilled = sum(r.tokens > said[r.id] for r in contender.requests.values())
    if unbilled:
        yield f"{unbilled} requests got tokens that no provider billed"
