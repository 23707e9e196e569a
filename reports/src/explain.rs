//! Everything that happened to one request, from all three tables, as one timeline per contender.
//!
//! The client's book says what the user saw, the ledger what reached a provider, the decisions why
//! the gateway did it. Told in the order of the run's clock, with the distance to the intended
//! instant. It reads the tables row by row and keeps only this request's rows.

use std::path::{Path, PathBuf};

use record::{
    AttemptEnd, AttemptRow, DecisionKind, DecisionRow, ReadError, RequestRow, RowReader, RunInfo,
    Stage, read_json,
};

use crate::figures::{count, millis};
use crate::terminal::{Ink, Style, Tone, plain, wrap};

/// Attempts or decisions told per contender; a request with more is a loop, and said to be cut.
const EVENTS_MAX: usize = 400;

/// The story of one request.
#[derive(Clone, Debug)]
pub struct Explained {
    /// Which request.
    pub request: u64,
    /// One story per contender that was offered it, in the order of the scenario.
    pub stories: Vec<Story>,
    simulated: bool,
}

/// What happened to the request under one contender.
#[derive(Clone, Debug)]
pub struct Story {
    /// The contender.
    pub contender: String,
    /// How it ended, in one sentence.
    pub ending: String,
    /// Whether it ended well.
    pub good: bool,
    /// What happened, in order.
    pub events: Vec<Event>,
    /// When the schedule meant it to start, in nanoseconds.
    pub intended_ns: u64,
}

/// One thing that happened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Event {
    /// When, in nanoseconds since the start of the run.
    pub at_ns: u64,
    /// Who says so.
    pub said_by: SaidBy,
    /// What, in words.
    pub text: String,
}

/// Whose book an event comes from; in the order of telling at one instant.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum SaidBy {
    /// `requests.csv`, before its end.
    Client,
    /// `decisions.csv`.
    Gateway,
    /// `attempts.csv`.
    Provider,
    /// `requests.csv`, its end.
    ClientEnd,
}

/// Why a request could not be explained.
#[derive(Debug, thiserror::Error)]
pub enum ExplainError {
    /// A file is missing or not what the schema says.
    #[error("cannot explain: {0}; is this the directory that `brownout run` printed?")]
    Read(#[from] ReadError),
    /// No such contender.
    #[error("no contender `{name}` in this run; it has {known}")]
    NoContender {
        /// What was asked for.
        name: String,
        /// Who there is.
        known: String,
    },
    /// No such request.
    #[error("request {request} was not offered; this run's ids go from 0 to {last}")]
    NoRequest {
        /// What was asked for.
        request: u64,
        /// Largest id.
        last: u64,
    },
}

/// Tells the story of `request`. `dir` is a run directory, or one contender's directory inside it,
/// which stands for that contender.
///
/// # Errors
/// [`ExplainError`].
pub fn explain(
    dir: &Path,
    contender: Option<&str>,
    request: u64,
) -> Result<Explained, ExplainError> {
    let (root, contender) = locate(dir, contender);
    let run: RunInfo = read_json(&root.join("run.json"))?;
    let wanted = |name: &str| contender.as_deref().is_none_or(|only| only == name);
    let names: Vec<&str> = run.contenders.iter().map(|who| who.name.as_str()).collect();
    if let Some(name) = contender.as_deref().filter(|only| !names.contains(only)) {
        return Err(ExplainError::NoContender { name: name.to_owned(), known: names.join(", ") });
    }
    let (mut stories, mut last) = (Vec::new(), 0);
    for name in names.into_iter().filter(|name| wanted(name)) {
        let (row, largest) = find(&root.join(name).join("requests.csv"), request)?;
        last = last.max(largest);
        if let Some(row) = row {
            stories.push(story(&root.join(name), name, &row)?);
        }
    }
    if stories.is_empty() {
        return Err(ExplainError::NoRequest { request, last });
    }
    Ok(Explained { request, stories, simulated: run.scenario.clock != "wall" })
}

impl Explained {
    /// The stories for a terminal.
    pub fn text(&self, style: Style) -> String {
        let ink = Ink::new(style);
        let clock = if self.simulated { "SIMULATED" } else { "WALL CLOCK" };
        let mut out = vec![format!("request {} · {}", self.request, ink.paint(clock, Tone::Care))];
        for story in &self.stories {
            let tone = if story.good { Tone::Good } else { Tone::Bad };
            let sign = if story.good { "✓" } else { "✗" };
            out.push(String::new());
            out.push(format!(
                "{}  {}",
                ink.paint(&plain(&story.contender), Tone::Strong),
                ink.paint(&format!("{sign} {}", plain(&story.ending)), tone)
            ));
            out.extend(story.events.iter().map(|event| line(event, story, style, ink)));
        }
        out.join("\n") + "\n"
    }
}

/// Columns before an event's text: clock, distance, book.
const TEXT_COLUMN: usize = 38;

fn line(event: &Event, story: &Story, style: Style, ink: Ink) -> String {
    let since = event.at_ns as f64 - story.intended_ns as f64;
    let since = if since < 0.0 {
        format!("−{}", millis(-since / 1e6))
    } else {
        format!("+{}", millis(since / 1e6))
    };
    let head =
        format!("{:>12.3} s {since:>11}  {:<8}  ", event.at_ns as f64 / 1e9, event.said_by.word());
    let room = style.columns().saturating_sub(TEXT_COLUMN).max(20);
    let text =
        wrap(&plain(&event.text), room, 0).replace('\n', &format!("\n{}", " ".repeat(TEXT_COLUMN)));
    format!("{}{text}", ink.paint(&head, Tone::Dim))
}

impl SaidBy {
    /// The word in front of an event.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Client | Self::ClientEnd => "client",
            Self::Gateway => "gateway",
            Self::Provider => "provider",
        }
    }
}

