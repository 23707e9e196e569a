//! What is wrong with an input, told to the person who wrote it: file, line and column, the text
//! underlined, what was expected, what to try. Several mistakes at once, before anything starts.
//!
//! Everything quoted is bounded, holds no value of a config that is not known to be harmless
//! ([`quoted`](super::quoted)), and its hidden characters are written out: an input that is hostile to a
//! terminal is still only an input.

use std::fmt::Write as _;
use std::sync::Arc;

use crate::text::quoted::Quotable;
use miette::{GraphicalReportHandler, GraphicalTheme, LabeledSpan, NamedSource, SourceCode};
use vocab::visible;

/// Most mistakes shown at once; the rest are counted.
const SHOWN_MAX: usize = 20;
/// Longest line that is quoted, in bytes; longer ones are only named.
const LINE_MAX: usize = 400;
/// Lines shown before and after the one with the mistake.
const CONTEXT_LINES: usize = 1;
/// Longest text of a message, in bytes: inputs quote themselves in it.
const MESSAGE_MAX: usize = 1200;

/// A number of mistakes, with the texts that they point into. The error of this crate.
#[derive(Clone, Debug)]
pub struct Report {
    sources: Sources,
    problems: Vec<Problem>,
}

/// One mistake.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    message: String,
    label: Option<String>,
    help: Option<String>,
    at: Option<Span>,
}

/// A stretch of one source, in bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Span {
    /// Which text.
    pub source: SourceId,
    /// First byte.
    pub start: usize,
    /// Number of bytes.
    pub len: usize,
}

/// Names a text within [`Sources`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SourceId(u16);

/// The texts of one run: the scenario, the config, `--set` arguments.
#[derive(Clone, Debug, Default)]
pub struct Sources {
    list: Vec<Source>,
}

/// A text, and what of it may be shown.
#[derive(Clone)]
struct Source {
    name: String,
    text: Arc<str>,
    quotable: Quotable,
}

impl std::fmt::Debug for Source {
    /// Without the text, which may hold anything.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Source").field("name", &self.name).finish_non_exhaustive()
    }
}

impl Report {
    /// Puts mistakes and texts together.
    pub fn new(sources: Sources, problems: Vec<Problem>) -> Self {
        Self { sources, problems }
    }

    /// The mistakes as one line each, `file:line:column: message`, for machines and tests.
    pub fn lines(&self) -> Vec<String> {
        let line = |problem: &Problem| match problem.at.and_then(|at| self.sources.place(at)) {
            Some(place) => format!("{place}: {}", clean(&problem.message)),
            None => clean(&problem.message),
        };
        self.problems.iter().map(line).collect()
    }

    /// The mistakes as people read them, at most `width` columns wide.
    pub fn render(&self, colour: bool, width: usize) -> String {
        let theme =
            if colour { GraphicalTheme::unicode() } else { GraphicalTheme::unicode_nocolor() };
        let handler = GraphicalReportHandler::new_themed(theme)
            .with_width(width.clamp(40, 200))
            .with_links(false)
            .with_context_lines(CONTEXT_LINES);
        let mut out = String::new();
        for problem in self.problems.iter().take(SHOWN_MAX) {
            let shown = Shown::new(problem, &self.sources);
            if handler.render_report(&mut out, &shown).is_err() {
                // Nothing is lost when the drawing fails.
                let _ = writeln!(out, "{}", shown.message);
            }
        }
        let hidden = self.problems.len().saturating_sub(SHOWN_MAX);
        if hidden > 0 {
            let _ = writeln!(out, "… and {hidden} more");
        }
        out
    }
}

impl std::fmt::Display for Report {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.render(false, 100).trim_end())
    }
}

impl std::error::Error for Report {}

impl Problem {
    /// A mistake, in one sentence.
    pub fn new(message: impl Into<String>) -> Self {
        Self { message: message.into(), label: None, help: None, at: None }
    }

    /// Where it is, unless that is known already.
    #[must_use]
    pub fn at(mut self, at: Span) -> Self {
        self.at.get_or_insert(at);
        self
    }

    /// A few words under the underlined text.
    #[must_use]
    pub fn label(mut self, label: impl Into<String>) -> Self {
        self.label = Some(label.into());
        self
    }

    /// What to try.
    #[must_use]
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    /// Whether it says what to try.
    pub(crate) fn helps(&self) -> bool {
        self.help.is_some()
    }

    /// What to try, if there is something.
    #[must_use]
    pub fn maybe_help(mut self, help: Option<String>) -> Self {
        self.help = help.or(self.help);
        self
    }
}

impl SourceId {
    /// Its number, for readers that carry places through serde.
    pub(crate) fn number(self) -> usize {
        usize::from(self.0)
    }

    /// The other way round.
    pub(crate) fn from_number(number: usize) -> Self {
        Self(u16::try_from(number).unwrap_or(u16::MAX))
    }
}

impl Sources {
    /// Adds a text that may be shown, under the name that messages use. At most 65,535; later ones share
    /// the last name.
    pub fn add(&mut self, name: &str, text: &str) -> SourceId {
        self.add_quotable(name, text, Quotable::all(text))
    }

    /// Adds a text of which only `quotable` may be shown.
    pub(crate) fn add_quotable(&mut self, name: &str, text: &str, quotable: Quotable) -> SourceId {
        let id = u16::try_from(self.list.len()).unwrap_or(u16::MAX);
        self.list.push(Source { name: clean(name), text: Arc::from(text), quotable });
        SourceId(id)
    }

