//! A run against fakes that already stand: they are asked who they are, given the run's timeline,
//! told when it begins, and asked for their journal when it is over.
//!
//! They stand behind one port and have one clock of their own; both are said in what is recorded.
//! Everything that they answer comes from outside, and is bounded. It must never trust what they
//! answer.

use std::io::Read as _;
use std::net::{IpAddr, SocketAddr};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use fake_providers::config::{FakesConfig, FoundFavourite};
use fake_providers::{Deployments, JournalRow, Ledger as _, TimeView};
use http::{Method, Request};
use http_body_util::{BodyExt as _, Full, Limited};
use plan::Plan;
use record::AttemptRow;
use record::machine::{Lateness, StandingClock};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::json;
use tokio::runtime::Runtime;
use vocab::At;
use world::pool::{Pool, PoolOptions};
use world::{Authority, Clock, Directory, TcpConnector};

use crate::recorder::Recorder;
use crate::stand_clock::{Conversion, Estimate, Exchange};
use crate::stand_fakes::show_token;
use crate::subject::Subject;

/// Why a run cannot use fakes that stand.
#[derive(Debug, thiserror::Error)]
pub enum StandRunError {
    /// They cannot be reached, or do not answer as they should.
    #[error("the fakes' admin API at {url} failed at {what}: {why}")]
    Admin {
        /// Where.
        url: String,
        /// What was asked.
        what: String,
        /// Why.
        why: String,
    },
    /// They are others than the run's.
    #[error(
        "the fakes at {url} are not this scenario's: {difference}; start them with the same scenario and config"
    )]
    Others {
        /// Where.
        url: String,
        /// The first difference.
        difference: String,
    },
    /// Something that they cannot do.
    #[error("{0}")]
    Cannot(String),
}

/// Fakes that answered and are the run's.
#[derive(Debug)]
pub(crate) struct Reached {
    admin: Admin,
    /// Our clock, by which theirs is read.
    ruler: Clock,
    before: Estimate,
    /// Who they said they are.
    there: Deployments,
    hosts: Directory,
}

/// Fakes whose timeline begins with the run.
#[derive(Debug)]
pub(crate) struct Armed {
    reached: Reached,
    /// The run's start on `ruler`, in nanoseconds.
    zero: u64,
}

#[derive(Debug)]
struct Admin {
    pool: Pool,
    to: Authority,
    url: String,
    token: Option<Arc<str>>,
}

/// A page of the journal.
#[derive(Debug, Deserialize)]
struct Page {
    rows: Vec<JournalRow>,
    next: u64,
    lost: u64,
    under_way: u64,
}

/// Their rules, as far as a run asks about them.
#[derive(Debug, Deserialize)]
struct Rules {
    rules: Vec<StandingRule>,
}

#[derive(Debug, Deserialize)]
struct StandingRule {
    rule: RuleId,
    found: Option<FoundFavourite>,
}

#[derive(Debug, Deserialize)]
struct RuleId {
    id: String,
}

/// Readings of the clock per estimate: the quickest of so many met no queue.
const EXCHANGES: usize = 24;

/// Longest file of a token, in bytes.
const TOKEN_FILE_BYTES_MAX: u64 = 64 * 1024;

/// How long any one answer may take.
const PATIENCE: Duration = Duration::from_secs(10);

/// Largest answer, in bytes: a page of 10,000 rows.
const ANSWER_BYTES_MAX: usize = 32 * 1024 * 1024;

/// How long attempts that are under way at the end may take to end.
const FAREWELL: Duration = Duration::from_secs(5);

/// Time between setting up and the run's start, beyond two round trips.
const LEAD: Duration = Duration::from_millis(150);

