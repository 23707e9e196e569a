//! What came of the cases, for a person at a terminal.

use judge::parity::{Results, Score, Standing};

/// Cases that do not agree are told one by one up to here; the page has all.
const TOLD_MAX: usize = 200;

/// Deviations, what was set aside, and the score.
pub(crate) fn told(results: &Results) -> String {
    let mut lines = Vec::new();
    for row in results.cases.iter().filter(|row| row.standing != Standing::Agrees).take(TOLD_MAX) {
        lines.push(format!("{}  {}", row.standing.word(), row.case));
        for one in row.deviations() {
            lines.push(format!("    {one}"));
        }
        lines.extend(row.reason.iter().map(|reason| format!("    {reason}")));
    }
    for row in results.cells.iter().filter(|row| row.standing != Standing::Agrees) {
        lines.push(format!("{}  {}", row.standing.word(), row.cell));
        lines.extend(row.differing().map(|one| format!("    {one}")));
    }
    let score = Score::of(results.cases.iter().map(|row| row.standing));
    lines.push(format!("{score} agree ({:.1} %), {} set aside", score.percent(), score.set_aside));
    if !results.cells.is_empty() {
        let score = Score::of(results.cells.iter().map(|row| row.standing));
        lines.push(format!("{} of {} cells under load agree", score.agree, score.of));
    }
    lines.join("\n")
}
