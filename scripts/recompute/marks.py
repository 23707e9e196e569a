"""The marks: reference points that give the rates a scale."""

from .missing import NA, share
from .tables import read

DIRECT = "direct"


def direct(run):
    """Name of the contender without a gateway; None where it was not played."""
    return next((c["name"] for c in run.json["contenders"] if c["mark"]), None)


def numbers(run, straight):
    """Both marks; `straight` are the tables of the contender without a gateway, or None."""
    answered, told = set(), {"direct_success_rate": NA, "savable_rate": NA}
    if straight:
        answered = {r.id for r in straight.judged if r.ok}
        told["direct_success_rate"] = share(len(answered), len(straight.judged))
    savable = [row["savable"] == "true" or int(row["request"]) in answered for row in read(run.root / "oracle.csv") if row["warmup"] == "false"]
    told["savable_rate"] = share(sum(savable), len(savable))
    return told