/// The plan as these fakes want it called: with the token as key. `None` where the plan stands.
pub(crate) fn with_token(plan: &Plan, scenario: &str) -> Result<Option<Plan>, StandRunError> {
    let Some(token) = token(plan, scenario)? else { return Ok(None) };
    let mut plan = plan.clone();
    show_token(&mut plan.fakes, &token);
    for contender in &mut plan.contenders {
        for deployment in &mut contender.gateway.deployments {
            let fake = plan.fakes.deployments.iter().find(|fake| fake.id == deployment.id);
            if let Some(fake) = fake {
                deployment.api_key = Some(gateway::config::Secret::new(&fake.key));
            }
        }
    }
    Ok(Some(plan))
}

fn token(plan: &Plan, scenario: &str) -> Result<Option<Arc<str>>, StandRunError> {
    let standing = plan.standing_fakes.as_ref();
    let Some(file) = standing.and_then(|standing| standing.token_file.as_ref()) else {
        return Ok(None);
    };
    let path = Path::new(scenario).parent().map_or_else(|| file.into(), |folder| folder.join(file));
    // The scenario names it, so that it may be anything.
    let mut text = String::new();
    let read = record::open_regular(&path)
        .and_then(|file| file.take(TOKEN_FILE_BYTES_MAX).read_to_string(&mut text));
    read.map_err(|error| {
        StandRunError::Cannot(format!("cannot read the token in {}: {error}", path.display()))
    })?;
    Ok(Some(Arc::from(text.lines().next().unwrap_or_default().trim())))
}

/// Asks the fakes of `plan` who they are and what time it is; `None` if the run brings its own.
pub(crate) fn reach(
    plan: &Plan,
    subject: &Subject<'_>,
    (scenario, runtime): (&str, &Runtime),
) -> Result<Option<Reached>, StandRunError> {
    let mut reached = reach_behind(plan, &subject.fakes(plan), (scenario, runtime))?;
    if let Some(reached) = &mut reached {
        let at = runtime.block_on(reached.admin.fakes_address(&reached.there))?;
        let hosts = plan.fakes.deployments.iter();
        reached.hosts =
            hosts.map(|fake| ((Arc::from(fake.host.as_str()), fake.port), at)).collect();
    }
    Ok(reached)
}

/// The same of fakes that somebody else's gateway calls, wherever they listen: they are given the timeline
/// of `played`.
pub(crate) fn reach_behind(
    plan: &Plan,
    played: &FakesConfig,
    (scenario, runtime): (&str, &Runtime),
) -> Result<Option<Reached>, StandRunError> {
    let Some(standing) = &plan.standing_fakes else { return Ok(None) };
    let url = standing.admin_url.clone();
    let parsed = url.parse().ok().as_ref().and_then(Authority::from_uri);
    let to = parsed.ok_or_else(|| StandRunError::Cannot(format!("`{url}` is no URL")))?;
    one_port(&plan.fakes)?;
    let pool = Pool::new(Arc::new(TcpConnector::default()), PoolOptions::default());
    let admin = Admin { pool, to, url, token: token(plan, scenario)? };
    runtime.block_on(async {
        let there: Deployments = admin.get("/deployments").await?;
        compare(&admin.url, &plan.fakes, &there)?;
        let ruler = Clock::wall();
        let before = admin.read_clock(ruler).await?;
        let _: serde_json::Value =
            admin.ask(Method::PUT, "/timeline", json!(played.faults)).await?;
        let _: TimeView = admin.ask(Method::POST, "/reset", json!(null)).await?;
        Ok(Some(Reached { admin, ruler, before, there, hosts: Directory::new() }))
    })
}

/// Faults at the dial are for a host, and these hosts share one port.
fn one_port(fakes: &FakesConfig) -> Result<(), StandRunError> {
    let at_connect = |rule: &&fake_providers::config::FaultRule| {
        let entry = fake_providers::fault::find(&rule.name);
        entry.is_some_and(|entry| entry.at_connect(&rule.params))
            && rule.targets.len() < fakes.deployments.len()
    };
    match fakes.faults.iter().find(at_connect) {
        None => Ok(()),
        Some(rule) => Err(StandRunError::Cannot(format!(
            "fault {} ({}) breaks connections of some deployments, and standing fakes share one port: \
             it would break all; run it without `fakes:`, or let it target `all`",
            rule.id, rule.name
        ))),
    }
}

