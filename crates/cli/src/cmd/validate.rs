//! `brownout validate`: everything that `run` would refuse, and everything that it would remark.

use plan::ClockKind;

use crate::args::{Clock, Validate};
use crate::cmd::scenario::{self, Reading};
use crate::exit::{Ended, Failure, Outcome};
use crate::screen;

/// Checks every scenario; tells all mistakes before it fails.
pub(crate) fn validate(args: &Validate) -> Outcome {
    let mut mistakes = Vec::new();
    for name in &args.scenarios {
        let personality = args.personality.as_deref();
        let clock = match args.clock {
            Clock::Virtual => ClockKind::Virtual,
            Clock::Wall => ClockKind::Wall,
        };
        let reading = Reading::plain(clock, &[], personality);
        let plan = scenario::find(name)
            .and_then(|scenario| scenario::plan(&scenario, &args.plan, reading));
        match plan {
            Ok(plan) if !plan.refusals.is_empty() => {
                let why = plan.refusals.join("; ");
                mistakes.push(Failure::User(format!("error: {name} cannot be run: {why}")));
            }
            Ok(plan) => {
                let info = &plan.info;
                screen::print(&format!(
                    "{name}: ok · {} deployments, {} contenders, {} faults, {}",
                    info.deployments.len(),
                    plan.contenders.len(),
                    info.faults.len(),
                    vocab::show_duration(std::time::Duration::from_nanos(
                        info.scenario.duration_ns
                    )),
                ));
                scenario::print_notes(&plan, scenario::Detail::Full);
            }
            Err(other @ (Failure::Unmeasured(_) | Failure::Internal(_))) => return Err(other),
            Err(mistake @ (Failure::User(_) | Failure::Mistakes(_))) => mistakes.push(mistake),
        }
    }
    let Some(last) = mistakes.pop() else { return Ok(Ended::Done) };
    mistakes.iter().for_each(Failure::tell);
    Err(last)
}
