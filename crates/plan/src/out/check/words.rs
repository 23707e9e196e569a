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
        of(Level::Warning).for_each(|finding| page.finding(finding));
    }
    page.heading("What it does");
    check.groups.iter().for_each(|group| page.group(group));
    for (sort, heading) in SORTS {
        let mut notes = of(Level::Note).filter(|finding| finding.sort == *sort).peekable();
        if notes.peek().is_some() {
            page.heading(heading);
            notes.for_each(|finding| page.finding(finding));
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

    fn finding(&mut self, finding: &Finding) {
        let Finding { place, about, says, remedy, .. } = finding;
        if let Some(place) = place {
            self.wrapped(place, (2, 2));
        }
        let indent = if place.is_some() { 4 } else { 2 };
        self.wrapped(&format!("{about}: {says}"), (indent, indent + 2));
        if let Some(remedy) = remedy {
            self.wrapped(&format!("→ {remedy}"), (indent, indent + 2));
        }
    }

    fn group(&mut self, group: &Group) {
        let number = group.deployments.len();
        let plural = if number == 1 { "" } else { "s" };
        self.wrapped(&format!("{}: {number} deployment{plural}", group.name), (2, 4));
        self.wrapped(&format!("calm traffic   {}", group.calm), (4, 19));
        let next = match group.falls_back_to.as_slice() {
            [] => "nowhere".to_owned(),
            ids => ids.join(", "),
        };
        self.wrapped(&format!("falls back to  {next}"), (4, 19));
        let both = format!(
            "{}; streams {}",
            outlook(&group.silent),
            three_digits(duration(group.silent_stream.seconds))
        );
        self.wrapped(&format!("if all hang    {both}"), (4, 19));
        self.wrapped(&format!("if all refuse  {}", outlook(&group.refusing)), (4, 19));
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