/// Whether the fakes are the plan's: the same deployments, in the same order.
fn compare(url: &str, ours: &FakesConfig, there: &Deployments) -> Result<(), StandRunError> {
    let others = |difference: String| StandRunError::Others { url: url.to_owned(), difference };
    if ours.deployments.len() != there.deployments.len() {
        let (ours, theirs) = (ours.deployments.len(), there.deployments.len());
        return Err(others(format!("{theirs} deployments instead of {ours}")));
    }
    for (ours, theirs) in ours.deployments.iter().zip(&there.deployments) {
        let same = ours.id.as_str() == theirs.id
            && ours.number.0 == theirs.number
            && ours.protocol.name() == theirs.protocol
            && ours.model == theirs.model;
        if !same {
            let theirs: String = theirs.id.chars().take(100).collect();
            return Err(others(format!("`{theirs}` stands where `{}` should", ours.id)));
        }
    }
    Ok(())
}

impl Reached {
    /// Where every host of the plan is found.
    pub(crate) fn hosts(&self) -> Directory {
        self.hosts.clone()
    }

    /// How long before its start a run must be announced.
    pub(crate) fn lead(&self) -> Duration {
        LEAD + Duration::from_nanos(self.before.error.saturating_mul(4))
    }

    /// Lets the timeline begin with `run`.
    pub(crate) fn arm(self, run: Clock, runtime: &Runtime) -> Result<Armed, StandRunError> {
        let zero = run.unix_ns(At::START).saturating_sub(self.ruler.unix_ns(At::START));
        let start = zero.saturating_add_signed(self.before.offset);
        let seek = self.admin.ask(Method::POST, "/seek", json!({ "start_at_ns": start }));
        let _: TimeView = runtime.block_on(seek)?;
        Ok(Armed { reached: self, zero })
    }
}

impl Armed {
    /// Pulls the journal into the tables, and says what is known of the fakes' clock, and how late they
    /// spoke; `None` of fakes that do not tell.
    pub(crate) fn pull(
        self,
        recorder: &Recorder,
        contender: &str,
        runtime: &Runtime,
    ) -> Result<(StandingClock, Option<Lateness>), StandRunError> {
        let Self { reached: Reached { admin, ruler, before, .. }, zero } = self;
        runtime.block_on(async {
            let after = admin.read_clock(ruler).await?;
            let clock = Conversion::between(before, after);
            let patience = ruler.now().plus(FAREWELL);
            // Ends when no attempt is under way, or with our patience.
            while admin.page(u64::MAX - 1).await?.under_way > 0 && ruler.now() < patience {
                ruler.sleep(Duration::from_millis(50)).await;
            }
            let Rules { rules } = admin.get("/rules").await?;
            let found = rules.into_iter().filter_map(|view| Some((view.rule.id, view.found?)));
            recorder.found(&found.collect::<Vec<_>>());
            let mut since = 0;
            // Ends when nothing is left of what was there when we asked; rows are bounded there.
            loop {
                let page = admin.page(since).await?;
                if page.lost > 0 && since > 0 {
                    let why = format!("{} rows were forgotten before they were read", page.lost);
                    return Err(admin.failed("GET /journal", why));
                }
                for row in page.rows.iter().map(|row| &row.attempt) {
                    if clock.ours(row.arrived_ns).saturating_add(clock.error()) >= zero {
                        recorder.attempt(converted(row, &clock, zero));
                    }
                }
                if page.rows.is_empty() || page.next <= since {
                    let lateness = admin.get("/lateness").await.ok();
                    return Ok((clock.recorded(contender, &admin.url), lateness));
                }
                since = page.next;
            }
        })
    }
}

fn converted(row: &AttemptRow, clock: &Conversion, zero: u64) -> AttemptRow {
    AttemptRow {
        arrived_ns: clock.withheld(row.arrived_ns, zero),
        ended_ns: clock.withheld(row.ended_ns, zero),
        ..row.clone()
    }
}

