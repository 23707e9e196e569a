//! A line for each decision of a gateway that stands: for people, or as JSON for programs that collect such lines. It
//! holds ids, names and figures, and never a body, a header or a key. A writer that falls behind loses lines and says how
//! many; it never keeps a request waiting.

use std::fmt::Write as _;
use std::io::{self, Write as _};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, TrySendError, sync_channel};
use std::thread::JoinHandle;

use gateway::observer::{Decision, Observer};
use record::{DecisionKind, DecisionRow};
use serde_json::{Map, Value};
use world::Clock;

use crate::machine::utc_date;
use crate::recorder::kind_and_detail;

/// Which decisions have a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Logged {
    /// None.
    Nothing,
    /// Those about something that did not go as it should: failed attempts, what followed, cooldowns, requests without an
    /// answer; and the gateway's own beginning.
    Failures,
    /// All.
    Everything,
}

/// How a line is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LogForm {
    /// For people: time, call id, decision, deployment, figures.
    Text,
    /// An object: `time`, `call_id`, `decision`, `deployment` and the figures.
    Json,
}

/// Lines that may wait for the writer.
const WAITING_MAX: usize = 4096;

/// Writes lines to stderr, on a thread of its own.
#[derive(Debug)]
pub(crate) struct DecisionLog {
    logged: Logged,
    form: LogForm,
    clock: Clock,
    lines: Option<SyncSender<String>>,
    lost: AtomicU64,
    writer: Option<JoinHandle<()>>,
}

impl DecisionLog {
    pub(crate) fn new(logged: Logged, form: LogForm, clock: Clock) -> Self {
        let (lines, written) = sync_channel(WAITING_MAX);
        let writer = std::thread::spawn(move || write(&written));
        let (lines, writer) = (Some(lines), Some(writer));
        Self { logged, form, clock, lines, lost: AtomicU64::new(0), writer }
    }

    fn send(&self, line: String) {
        let Some(lines) = &self.lines else { return };
        match lines.try_send(line) {
            Ok(()) | Err(TrySendError::Disconnected(_)) => {}
            Err(TrySendError::Full(_)) => {
                self.lost.fetch_add(1, Ordering::Relaxed);
            }
        }
    }
}

impl Observer for DecisionLog {
    fn saw(&self, decision: &Decision<'_>) {
        let (kind, detail) = kind_and_detail(&decision.what);
        if !self.logged.has(kind) {
            return;
        }
        let row = DecisionRow {
            at_ns: self.clock.unix_ns(decision.at),
            request: None,
            gateway: decision.instance.to_owned(),
            kind,
            deployment: decision.deployment.map(|id| id.as_str().to_owned()),
            detail,
        };
        let lost = self.lost.swap(0, Ordering::Relaxed);
        if lost > 0 {
            self.send(format!("{lost} lines of the log were lost: the writer fell behind"));
        }
        self.send(match self.form {
            LogForm::Text => text(decision.call_id, &row),
            LogForm::Json => json(decision.call_id, &row),
        });
    }
}

impl Drop for DecisionLog {
    fn drop(&mut self) {
        drop(self.lines.take());
        if let Some(writer) = self.writer.take() {
            // A panic of the writer is nobody's any more.
            let _ = writer.join();
        }
    }
}

fn write(lines: &Receiver<String>) {
    while let Ok(line) = lines.recv() {
        // Nobody may read it any more.
        let _ = writeln!(io::stderr().lock(), "{line}");
    }
}

impl Logged {
    fn has(self, kind: DecisionKind) -> bool {
        match self {
            Self::Nothing => false,
            Self::Everything => true,
            Self::Failures => match kind {
                DecisionKind::Pick
                | DecisionKind::Served
                | DecisionKind::PassedOver
                | DecisionKind::NoCooldown
                | DecisionKind::NoRetry
                | DecisionKind::NoFallback => false,
                DecisionKind::Retry
                | DecisionKind::Failover
                | DecisionKind::Probe
                | DecisionKind::Hedge
                | DecisionKind::Resumed
                | DecisionKind::Cooldown
                | DecisionKind::CooldownProlonged
                | DecisionKind::AtLimit
                | DecisionKind::AttemptFailed
                | DecisionKind::GaveUp
                | DecisionKind::StreamBroken
                | DecisionKind::ClientLeft
                | DecisionKind::Start
                | DecisionKind::Reload
                | DecisionKind::Kill => true,
            },
        }
    }
}

