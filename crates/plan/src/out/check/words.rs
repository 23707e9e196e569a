//! A check as people read it: warnings first, then what each group does, then the rest.

use crate::out::check::{Check, Group, Outlook};
use crate::resolve::finding::{Finding, Level, Sort};
use crate::text::spelling::three_digits;

/// Narrowest layout.
const WIDTH_MIN: usize = 40;

/// The whole text.
pub(super) fn text(check: &Check, width: usize) -> String {
    let mut page = Page { text: String::new(), width: width.max(WIDTH_MIN) };
    let of = |level| check.findings.iter().filter(move |finding| finding.level == level);
    page.line(&format!("{}: {} under {}", check.config, check.strategy, check.personality));
    if check.warns() {
        page.heading("Warnings");
        folded(of(Level::Warning)).iter().for_each(|alike| page.findings(alike));
    }
    page.heading("What it does");
    for (names, lines) in alike(&check.groups) {
        page.group(&names, &lines);
    }
    for (sort, heading) in SORTS {
        let notes = folded(of(Level::Note).filter(|finding| finding.sort == *sort));
        if !notes.is_empty() {
            page.heading(heading);
            notes.iter().for_each(|alike| page.findings(alike));
        }
    }
    page.heading(&total(check));
    page.text
}

/// Sorts of notes in the order of the page.
const SORTS: &[(Sort, &str)] = &[
    (Sort::Outage, "In an outage"),
    (Sort::Contradiction, "What contradicts"),
    (Sort::Advice, "What may surprise"),
    (Sort::NoEffect, "What has no effect"),
    (Sort::NotYet, "What brownout does not act on yet"),
    (Sort::Outside, "What is left alone"),
    (Sort::Mistake, "What nobody knows"),
];

fn total(check: &Check) -> String {
    let warnings = check.findings.iter().filter(|one| one.level == Level::Warning).count();
    let notes = check.findings.len() - warnings;
    let plural = |number: usize| if number == 1 { "" } else { "s" };
    format!("{warnings} warning{}, {notes} note{}", plural(warnings), plural(notes))
}

struct Page {
    text: String,
    width: usize,
}

impl Page {
    fn line(&mut self, text: &str) {
        self.wrapped(text, (0, 0));
    }

    fn heading(&mut self, text: &str) {
        self.text.push('\n');
        self.line(text);
    }

    /// Findings that say the same, at the place of the first.
    fn findings(&mut self, alike: &[&Finding]) {
        let Some(Finding { place, says, remedy, .. }) = alike.first() else { return };
        if let Some(place) = place {
            self.wrapped(place, (2, 2));
        }
        let indent = if place.is_some() { 4 } else { 2 };
        let about: Vec<&str> = alike.iter().map(|finding| finding.about.as_str()).collect();
        self.wrapped(&format!("{}: {says}", listed(&about)), (indent, indent + 2));
        if let Some(remedy) = remedy {
            self.wrapped(&format!("→ {remedy}"), (indent, indent + 2));
        }
    }

    /// Groups that do the same.
    fn group(&mut self, names: &[&str], lines: &[String]) {
        let mut lines = lines.iter();
        let number = lines.next().map_or("", String::as_str);
        let each = if names.len() > 1 { " each" } else { "" };
        self.wrapped(&format!("{}: {number}{each}", listed(names)), (2, 4));
        lines.for_each(|line| self.wrapped(line, (4, 19)));
    }

    /// Breaks a text at blanks; `first` and `rest` are the blanks before its lines.
    fn wrapped(&mut self, text: &str, (first, rest): (usize, usize)) {
        let mut row = " ".repeat(first);
        let (mut used, mut empty) = (first, true);
        // Blanks that lay out the first words stay.
        for word in text.split_inclusive(' ') {
            let length = word.trim_end().chars().count();
            if !empty && used + length > self.width {
                self.push(&row);
                row = " ".repeat(rest);
                (used, empty) = (rest, true);
                if length == 0 {
                    continue;
                }
            }
            row.push_str(word);
            used += word.chars().count();
            empty &= length == 0;
        }
        self.push(&row);
    }

    fn push(&mut self, row: &str) {
        self.text.push_str(row.trim_end());
        self.text.push('\n');
    }
}

/// Names of findings or groups that are told at most; the JSON has them all.
const NAMES_MAX: usize = 8;

/// `a, b and 3 more`.
fn listed(names: &[&str]) -> String {
    let shown = names.iter().take(NAMES_MAX).copied().collect::<Vec<_>>().join(", ");
    match names.len().saturating_sub(NAMES_MAX) {
        0 => shown,
        more => format!("{shown} and {more} more"),
    }
}

/// Findings with the same words together, in the order of their first.
fn folded<'f>(findings: impl Iterator<Item = &'f Finding>) -> Vec<Vec<&'f Finding>> {
    let mut folded: Vec<Vec<&Finding>> = Vec::new();
    for finding in findings {
        let same = |alike: &&mut Vec<&Finding>| {
            let first = alike.first();
            first.is_some_and(|one| (&one.says, &one.remedy) == (&finding.says, &finding.remedy))
        };
        match folded.iter_mut().find(same) {
            Some(alike) => alike.push(finding),
            None => folded.push(vec![finding]),
        }
    }
    folded
}

/// Names of groups of which the same is told, and that, in the order of their first.
fn alike(groups: &[Group]) -> Vec<(Vec<&str>, Vec<String>)> {
    let mut alike: Vec<(Vec<&str>, Vec<String>)> = Vec::new();
    for group in groups {
        let lines = lines(group);
        match alike.iter_mut().find(|(_, told)| *told == lines) {
            Some((names, _)) => names.push(&group.name),
            None => alike.push((vec![&group.name], lines)),
        }
    }
    alike
}

/// What is told of a group: its size first.
fn lines(group: &Group) -> Vec<String> {
    let number = group.deployments.len();
    let plural = if number == 1 { "" } else { "s" };
    let next = match group.falls_back_to.as_slice() {
        [] => "nowhere".to_owned(),
        ids => ids.join(", "),
    };
    let streams = match group.streams {
        true => format!("; streams {}", three_digits(duration(group.silent_stream.seconds))),
        false => String::new(),
    };
    vec![
        format!("{number} deployment{plural}"),
        format!("calm traffic   {}", group.calm),
        format!("falls back to  {next}"),
        format!("if all hang    {}{streams}", outlook(&group.silent)),
        format!("if all refuse  {}", outlook(&group.refusing)),
    ]
}

/// `3 attempts, 6.02 min until the client has its error`.
fn outlook(outlook: &Outlook) -> String {
    let plural = if outlook.attempts == 1 { "" } else { "s" };
    let when = match outlook.seconds {
        seconds if seconds > 0.0 => format!("after {}", three_digits(duration(seconds))),
        _ => "at once".to_owned(),
    };
    format!("{} attempt{plural} at most, then an error {when}", outlook.attempts)
}

fn duration(seconds: f64) -> std::time::Duration {
    std::time::Duration::from_secs_f64(seconds.max(0.0))
}