impl Admin {
    async fn get<T: DeserializeOwned>(&self, path: &str) -> Result<T, StandRunError> {
        self.ask(Method::GET, path, serde_json::Value::Null).await
    }

    async fn page(&self, since: u64) -> Result<Page, StandRunError> {
        self.get(&format!("/journal?limit=10000&since={since}")).await
    }

    /// Their clock, read by ours.
    async fn read_clock(&self, ruler: Clock) -> Result<Estimate, StandRunError> {
        let mut exchanges = Vec::with_capacity(EXCHANGES);
        for _ in 0..EXCHANGES {
            let sent = ruler.now().ns();
            let time: TimeView = self.get("/time").await?;
            let received = ruler.now().ns();
            exchanges.push(Exchange { sent, theirs: time.clock_ns, received });
        }
        let none = || self.failed("GET /time", "no answer".to_owned());
        Estimate::of(&exchanges).ok_or_else(none)
    }

    /// Where the fakes themselves listen.
    async fn fakes_address(&self, there: &Deployments) -> Result<SocketAddr, StandRunError> {
        let failed = |why: String| self.failed("GET /deployments", why);
        let parsed = there.url.parse().ok().as_ref().and_then(Authority::from_uri);
        let Some(said) = parsed else { return Err(failed(format!("`{}` is no URL", there.url))) };
        if said.tls {
            return Err(StandRunError::Cannot(format!(
                "the fakes at {} speak TLS, and runs speak to fakes in plain text; start them without \
                 --tls, on loopback or with --trust-network",
                there.url
            )));
        }
        // Fakes that listen everywhere are where their admin API is.
        let everywhere = said.host.parse::<IpAddr>().is_ok_and(|host| host.is_unspecified());
        let host = if everywhere { &self.to.host } else { &said.host };
        let mut found = world::lookup(host, said.port).await.map_err(|e| failed(e.to_string()))?;
        found.next().ok_or_else(|| failed(format!("{host} has no address")))
    }

    async fn ask<T: DeserializeOwned>(
        &self,
        method: Method,
        path: &str,
        body: serde_json::Value,
    ) -> Result<T, StandRunError> {
        let what = format!("{method} {path}");
        let failed = |why: String| self.failed(&what, why);
        let answered = tokio::time::timeout(PATIENCE, self.exchange(method, path, body)).await;
        let bytes = answered.map_err(|_| failed("no answer within 10 s".to_owned()))?;
        let (status, bytes) = bytes.map_err(&failed)?;
        if status != 200 {
            let said: String = String::from_utf8_lossy(&bytes).chars().take(300).collect();
            return Err(failed(format!("{status}: {said}")));
        }
        serde_json::from_slice(&bytes).map_err(|error| failed(error.to_string()))
    }

    async fn exchange(
        &self,
        method: Method,
        path: &str,
        body: serde_json::Value,
    ) -> Result<(u16, Bytes), String> {
        let body = if method == Method::GET { Bytes::new() } else { body.to_string().into() };
        let mut request = Request::builder()
            .method(method)
            .uri(path)
            .header("host", self.to.to_string())
            .header("content-type", "application/json");
        if let Some(token) = &self.token {
            request = request.header("authorization", format!("Bearer {token}"));
        }
        let request = request.body(Full::new(body)).map_err(|error| error.to_string())?;
        let sent = self.pool.send(&self.to, request, "").await;
        let response = sent.map_err(|error| error.to_string())?;
        let status = response.status().as_u16();
        let body = Limited::new(response.into_body(), ANSWER_BYTES_MAX).collect().await;
        let body = body.map_err(|error| error.to_string())?;
        Ok((status, body.to_bytes()))
    }

    fn failed(&self, what: &str, why: String) -> StandRunError {
        StandRunError::Admin { url: self.url.clone(), what: what.to_owned(), why }
    }
}