fn text(call_id: &str, row: &DecisionRow) -> String {
    let mut line = time(row.at_ns);
    // A client chooses its call id. Writing to a string does not fail.
    let who = if call_id.is_empty() { "-" } else { call_id };
    let _ = write!(line, " {} {}", vocab::visible_line(who), word(row.kind));
    if let Some(deployment) = &row.deployment {
        let _ = write!(line, " {}", vocab::visible_line(deployment));
    }
    for (key, value) in row.pairs() {
        let _ = write!(line, " {key}={}", vocab::visible_line(value));
    }
    line
}

fn json(call_id: &str, row: &DecisionRow) -> String {
    let mut line = Map::new();
    line.insert("time".to_owned(), Value::from(time(row.at_ns)));
    if !call_id.is_empty() {
        line.insert("call_id".to_owned(), Value::from(call_id));
    }
    line.insert("decision".to_owned(), Value::from(word(row.kind)));
    if let Some(deployment) = &row.deployment {
        line.insert("deployment".to_owned(), Value::from(deployment.as_str()));
    }
    for (key, value) in row.pairs() {
        let value = value.parse::<u64>().map_or_else(|_| Value::from(value), Value::from);
        line.insert(key.to_owned(), value);
    }
    Value::Object(line).to_string()
}

/// The word of a decision in `decisions.csv`.
fn word(kind: DecisionKind) -> String {
    let word = serde_json::to_value(kind).unwrap_or_default();
    word.as_str().unwrap_or_default().to_owned()
}

/// RFC 3339, in UTC, to the millisecond.
fn time(unix_ns: u64) -> String {
    let (seconds, ms) = (unix_ns / 1_000_000_000, unix_ns / 1_000_000 % 1000);
    let (hour, minute, second) = (seconds / 3600 % 24, seconds / 60 % 60, seconds % 60);
    let date = utc_date(seconds);
    let date = date.split(' ').next().unwrap_or_default();
    format!("{date}T{hour:02}:{minute:02}:{second:02}.{ms:03}Z")
}

#[cfg(test)]
mod tests {
    use record::{DecisionKind, DecisionRow};

    use super::{Logged, json, text};

    fn row() -> DecisionRow {
        DecisionRow {
            at_ns: 1_767_225_661_042_000_000,
            request: None,
            gateway: "gateway".to_owned(),
            kind: DecisionKind::AttemptFailed,
            deployment: Some("west".to_owned()),
            detail: "status=503;reason=unavailable".to_owned(),
        }
    }

    #[test]
    fn a_line_is_for_people_or_for_programs_and_acts_on_no_terminal() {
        assert_eq!(
            text("id\u{1b}[2J\n", &row()),
            "2026-01-01T00:01:01.042Z id\\u{1b}[2J\\u{a} attempt_failed west status=503 reason=unavailable"
        );
        let line: serde_json::Value = serde_json::from_str(&json("id\n", &row())).expect("JSON");
        assert_eq!(
            line,
            serde_json::json!({
                "time": "2026-01-01T00:01:01.042Z", "call_id": "id\n", "decision": "attempt_failed",
                "deployment": "west", "status": 503, "reason": "unavailable",
            })
        );
    }

    #[test]
    fn what_goes_well_has_no_line_unless_everything_has() {
        assert!(!Logged::Failures.has(DecisionKind::Served));
        assert!(Logged::Failures.has(DecisionKind::GaveUp));
        assert!(Logged::Everything.has(DecisionKind::Served));
        assert!(!Logged::Nothing.has(DecisionKind::GaveUp));
    }
}