    /// Changes what of a text may be shown, once it was read.
    pub(crate) fn quote(&mut self, id: SourceId, quotable: Quotable) {
        if let Some(source) = self.list.get_mut(id.number()) {
            source.quotable = quotable;
        }
    }

    /// The line of a span, from 1; 0 for a text that nobody knows.
    pub(crate) fn line(&self, at: Span) -> usize {
        self.list.get(at.source.number()).map_or(0, |source| line_of(&source.text, at.start).0)
    }

    /// The file of a span, and its line there, from 1.
    pub(crate) fn spot(&self, at: Span) -> Option<(String, usize)> {
        let source = self.list.get(at.source.number())?;
        Some((source.name.clone(), line_of(&source.text, at.start).0))
    }

    /// `file:line:column` of a span, lines and columns from 1.
    pub fn place(&self, at: Span) -> Option<String> {
        let Source { name, text, .. } = self.list.get(at.source.number())?;
        let (line, column, _) = line_of(text, at.start);
        Some(format!("{name}:{line}:{column}"))
    }
}

/// A bounded suggestion: the known word nearest to `word`, if one is near.
pub(crate) fn nearest<'a>(word: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let word: String = word.chars().take(64).collect();
    known
        .into_iter()
        .map(|candidate| (strsim::jaro_winkler(&word, candidate), candidate))
        .filter(|(score, _)| *score > 0.8)
        .max_by(|(a, _), (b, _)| a.total_cmp(b))
        .map(|(_, candidate)| candidate)
}

/// "did you mean `x`? known: a, b, c", with a bounded list.
pub(crate) fn suggest<'a>(word: &str, known: &[&'a str], what: &str) -> String {
    let list = |known: &[&'a str]| {
        let shown: Vec<&str> = known.iter().copied().take(24).collect();
        let more = if known.len() > shown.len() { ", …" } else { "" };
        format!("{what}: {}{more}", shown.join(", "))
    };
    match nearest(word, known.iter().copied()) {
        Some(near) => format!("did you mean `{near}`? {}", list(known)),
        None if known.is_empty() => format!("there are no {what}"),
        None => list(known),
    }
}

/// A problem made ready for the drawing library.
#[derive(Debug)]
struct Shown {
    message: String,
    help: Option<String>,
    source: Option<NamedSource<Arc<str>>>,
    span: Option<LabeledSpan>,
}

impl Shown {
    fn new(problem: &Problem, sources: &Sources) -> Self {
        let mut message = clean(&problem.message);
        let help = problem.help.as_deref().map(clean);
        let known = problem.at.and_then(|at| Some((at, sources.list.get(at.source.number())?)));
        let Some((at, Source { name, text, quotable })) = known else {
            return Self { message, help, source: None, span: None };
        };
        let (line, column, line_len) = line_of(text, at.start);
        if line_len > LINE_MAX || text.trim().is_empty() {
            let _ = write!(message, " ({name}:{line}:{column})");
            return Self { message, help, source: None, span: None };
        }
        let start = floor_boundary(text, at.start);
        let end = floor_boundary(text, start.saturating_add(at.len)).max(start);
        let label = problem.label.as_deref().map(clean);
        let drawn = quotable.drawn(text, start..end, CONTEXT_LINES);
        Self {
            message,
            help,
            source: Some(NamedSource::new(name, Arc::from(drawn.text))),
            span: Some(LabeledSpan::new_primary_with_span(label, (drawn.start, drawn.len))),
        }
    }
}

impl std::fmt::Display for Shown {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Shown {}

impl miette::Diagnostic for Shown {
    fn help<'a>(&'a self) -> Option<Box<dyn std::fmt::Display + 'a>> {
        self.help.as_ref().map(|help| Box::new(help) as Box<dyn std::fmt::Display>)
    }

    fn source_code(&self) -> Option<&dyn SourceCode> {
        self.source.as_ref().map(|source| source as &dyn SourceCode)
    }

    fn labels(&self) -> Option<Box<dyn Iterator<Item = LabeledSpan> + '_>> {
        self.span.clone().map(|span| Box::new(std::iter::once(span)) as Box<_>)
    }
}

/// Line and column (from 1) of a byte, and the length of its line in bytes.
fn line_of(text: &str, byte: usize) -> (usize, usize, usize) {
    let byte = floor_boundary(text, byte);
    let (before, after) = text.split_at(byte);
    let line = before.matches('\n').count() + 1;
    let start = before.rfind('\n').map_or(0, |newline| newline + 1);
    let rest = after.find('\n').unwrap_or(after.len());
    (line, before[start..].chars().count() + 1, byte - start + rest)
}

fn floor_boundary(text: &str, byte: usize) -> usize {
    let mut byte = byte.min(text.len());
    // At most three turns: a character has four bytes.
    while !text.is_char_boundary(byte) {
        byte -= 1;
    }
    byte
}

/// A message on one line, its hidden characters written out, bounded.
fn clean(text: &str) -> String {
    let end = floor_boundary(text, MESSAGE_MAX);
    let shown = visible(&text[..end]).replace(['\n', '\t'], " ");
    if end < text.len() { shown + "…" } else { shown }
}
