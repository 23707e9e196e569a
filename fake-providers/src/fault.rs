//! The catalogue of faults: what can go wrong with a provider, without saying whose.
//!
//! A fault has a hook for each moment of an attempt at which it does something, and answers with an
//! action of that moment (`action.rs`); the persona then says it in its provider's own words, so F
//! faults and P providers cost F + P files. *When* a fault is armed, and for whom, is the schedule's
//! business. Adding one: a file in `fault/` with its `ENTRY`, its `mod` line and its row in [`ALL`],
//! all on this screen. The documentation of its type is the fault's only description: `brownout list
//! faults`, the JSON schema and the table in the handbook repeat it.

mod blackhole;
mod buffered;
mod chunk_break;
mod close;
mod cold_start;
mod comments;
mod connection_cap;
mod content_type;
mod cut;
mod dns;
mod double_done;
mod drip;
mod duplicate;
mod empty;
mod endless;
mod error;
mod error_200;
mod error_event;
mod garble;
mod hang;
mod html;
mod idle_close;
mod idle_timeout;
mod lower_limits;
mod no_stream;
mod no_usage;
mod oversize;
mod params;
mod quota_exhausted;
mod recovery;
mod refuse;
mod remove_model;
mod reorder;
mod reset;
mod revoke_key;
mod short_body;
mod slow;
mod slow_accept;
mod slow_headers;
mod split;
mod stall;
mod thinking;
mod throttle;
mod tls;
mod truncate;
mod truncate_json;
mod unknown_event;

use std::fmt::Debug;
use std::time::Duration;

use schemars::Schema;
use serde_json::Value;

use crate::action::{
    Action, BeforeHead, BeforeToken, Break, OnDial, OnEnd, OnRequest, OnResolve, Strength,
};
pub use params::ParamError;

/// Every fault, in the order in which help and documentation list them: from the dial inwards.
pub const ALL: &[Entry] = &[
    dns::ENTRY,
    refuse::ENTRY,
    slow_accept::ENTRY,
    connection_cap::ENTRY,
    tls::ENTRY,
    close::ENTRY,
    blackhole::ENTRY,
    reset::ENTRY,
    idle_close::ENTRY,
    throttle::ENTRY,
    error::ENTRY,
    hang::ENTRY,
    slow_headers::ENTRY,
    content_type::ENTRY,
    html::ENTRY,
    error_200::ENTRY,
    empty::ENTRY,
    truncate_json::ENTRY,
    short_body::ENTRY,
    oversize::ENTRY,
    no_stream::ENTRY,
    slow::ENTRY,
    thinking::ENTRY,
    drip::ENTRY,
    buffered::ENTRY,
    stall::ENTRY,
    idle_timeout::ENTRY,
    cut::ENTRY,
    truncate::ENTRY,
    chunk_break::ENTRY,
    error_event::ENTRY,
    garble::ENTRY,
    duplicate::ENTRY,
    reorder::ENTRY,
    no_usage::ENTRY,
    comments::ENTRY,
    split::ENTRY,
    double_done::ENTRY,
    unknown_event::ENTRY,
    endless::ENTRY,
    cold_start::ENTRY,
    recovery::ENTRY,
    quota_exhausted::ENTRY,
    revoke_key::ENTRY,
    remove_model::ENTRY,
    lower_limits::ENTRY,
];

/// A fault with its parameters. Pure: luck, windows and targets belong to the schedule.
///
/// One hook per moment of an attempt, in the order in which they come; a fault has those at which it
/// does something. `strength` is the ramp's; only faults whose amount a ramp scales use it.
pub(crate) trait Fault: Debug + Send + Sync {
    /// A client looks up the host's name.
    fn on_resolve(&self, _strength: Strength) -> OnResolve {
        Action::Pass
    }

    /// A client dials while `open` connections are open to the host.
    fn on_dial(&self, _open: usize, _strength: Strength) -> OnDial {
        Action::Pass
    }

    /// The fault begins, or has risen to its height, while a connection is open.
    fn on_onset(&self) -> Option<Break> {
        None
    }

    /// A request was read on a connection that was idle for so long after the one before; asked
    /// before [`Self::on_request`].
    fn on_reuse(&self, _idle: Duration) -> Option<Break> {
        None
    }

    /// A request was read and is well formed.
    fn on_request(&self, _strength: Strength) -> OnRequest {
        Action::Pass
    }

    /// It was admitted; the head of the answer comes next.
    fn before_head(&self, _strength: Strength) -> BeforeHead {
        Action::Pass
    }

    /// The head and `token` tokens were sent, and another one comes; 0 is between the head and all
    /// else.
    fn before_token(&self, _token: u32, _strength: Strength) -> BeforeToken {
        Action::Pass
    }

    /// Every token was sent, the end of the answer was not.
    fn on_end(&self, _strength: Strength) -> OnEnd {
        Action::Pass
    }

