//! `summary.md`: the first screen for a pull request or a chat.

use std::fmt::Write as _;

use super::{File, Report};
use crate::Analysis;
use crate::figures::{factor, or_never, or_not, percent, seconds};
use crate::report::{Contender, ValidityVerdict};
use crate::terminal::comparison::{cost_per_1k, identity, mark, ranked};
use crate::terminal::opening::{head_pieces, judged, tested, validity_text};
use crate::terminal::outcome::{fault_title, first_red};
use crate::verdict::{keeps, slo_value};

/// The format.
#[derive(Debug)]
pub(super) struct Markdown;

impl Report for Markdown {
    fn name(&self) -> &'static str {
        "markdown"
    }

    fn summary(&self) -> &'static str {
        "the first screen, for a pull request or a chat"
    }

    fn files(&self, analysis: &Analysis) -> Vec<File> {
        vec![File::text("summary.md", text(analysis))]
    }
}

fn text(analysis: &Analysis) -> String {
    let report = &analysis.report;
    let word = match report.validity.verdict {
        ValidityVerdict::Valid => "VALID",
        ValidityVerdict::Invalid => "INVALID",
    };
    let mut out = format!(
        "## {}\n\n{}\n\n{}\n\n**{word}** {}\n\n**Verdict** {}\n\n",
        escape(&head_pieces(analysis).join(" · ")),
        escape(&tested(analysis).join(" · ")),
        escape(&judged(analysis).join(" · ")),
        escape(&validity_text(analysis)),
        escape(&report.verdict.line)
    );
    out.push_str(&comparison(analysis));
    out.push_str(&faults(analysis));
    if let Some(red) = first_red(analysis) {
        let command = red.command(analysis).replace('`', "'");
        let _ = writeln!(out, "Look closer: `{command}` ({})", escape(&red.why));
    }
    out
}

fn comparison(analysis: &Analysis) -> String {
    let ranked = ranked(analysis);
    let Some(first) = ranked.first() else { return String::new() };
    let mut head = vec!["contender".to_owned(), "promise".to_owned()];
    head.extend(first.slo.iter().map(|slo| escape(&format!("{} {}", slo.metric, slo.expr))));
    head.extend(["$ per 1,000 good", "goodput", "attempts", "runs as"].map(str::to_owned));
    let mut out = row(&head) + &row(&vec!["---".to_owned(); head.len()]);
    for contender in ranked {
        out.push_str(&row(&cells(contender)));
    }
    out + "\n"
}

fn cells(contender: &Contender) -> Vec<String> {
    let kept = (!contender.slo.is_empty()).then(|| keeps(contender));
    let (sign, word) = mark(kept);
    let promised =
        if contender.slo.is_empty() { "none given".to_owned() } else { format!("{sign} {word}") };
    let mut cells = vec![format!("**{}**", escape(&contender.name)), promised];
    cells
        .extend(contender.slo.iter().map(|slo| format!("{} {}", mark(slo.pass).0, slo_value(slo))));
    cells.push(cost_per_1k(contender));
    cells.push(or_never(contender.goodput, percent));
    cells.push(contender.retry_amplification.map_or_else(|| "n/a".to_owned(), factor));
    cells.push(identity(contender).join(", "));
    cells
}

fn faults(analysis: &Analysis) -> String {
    let ranked = ranked(analysis);
    let head = ["fault", "contender", "success meanwhile", "detected", "recovered", "failed back"];
    let mut rows = String::new();
    for at in 0..ranked.first().map_or(0, |contender| contender.faults.len()) {
        for contender in &ranked {
            let Some(fault) = contender.faults.get(at) else { continue };
            let not = &fault.not_applicable;
            rows.push_str(&row(&[
                escape(&fault_title(fault)),
                escape(&contender.name),
                or_not(fault.success_rate, percent, ("success_rate", not)),
                or_not(fault.time_to_detect_s, seconds, ("time_to_detect_s", not)),
                or_not(fault.time_to_recover_s, seconds, ("time_to_recover_s", not)),
                or_not(fault.failback_s, seconds, ("failback_s", not)),
            ]));
        }
    }
    if rows.is_empty() {
        return rows;
    }
    row(&head.map(str::to_owned)) + &row(&head.map(|_| "---".to_owned())) + &rows + "\n"
}

fn row(cells: &[String]) -> String {
    format!("| {} |\n", cells.join(" | "))
}

/// Text from outside that must not become markup, a link, a mention or a table cell.
fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '|' | '[' | ']' | '*' | '`' | '\\' => out.extend(['\\', c]),
            '@' => out.push_str("&#64;"),
            c if c.is_control() => out.push(' '),
            c => out.push(c),
        }
    }
    out
}
