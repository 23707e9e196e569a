//! Markdown: the summary of a job, and the body of a comment that a later run replaces by its first line.

use std::fmt::Write as _;

use crate::report::{Gate, GateRow, GateVerdict};
use crate::words::gate::{sides, still_shown};

/// By this line a comment is found again.
const MARK: &str = "<!-- brownout-gate -->";

/// The text.
pub fn markdown(found: &Gate) -> String {
    let mut out = format!("{MARK}\n");
    let sign = if found.pass { "✅" } else { "❌" };
    let _ = writeln!(out, "### {sign} Failover gate: {}\n", found.verdict.word());
    let _ = writeln!(out, "{}\n", text(&found.line));
    let (before, after) = sides(found);
    let _ = writeln!(
        out,
        "{} against {}, {} seeds each with the same luck, simulated by brownout {}.\n",
        code(&after),
        code(&before),
        found.seeds,
        found.build
    );
    changes(found, &mut out);
    let _ = writeln!(out, "| | scenario | verdict | why |\n|---|---|---|---|");
    for row in &found.scenarios {
        let why =
            [row.told()].into_iter().chain(row.causes.iter().take(2).map(|one| one.text.clone()));
        let why: Vec<String> =
            why.filter(|line| !line.is_empty()).map(|line| cell(&line)).collect();
        let (sign, name) = (sign_of(row), cell(&row.name()));
        let _ =
            writeln!(out, "| {sign} | {name} | {} | {} |", row.verdict.word(), why.join("<br>"));
    }
    let failing = found.scenarios.iter().filter(|row| !row.pass && !row.command.is_empty());
    let failing: Vec<&GateRow> = failing.collect();
    if !failing.is_empty() {
        let _ = writeln!(out, "\nTo look closer:\n\n```sh");
        for row in failing {
            // A fence ends at a line of its own.
            let _ = writeln!(out, "{}", row.command.replace(['\n', '\r'], " "));
        }
        let _ = writeln!(out, "```");
    }
    for line in still_shown(found) {
        let _ = writeln!(out, "\n{}", text(&line));
    }
    out
}

fn changes(found: &Gate, out: &mut String) {
    if found.changes.is_empty() {
        if !found.from_baseline {
            let _ = writeln!(out, "No key differs.\n");
        }
        return;
    }
    for change in found.changes.iter().take(CHANGES_MAX) {
        let _ = writeln!(out, "- {} {}", code(&change.place()), code(&change.words()));
    }
    let more = found.changes.len().saturating_sub(CHANGES_MAX);
    if more > 0 {
        let _ = writeln!(out, "- … and {more} more");
    }
    out.push('\n');
}

/// Most changes that are listed.
const CHANGES_MAX: usize = 20;

fn sign_of(row: &GateRow) -> &'static str {
    match (row.pass, row.verdict) {
        (false, _) => "❌",
        (true, GateVerdict::Better) => "⬆️",
        (true, GateVerdict::Untested) => "➖",
        (true, _) => "✅",
    }
}

/// What comes from outside cannot start markup, a link, or a mention.
fn text(raw: &str) -> String {
    let mut out = String::with_capacity(raw.len());
    for c in raw.chars() {
        match c {
            '\\' | '*' | '_' | '[' | ']' | '#' | '~' => out.extend(['\\', c]),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '&' => out.push_str("&amp;"),
            '@' => out.push_str("@\u{200b}"),
            '\n' | '\r' => out.push(' '),
            c => out.push(c),
        }
    }
    out
}

fn cell(raw: &str) -> String {
    text(raw).replace('|', "\\|")
}

fn code(raw: &str) -> String {
    format!("`{}`", raw.replace('`', "'").replace(['\n', '\r'], " "))
}
