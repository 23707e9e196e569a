//! A brownout of 200 s in four requests a second: west dies from 60 s to 120 s. Three contenders
//! meet it: `swift` switches within 2 s, `stubborn` never leaves west, `dear` avoids west always.

use vocab::{FailureKind, Outcome};

use super::{MS, RunDir, S, Tables, phase, request_row};

/// Requests per second.
const RATE: u64 = 4;

/// The run, promises included.
pub(crate) fn run() -> RunDir {
    let mut dir = RunDir::new(200);
    dir.run.phases = vec![phase("warm-up", (0, 20), true), phase("load", (20, 200), false)];
    dir.fault("refuse", "west", (60, 120)).summary = "refuse (connections turned away)".to_owned();
    dir.slo("success", "rate > 0.98");
    dir.slo("ttft", "p(99)<3000");
    dir.slo("recover", "max <= 30s");
    dir.contender("direct", tables(|_, _| Fate::West));
    dir.contender("stubborn", tables(|_, _| Fate::West));
    dir.contender(
        "swift",
        tables(|at, n| match at / S {
            60..62 => Fate::Rescued,
            62..150 => Fate::East,
            _ if n % 2 == 0 => Fate::West,
            _ => Fate::East,
        }),
    );
    dir.contender("dear", tables(|_, _| Fate::East));
    let swift = dir.tables.get_mut("swift").expect("added above");
    swift.cooldown(62 * S, "west", 60_000);
    swift.cooldown(110 * S, "west", 40_000);
    dir.oracle = (0..200 * RATE)
        .map(|request| record::OracleRow {
            request,
            warmup: request < 20 * RATE,
            savable: true,
            deployments: "east".to_owned(),
        })
        .collect();
    dir
}

enum Fate {
    West,
    East,
    /// West first, in vain, then east.
    Rescued,
}

fn tables(fate: impl Fn(u64, u64) -> Fate) -> Tables {
    let mut tables = Tables::default();
    for n in 0..200 * RATE {
        let at = n * S / RATE;
        let faulty = (60..120).contains(&(at / S));
        // Spread without randomness: 400 to 799 ms.
        let ttft = 400 + n * 37 % 400;
        match fate(at, n) {
            Fate::West if faulty => {
                let request = tables.failure(at, 20, FailureKind::Connect);
                tables.failed_attempt(request, at, "west", "f1");
            }
            Fate::West => {
                tables.success(at, ttft, 40, "west");
            }
            Fate::East => {
                tables.success(at, ttft + 200, 40, "east");
            }
            Fate::Rescued => {
                let request = tables.success(at, ttft + 700, 40, "east");
                tables.failed_attempt(request, at, "west", "f1");
            }
        }
    }
    for row in &mut tables.requests {
        row.warmup = row.intended_ns < 20 * S;
        row.phase = if row.warmup { "warm-up" } else { "load" }.to_owned();
    }
    tables
}

/// One more request that nobody offered room for.
pub(crate) fn never_sent(tables: &mut Tables) {
    let request = tables.requests.len() as u64;
    let row = request_row(request, 199 * S + 900 * MS, Outcome::NeverSent);
    tables.requests.push(row);
}
