"""Hand-made tables: what a test needs of a run directory, and nothing else."""

import csv
import json
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from recompute import faults, promise  # noqa: E402
from recompute.clients import is_good  # noqa: E402
from recompute.tables import Contender, Run  # noqa: E402

S = 1_000_000_000
REQUEST = (
    "request phase warmup stream intended_ns sent_ns first_byte_ns first_token_ns last_token_ns end_ns outcome failure "
    "status tokens longest_gap_ns integrity served_by served_visit attempts"
).split()
ATTEMPT = (
    "request attempt visit kind stage deployment gateway arrived_ns ended_ns fault status tokens_in tokens_out ended"
).split()
DECISION = "at_ns request gateway kind deployment detail".split()


def request(number, at, ok=True, **other):
    """A streamed request of 100 ms that deployment `a` answers."""
    row = dict.fromkeys(REQUEST, "") | {
        "request": number,
        "phase": "main",
        "warmup": "false",
        "stream": "true",
        "intended_ns": round(at * S),
        "sent_ns": round(at * S),
        "first_token_ns": round((at + 0.05) * S) if ok else "",
        "last_token_ns": round((at + 0.1) * S) if ok else "",
        "end_ns": round((at + 0.1) * S),
        "outcome": "success" if ok else "failed",
        "failure": "" if ok else "server_error",
        "tokens": 5 if ok else 0,
        "longest_gap_ns": round(0.02 * S) if ok else "",
        "served_by": "a" if ok else "",
        "served_visit": 1 if ok else "",
    }
    return row | other


def attempt(of, fault="", deployment="a", ended=None, **other):
    """The one attempt of a request."""
    ok = of["outcome"] == "success"
    row = dict.fromkeys(ATTEMPT, "") | {
        "request": of["request"],
        "attempt": 1,
        "visit": 1,
        "kind": "request",
        "stage": "request",
        "deployment": deployment,
        "gateway": "gateway[1]",
        "arrived_ns": of["sent_ns"],
        "ended_ns": of["end_ns"],
        "fault": fault,
        "status": 200 if ok else 500,
        "tokens_in": 10 if ok else 0,
        "tokens_out": 5 if ok else 0,
        "ended": ended or ("complete" if ok else "error"),
    }
    return row | other


def fault(name, start, end, deployments=("a",), **other):
    return {
        "id": name,
        "deployments": list(deployments),
        "from_ns": round(start * S),
        "to_ns": round(end * S),
        "share": 1.0,
        "only_slows": False,
        "when": "",
    } | other


def world(folder, requests, attempts=(), decisions=(), *, rows=(), events=(), slo=(), duration=320, **contender):
    """A contender `c` over deployments `a` and `b`, both reachable, in a run of so many seconds with 20 s of warm-up."""
    root = Path(folder)
    run = {
        "scenario": {"duration_ns": duration * S},
        "deployments": [
            {"id": "a", "usd_per_million_in": 1.0, "usd_per_million_out": 2.0},
            {"id": "b", "usd_per_million_in": 1.0, "usd_per_million_out": 2.0},
            {"id": "unpriced"},
        ],
        "contenders": [
            {
                "name": "c",
                "kind": "built-in",
                "instances": 1,
                "cooldown_ns": 5 * S,
                "mark": False,
                "reach": [{"model": "m", "deployments": ["a", "b"]}],
            }
            | contender
        ],
        "phases": [
            {"name": "warmup", "from_ns": 0, "to_ns": 20 * S, "warmup": True, "model": "m"},
            {"name": "main", "from_ns": 20 * S, "to_ns": duration * S, "warmup": False, "model": "m"},
        ],
        "faults": list(rows),
        "events": list(events),
        "slo": [{"metric": metric, "expr": expr} for metric, expr in slo],
    }
    (root / "c").mkdir(exist_ok=True)
    (root / "run.json").write_text(json.dumps(run))
    for name, columns, lines in (
        ("requests", REQUEST, requests),
        ("attempts", ATTEMPT, attempts),
        ("decisions", DECISION, decisions),
    ):
        with (root / "c" / f"{name}.csv").open("w", newline="") as file:
            writer = csv.DictWriter(file, columns)
            writer.writeheader()
            writer.writerows(lines)
    found = Run(root)
    told = Contender(found, "c")
    bounds = promise.bounds(found)
    for each in told.requests.values():
        each.good = is_good(each, promise.of_single_requests(bounds))
    return told


def judged(told, promised=None):
    """Its rows of faults by id, and what they amount to."""
    _, rows, wanting, together = faults.numbers(told, promised)
    return {name: row for (_, name), row in rows.items()}, wanting, together