/// The run's root, and the contender if `dir` is one's directory.
fn locate(dir: &Path, contender: Option<&str>) -> (PathBuf, Option<String>) {
    let inside = !dir.join("run.json").exists() && dir.join("requests.csv").exists();
    match (inside.then(|| dir.parent()).flatten(), dir.file_name()) {
        (Some(root), Some(name)) => {
            let named =
                contender.map_or_else(|| name.to_string_lossy().into_owned(), str::to_owned);
            (root.to_owned(), Some(named))
        }
        _ => (dir.to_owned(), contender.map(str::to_owned)),
    }
}

fn find(path: &Path, request: u64) -> Result<(Option<RequestRow>, u64), ReadError> {
    let (mut found, mut last) = (None, 0);
    for row in RowReader::<RequestRow>::open(path)? {
        let row = row?;
        last = last.max(row.request);
        if row.request == request {
            found = Some(row);
        }
    }
    Ok((found, last))
}

fn story(dir: &Path, contender: &str, row: &RequestRow) -> Result<Story, ReadError> {
    let mut events = client(row);
    for attempt in RowReader::<AttemptRow>::open(&dir.join("attempts.csv"))? {
        let attempt = attempt?;
        if attempt.request == Some(row.request) && events.len() < EVENTS_MAX {
            events.extend(provider(&attempt));
        }
    }
    for decision in RowReader::<DecisionRow>::open(&dir.join("decisions.csv"))? {
        let decision = decision?;
        if decision.request == Some(row.request) && events.len() < 2 * EVENTS_MAX {
            events.push(gateway(&decision));
        }
    }
    if events.len() >= EVENTS_MAX {
        let at_ns = row.end_ns.unwrap_or(row.intended_ns);
        let text = format!("more than {EVENTS_MAX} events; the rest is in the tables");
        events.push(Event { at_ns, said_by: SaidBy::ClientEnd, text });
    }
    events.sort_by_key(|event| (event.at_ns, event.said_by));
    Ok(Story {
        contender: contender.to_owned(),
        ending: ending(row),
        good: row.outcome == vocab::Outcome::Success,
        events,
        intended_ns: row.intended_ns,
    })
}

