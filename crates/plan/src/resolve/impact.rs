//! From `impact:` to what an outage costs whoever runs the service.

use record::run::ImpactInfo;

use crate::text::diagnostic::Problem;
use crate::text::node::{Node, Part};
use crate::text::raw::Impact;
use crate::text::read::read;

/// Highest cost of one request or minute, US dollars; a typing error is likelier.
const COST_MAX: f64 = 1e9;

/// Reads the section.
///
/// # Errors
/// A cost that cannot be, or none at all.
pub(crate) fn impact(section: Option<&Node>) -> Result<Option<ImpactInfo>, Problem> {
    let Some(node) = section else { return Ok(None) };
    let text: Impact = read(node)?;
    let cost = |key: &str, cost: Option<f64>| {
        let cost = cost.unwrap_or(0.0);
        if (0.0..=COST_MAX).contains(&cost) {
            return Ok(cost);
        }
        Err(Problem::new(format!("`{key}` costs between 0 and a billion US dollars, not {cost}"))
            .help(HELP)
            .at(node.place(key, Part::Value)))
    };
    let impact = ImpactInfo {
        failed_request: cost("failed_request", text.failed_request)?,
        bad_minute: cost("bad_minute", text.bad_minute)?,
    };
    if impact.failed_request == 0.0 && impact.bad_minute == 0.0 {
        let message = "an outage that costs nothing needs no `impact`";
        return Err(Problem::new(message).help(HELP).at(node.at));
    }
    Ok(Some(impact))
}

const HELP: &str = "write `impact: { failed_request: 0.05, bad_minute: 20 }`, in US dollars";
