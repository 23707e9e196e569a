//! `summary.md`: the first screen for a pull request or a chat.

use std::fmt::Write as _;

use super::{File, Format};
use crate::Analysis;
use crate::report::{Contender, ValidityVerdict};
use crate::summary::faults::{group_title, whole};
use crate::summary::hint::first_red;
use crate::summary::opening::{
    Piece, called, can_judge, firmness, head, hit, tested, validity_text,
};
use crate::summary::ranked;
use crate::words::contender::{bad_minutes, cost_per_1k, goodput, identity, impact, shown};
use crate::words::fault::detected;
use crate::words::figures::{factor, or_not, percent, seconds};
use crate::words::promise::{
    judged, promise_remark, promise_value, promise_word, promises_success, sign,
};
use crate::words::run::marks;
use crate::words::windows::groups;

/// The format.
#[derive(Debug)]
pub(super) struct Markdown;

impl Format for Markdown {
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
    let opening: Vec<String> = head(analysis).iter().map(Piece::text).collect();
    let mut out = format!(
        "## {}\n\n{}\n\n{}\n\n**{word}** {}\n\n**Verdict** {}\n\n",
        escape(&opening.join(" · ")),
        escape(&[tested(analysis), called(analysis)].concat().join(" · ")),
        escape(&can_judge(analysis).join(" · ")),
        escape(&validity_text(analysis)),
        escape(&report.verdict.line)
    );
    if let Some(firmness) = firmness(analysis) {
        let label = if analysis.robust.is_some() { "**Robust** " } else { "" };
        let _ = writeln!(out, "{label}{}\n", escape(&firmness));
    }
    for warning in &report.warnings {
        let _ = writeln!(out, "**Warning** {}\n", escape(warning));
    }
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
    head.extend((!promises_success(first)).then(|| "success".to_owned()));
    head.extend(first.slo.iter().map(|slo| format!("{} {}", slo.metric(), code(&slo.slo.expr))));
    head.push("$ per 1,000 good".to_owned());
    head.extend(first.has_impact().then(|| "impact".to_owned()));
    head.extend(["goodput", "attempts", "runs as"].map(str::to_owned));
    let mut out = row(&head) + &row(&vec!["---".to_owned(); head.len()]);
    for contender in ranked {
        out.push_str(&row(&cells(contender, analysis.report.validity.verdict)));
    }
    out + "\n"
}

fn cells(contender: &Contender, validity: ValidityVerdict) -> Vec<String> {
    let (pass, word) = promise_word(contender, validity);
    let promised = format!("{} {word}", sign(pass).0);
    let mut cells = vec![format!("**{}**", escape(&contender.name)), promised];
    let success = || shown(contender, contender.success_rate, percent);
    cells.extend((!promises_success(contender)).then(success));
    cells.extend(contender.slo.iter().map(|slo| {
        let remark = promise_remark(contender, slo, validity);
        let remark = remark.map_or_else(String::new, |remark| format!(" ({})", escape(&remark)));
        let value = promise_value(contender, slo);
        format!("{} {value}{remark}", sign(judged(slo.pass(), validity)).0)
    }));
    cells.push(cost_per_1k(contender));
    cells.extend(contender.has_impact().then(|| {
        let minutes = bad_minutes(contender).map(|minutes| format!(" ({minutes})"));
        impact(contender) + &minutes.unwrap_or_default()
    }));
    cells.push(goodput(contender));
    cells.push(shown(contender, contender.retry_amplification, factor));
    cells.push(escape(&identity(contender).join(", ")));
    cells
}

fn faults(analysis: &Analysis) -> String {
    let mut ranked = ranked(analysis);
    ranked.retain(|contender| contender.was_played());
    let head = ["fault", "contender", "success meanwhile", "detected", "recovered", "failed back"];
    let mut rows = String::new();
    for group in ranked.first().map_or_else(Vec::new, |contender| groups(&contender.faults)) {
        for contender in &ranked {
            let Some(fault) = &whole(analysis, contender, &group) else { continue };
            rows.push_str(&row(&[
                escape(&group_title(&group, fault)),
                escape(&contender.name),
                or_not(fault.success_rate, percent),
                detected(fault),
                or_not(fault.time_to_recover_s, seconds),
                or_not(fault.failback_s, seconds),
            ]));
        }
    }
    let lines = hit(analysis).into_iter().chain(marks(&analysis.run));
    let mut told: String = lines.map(|line| format!("- {}\n", escape(&line))).collect();
    if !told.is_empty() {
        told.push('\n');
    }
    if rows.is_empty() {
        return told;
    }
    row(&head.map(str::to_owned)) + &row(&head.map(|_| "---".to_owned())) + &rows + "\n" + &told
}

/// A row of a table.
pub(super) fn row(cells: &[String]) -> String {
    format!("| {} |\n", cells.join(" | "))
}

/// Text between backticks, in a table cell.
fn code(text: &str) -> String {
    let text: String = text.chars().filter(|c| !c.is_control()).collect();
    format!("`{}`", text.replace('`', "'").replace('|', "\\|"))
}

/// Text from outside as a cell or a line; between backticks too.
pub(super) fn cell(text: &str) -> String {
    escape(text).replace("\\`", "'")
}

/// Text from outside that must not become markup, a link, a mention or a table cell. It never begins
/// a line, and there only a `>` would quote; a `<` opens a tag only before a letter or `/!?`.
fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text.chars().peekable();
    while let Some(c) = rest.next() {
        let opens = |next: &char| next.is_ascii_alphabetic() || matches!(next, '/' | '!' | '?');
        match c {
            '<' if rest.peek().is_some_and(opens) => out.push_str("&lt;"),
            '|' | '[' | ']' | '*' | '`' | '\\' => out.extend(['\\', c]),
            '@' => out.push_str("&#64;"),
            c if c.is_control() => out.push(' '),
            c => out.push(c),
        }
    }
    // What a forge would make a link of by itself.
    out.replace("://", ":&#47;/").replace("www.", "www&#46;")
}