fn client(row: &RequestRow) -> Vec<Event> {
    let kind = if row.stream { "stream" } else { "plain" };
    let warmup = if row.warmup { ", warm-up: in no number" } else { "" };
    let intended = format!("meant to start (phase {}, {kind}{warmup})", row.phase);
    let status = row.status.map_or_else(String::new, |status| format!(" with status {status}"));
    let events = [
        (Some(row.intended_ns), SaidBy::Client, intended),
        (row.sent_ns, SaidBy::Client, "sent".to_owned()),
        (row.first_byte_ns, SaidBy::Client, format!("answer began{status}")),
        (row.first_token_ns, SaidBy::Client, "first token".to_owned()),
        (
            row.last_token_ns.filter(|_| row.tokens > 1),
            SaidBy::Client,
            format!("last token ({} in all)", count(row.tokens)),
        ),
        (row.end_ns, SaidBy::ClientEnd, ending(row)),
    ];
    let told = events.into_iter();
    told.filter_map(|(at, said_by, text)| Some(Event { at_ns: at?, said_by, text })).collect()
}

fn ending(row: &RequestRow) -> String {
    let waited = row.end_ns.map(|end| millis(end.saturating_sub(row.intended_ns) as f64 / 1e6));
    let after = waited.map_or_else(String::new, |waited| format!(" after {waited}"));
    let served = row.served_by.as_ref().map_or_else(String::new, |id| format!(", served by {id}"));
    let content = match row.integrity {
        Some(integrity) if integrity != vocab::Integrity::Complete => {
            format!(", content {integrity}")
        }
        Some(_) | None => String::new(),
    };
    match row.failure {
        Some(kind) => format!("{}: {kind}{after}{content}{served}", row.outcome),
        None => format!("{}{after}{content}{served}", row.outcome),
    }
}

fn provider(row: &AttemptRow) -> [Event; 2] {
    let fault = row.fault.as_ref().map_or_else(String::new, |ids| format!(", meets fault {ids}"));
    let (what, how) = match row.stage {
        Stage::Connect => ("dial", "dial"),
        Stage::Request => ("request", "attempt"),
    };
    let begin = format!(
        "{what} reaches {} (attempt {}, visit {}){fault}",
        row.deployment, row.attempt, row.visit
    );
    let status = row.status.map_or_else(String::new, |status| format!(" {status}"));
    let billed = if row.tokens_in + row.tokens_out > 0 {
        format!(", billed {} in and {} out", count(row.tokens_in), count(row.tokens_out))
    } else {
        String::new()
    };
    let end = format!(
        "{how} {} at {}: {}{status}{billed}",
        row.attempt,
        row.deployment,
        ended(row.ended)
    );
    [
        Event { at_ns: row.arrived_ns, said_by: SaidBy::Provider, text: begin },
        Event { at_ns: row.ended_ns, said_by: SaidBy::Provider, text: end },
    ]
}

const fn ended(end: AttemptEnd) -> &'static str {
    match end {
        AttemptEnd::Complete => "answered in full",
        AttemptEnd::Error => "answered with an error",
        AttemptEnd::Refused => "turned away",
        AttemptEnd::Reset => "connection reset",
        AttemptEnd::Truncated => "stream ended early",
        AttemptEnd::ErrorEvent => "error inside the stream",
        AttemptEnd::Silent => "fell silent",
        AttemptEnd::HungUp => "caller hung up",
    }
}

fn gateway(row: &DecisionRow) -> Event {
    let what = match row.kind {
        DecisionKind::Pick => "picks",
        DecisionKind::Retry => "retries",
        DecisionKind::Failover => "fails over to",
        DecisionKind::Cooldown => "cools down",
        DecisionKind::AttemptFailed => "sees a failed attempt at",
        DecisionKind::Served => "answers from",
        DecisionKind::GaveUp => "gives up",
        DecisionKind::StreamBroken => "ends a broken stream visibly, from",
        DecisionKind::ClientLeft => "sees the client leave",
    };
    let on = row.deployment.as_ref().map_or_else(String::new, |id| format!(" {id}"));
    let detail = row.detail.replace(';', ", ").replace('=', " ");
    let detail = if detail.is_empty() { detail } else { format!(" ({detail})") };
    let text = format!("{} {what}{on}{detail}", row.gateway);
    Event { at_ns: row.at_ns, said_by: SaidBy::Gateway, text }
}