    /// Whether it never fails an attempt: answers come later or look odd, but they are whole.
    fn only_slows(&self) -> bool {
        false
    }

    /// What its window's ramps scale.
    fn ramp(&self) -> Ramp {
        Ramp::Share
    }

    /// How long a connection may be idle before it is closed.
    fn idle_limit(&self) -> Option<Duration> {
        None
    }

    /// Which requests it is about, if only those that find the provider cold.
    fn cold(&self) -> Option<Cold> {
        None
    }

    /// What happens, in words for a report: `429, retry-after 10 s`.
    fn describe(&self) -> String;
}

impl dyn Fault {
    /// Whether it acts before a request can be read: then on every deployment of the host alike,
    /// because a dial or an idle connection names none.
    pub(crate) fn at_connect(&self) -> bool {
        !self.on_resolve(Strength::FULL).is_pass()
            || !self.on_dial(usize::MAX, Strength::FULL).is_pass()
            || self.on_onset().is_some()
            || self.on_reuse(Duration::MAX).is_some()
            || self.idle_limit().is_some()
    }
}

/// What the ramps of a window scale.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ramp {
    /// The share of attempts that meet the fault.
    Share,
    /// How much it does to each.
    Amount,
    /// The share, which also falls from all to nothing over the window.
    Recovering,
}

/// The first requests after a rest.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Cold {
    /// How long nothing must have arrived.
    pub(crate) after: Duration,
    /// How many requests then find it cold.
    pub(crate) requests: u32,
}

/// Where in the life of an attempt a fault strikes; the headings of the handbook's table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Group {
    /// Before a request is read, or instead of an answer's first byte.
    Connection,
    /// The head of the answer, or the answer as a whole.
    Response,
    /// While the answer is spoken.
    Stream,
    /// What the provider admits, and to whom.
    Provider,
}

/// One row of the catalogue.
#[derive(Clone, Copy, Debug)]
pub struct Entry {
    /// Its name in `inject:`.
    pub name: &'static str,
    /// A value for `inject:`, YAML in flow style.
    pub example: &'static str,
    /// Where it strikes.
    pub group: Group,
    /// Reads its parameters; `null` is none.
    parse: fn(&Value) -> Result<Box<dyn Fault>, ParamError>,
    /// Its type as JSON schema; the type's documentation is the fault's description.
    document: fn() -> Schema,
}

impl Entry {
    /// What it does and when real providers do it, in a sentence or two.
    pub fn summary(&self) -> String {
        self.paragraphs().into_iter().next().unwrap_or_default()
    }

    /// The whole description: the summary, and what else is to be known.
    pub fn description(&self) -> String {
        self.paragraphs().join(" ")
    }

    /// JSON schema of its parameters, under its name.
    pub fn schema(&self) -> Schema {
        let mut schema = (self.document)();
        schema.remove("description");
        schema.insert("title".to_owned(), self.name.into());
        schema
    }

    /// Whether these are parameters of it; `null` is none.
    ///
    /// # Errors
    /// A [`ParamError`] that names the parameter.
    pub fn check(&self, params: &Value) -> Result<(), ParamError> {
        self.parse(params).map(|_| ())
    }

    /// What happens with these parameters, in words; the bare name if they do not parse.
    pub fn describe(&self, params: &Value) -> String {
        let what = |fault: Box<dyn Fault>| format!("{} ({})", self.name, fault.describe());
        self.parse(params).map_or_else(|_| self.name.to_owned(), what)
    }

    /// Whether it only slows and never fails an attempt; `false` if the parameters do not parse.
    pub fn only_slows(&self, params: &Value) -> bool {
        self.parse(params).is_ok_and(|fault| fault.only_slows())
    }

    /// Whether it acts at the dial and on open connections, for the whole host; `false` if the
    /// parameters do not parse.
    pub fn at_connect(&self, params: &Value) -> bool {
        self.parse(params).is_ok_and(|fault| fault.at_connect())
    }

    pub(crate) fn parse(&self, params: &Value) -> Result<Box<dyn Fault>, ParamError> {
        (self.parse)(params)
    }

    fn paragraphs(&self) -> Vec<String> {
        let schema = (self.document)();
        let text = schema.get("description").and_then(Value::as_str).unwrap_or_default();
        text.split("\n\n").map(|paragraph| paragraph.replace('\n', " ")).collect()
    }
}

impl Group {
    /// Its heading.
    pub const fn title(self) -> &'static str {
        match self {
            Self::Connection => "Connection",
            Self::Response => "Response",
            Self::Stream => "Stream",
            Self::Provider => "Provider state",
        }
    }
}

/// The entry called `name`.
pub fn find(name: &str) -> Option<&'static Entry> {
    ALL.iter().find(|entry| entry.name == name)
}
