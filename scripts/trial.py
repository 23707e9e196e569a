#!/usr/bin/env python3
"""The goals of the gateway's failover trial, seed by seed.

    scripts/trial.py target/release/brownout [SEEDS]

Plays scenarios/failover-trial.yaml with SEEDS seeds (default 10) and prints for the contender `resume`: the share of
requests answered whole, the 95th percentile of the time to the first token, attempts per request, and how long after each
fault's end the first deployment was used again (a dash where the run ended first). Ends with 1 if fewer than nine in
ten seeds meet all goals: 99.7 %, 500 ms, 1.10 attempts, 10 s.
"""

import csv
import json
import subprocess
import sys
import tempfile
from pathlib import Path

SCENARIO = Path(__file__).parent.parent / "scenarios/failover-trial.yaml"
CONTENDER = "resume"
NS = 1e9


def used_again(run: Path, faults: list[dict]) -> list[float | None]:
    """Seconds from each fault's end to the next attempt at a deployment that it hit."""
    with open(run / CONTENDER / "attempts.csv", newline="", encoding="utf-8") as table:
        arrivals = [(row["deployment"], int(row["arrived_ns"])) for row in csv.DictReader(table)]
    again = []
    for fault in faults:
        hit = set(fault["deployments"])
        later = [at - fault["to_ns"] for whom, at in arrivals if whom in hit and at >= fault["to_ns"]]
        again.append(min(later) / NS if later else None)
    return again


def main() -> int:
    brownout, seeds = sys.argv[1], int(sys.argv[2]) if len(sys.argv) > 2 else 10
    met = 0
    print(f"{'seed':>4} {'success':>8} {'p95 ttft':>9} {'attempts':>9}  used again after")
    for seed in range(1, seeds + 1):
        with tempfile.TemporaryDirectory() as folder:
            run = Path(folder) / "run"
            command = [brownout, "run", SCENARIO, "--seed", str(seed), "--contender", CONTENDER, "--out", run]
            subprocess.run(command, check=False, capture_output=True)
            report = json.loads((run / "report.json").read_text(encoding="utf-8"))
            info = json.loads((run / "run.json").read_text(encoding="utf-8"))
            again = used_again(run, info["faults"])
        one = next(one for one in report["contenders"] if one["name"] == CONTENDER)
        success, ttft = one["success_rate"], one["ttft_ms"]["p95"]
        attempts = one["attempts"] / one["offered"]
        in_time = all(seconds is None or seconds <= 10 for seconds in again)
        good = success >= 0.997 and ttft < 500 and attempts <= 1.10 and in_time
        met += good
        back = ", ".join("-" if seconds is None else f"{seconds:.1f} s" for seconds in again)
        print(f"{seed:>4} {success:>8.1%} {ttft:>6.0f} ms {attempts:>9.3f}  {back}{'' if good else '  MISSED'}")
    print(f"{met} of {seeds} seeds meet all goals")
    return 0 if met >= 0.9 * seeds else 1


if __name__ == "__main__":
    sys.exit(main())
