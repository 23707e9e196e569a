//! Who would have answered each request at a first try at its intended instant, load ignored: the
//! mark `savable`. A reference, not a bound: a patient gateway may save more, queues may save less.
//! It must never know a contender.

use std::path::Path;
use std::sync::Arc;

use fake_providers::Fakes;
use loadgen::schedule::Schedule;
use plan::Plan;
use record::{AttemptRow, OracleRow, RowWriter};
use world::Clock;

use crate::recorder::RecordError;

#[derive(Debug)]
struct NoLedger;

impl fake_providers::Ledger for NoLedger {
    fn attempt(&self, _: AttemptRow) {}
}

/// Writes `oracle.csv` into `dir`.
pub(crate) fn write(plan: &Plan, fakes: &Fakes, dir: &Path) -> Result<(), RecordError> {
    let write = |source| RecordError::Write { dir: dir.to_owned(), source };
    let mut table = RowWriter::create(&dir.join("oracle.csv")).map_err(write)?;
    for intent in Schedule::new(&plan.load) {
        let phase = plan.load.phases.get(intent.phase);
        let would: Vec<&str> = (0..plan.fakes.deployments.len())
            .filter(|index| {
                fakes.would_answer(
                    *index,
                    intent.request.0,
                    intent.intended,
                    intent.stream,
                    u64::from(intent.prompt_tokens),
                )
            })
            .filter_map(|index| plan.fakes.deployments.get(index))
            .map(|deployment| deployment.id.as_str())
            .collect();
        let row = OracleRow {
            request: intent.request.0,
            warmup: phase.is_some_and(|phase| phase.warmup),
            savable: !would.is_empty(),
            deployments: would.join("+"),
        };
        table.push(intent.intended.ns(), intent.request.0, row).map_err(write)?;
    }
    table.finish().map_err(write)?;
    Ok(())
}

/// Fakes that only answer questions; nobody talks to them.
pub(crate) fn fakes(plan: &Plan) -> Result<Fakes, fake_providers::FakesError> {
    Fakes::new(plan.fakes.clone(), Clock::simulated(), Arc::new(NoLedger))
}
