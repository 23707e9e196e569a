//! The catalogue of faults: what can go wrong with a provider, without saying whose.
//!
//! A fault maps a [`Moment`] of an attempt to a [`Verdict`]; the persona then says it in its
//! provider's own words, so F faults and P providers cost F + P files. *When* a fault is armed, and
//! for whom, is the schedule's business. Adding one: a file in `fault/` with its `ENTRY`, its `mod`
//! line and its row in [`ALL`], all on this screen. The header of the file is the fault's only
//! description: `brownout list faults`, the JSON schema and the table in the handbook repeat it.

mod blackhole;
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
mod lower_limits;
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
mod throttle;
mod tls;
mod truncate;
mod truncate_json;
mod twist;
mod unknown_event;
mod verdict;
mod weight;

use std::fmt::Debug;
use std::time::Duration;

use schemars::Schema;
use serde_json::Value;

pub use params::ParamError;
pub use twist::{ContentType, Twist};
pub use verdict::{
    ErrorBody, Failure, FailureKind, Inside, Instead, Moment, NameError, RetryForm, Shape, Slip,
    Unframed, Verdict,
};
pub use weight::{Weight, weigh};

/// Every fault, in the order in which help and documentation list them: from the door inwards.
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
    slow::ENTRY,
    drip::ENTRY,
    stall::ENTRY,
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
pub trait Fault: Debug + Send + Sync {
    /// What happens at `moment`. `strength` is the ramp's, above 0 and up to 1; only faults that
    /// slow use it, the others rise and fall by their share.
    fn at(&self, moment: Moment, strength: f64) -> Verdict;

    /// Whether it acts at the dial and on connections that are already open, for the whole host.
    fn at_connect(&self) -> bool {
        false
    }

    /// Whether it never fails an attempt: answers come later or look odd, but they are whole.
    fn only_slows(&self) -> bool {
        false
    }

    /// Whether what it does depends on load or on earlier requests, so that a first try at a host
    /// at rest is spared.
    fn depends_on_load(&self) -> bool {
        false
    }

    /// Whether a ramp scales its amount; otherwise a ramp scales its share.
    fn ramps_amount(&self) -> bool {
        false
    }

    /// Whether its share falls from all to nothing over its window.
    fn recovers(&self) -> bool {
        false
    }

    /// How long a connection may be idle before it is closed.
    fn idle_limit(&self) -> Option<Duration> {
        None
    }

    /// Which requests it is about, if only those that find the provider cold.
    fn cold(&self) -> Option<Cold> {
        None
    }

    /// What happens, in words for a report: `throttle (429, retry-after 10 s)`.
    fn describe(&self) -> String;
}

/// The first requests after a rest.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cold {
    /// How long nothing must have arrived.
    pub after: Duration,
    /// How many requests then find it cold.
    pub requests: u32,
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
    /// Its file, whose header describes it.
    source: &'static str,
    /// A value for `inject:`, YAML in flow style.
    pub example: &'static str,
    /// Where it strikes.
    pub group: Group,
    /// Reads its parameters; `null` is none.
    ///
    /// # Errors
    /// A [`ParamError`] that names the parameter.
    pub parse: fn(&Value) -> Result<Box<dyn Fault>, ParamError>,
    /// JSON schema of its parameters.
    pub schema: fn() -> Schema,
}

impl Entry {
    /// What it does and when real providers do it, in a sentence or two.
    pub fn summary(&self) -> String {
        self.paragraphs().next().unwrap_or_default()
    }

    /// The whole description: the summary, and what else is to be known.
    pub fn description(&self) -> String {
        self.paragraphs().collect::<Vec<_>>().join(" ")
    }

    /// What happens with these parameters, in words; the bare name if they do not parse.
    pub fn describe(&self, params: &Value) -> String {
        (self.parse)(params).map_or_else(|_| self.name.to_owned(), |fault| fault.describe())
    }

    /// Whether it only slows and never fails an attempt; `false` if the parameters do not parse.
    pub fn only_slows(&self, params: &Value) -> bool {
        (self.parse)(params).is_ok_and(|fault| fault.only_slows())
    }

    /// Whether it acts at the dial and on open connections, for the whole host; `false` if the
    /// parameters do not parse.
    pub fn at_connect(&self, params: &Value) -> bool {
        (self.parse)(params).is_ok_and(|fault| fault.at_connect())
    }

    fn paragraphs(&self) -> impl Iterator<Item = String> {
        let header: Vec<&str> = (self.source.lines())
            .map_while(|line| line.strip_prefix("//!"))
            .map(str::trim)
            .collect();
        let paragraphs: Vec<String> =
            header.split(|line| line.is_empty()).map(|lines| lines.join(" ")).collect();
        paragraphs.into_iter()
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
