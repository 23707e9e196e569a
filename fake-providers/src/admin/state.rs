//! What the fakes are doing: time, deployments with their buckets and queues, metrics.

use std::fmt::Write as _;
use std::sync::Arc;

use axum::extract::State;
use axum::http::header;
use axum::response::{IntoResponse, Response};
use axum::{Extension, Json};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::AdminOptions;
use crate::limits::Gauge;
use crate::{Fakes, RuleState};

/// What time it is for the fakes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TimeView {
    /// The fakes' own clock, in nanoseconds since they started; instants in the journal are its.
    pub clock_ns: u64,
    /// The machine's date, in nanoseconds since 1970.
    pub unix_ns: u64,
    /// Where the timeline stands; `null` before its zero.
    pub timeline_ns: Option<u64>,
}

/// Every deployment and host.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Deployments {
    /// In the order of the config.
    pub deployments: Vec<DeploymentView>,
    /// Listeners.
    pub hosts: Vec<HostView>,
    /// Attempts under way.
    pub under_way: u64,
    /// Base URL under which the fakes listen.
    pub url: String,
}

/// One deployment.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeploymentView {
    /// Its id.
    pub id: String,
    /// Its number in the token marks, from 1.
    pub number: u32,
    /// Whose words it speaks.
    pub protocol: String,
    /// Host that its config names.
    pub host: String,
    /// Model.
    pub model: String,
    /// What its limits show; those that it does not have are absent.
    pub limits: Vec<LimitView>,
    /// Its slots; absent where it has no end of them.
    pub capacity: Option<CapacityView>,
}

/// What one limit shows.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LimitView {
    /// `requests`, `tokens` or `output_tokens`.
    pub counts: String,
    /// Units per period.
    pub limit: u64,
    /// Units left.
    pub remaining: u64,
    /// Until it is full again, in milliseconds.
    pub reset_ms: u64,
}

/// What slots and queue show.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CapacityView {
    /// Answers at a time.
    pub slots: u32,
    /// Answers being worked on.
    pub busy: u32,
    /// Requests that may wait.
    pub queue: u32,
    /// Requests that wait.
    pub waiting: u32,
}

/// One listener.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct HostView {
    /// Host name.
    pub host: String,
    /// Port, as the config names it.
    pub port: u16,
    /// Open connections.
    pub open_connections: u64,
}

impl TimeView {
    /// Now.
    pub(super) fn of(fakes: &Fakes) -> Self {
        let (clock, now) = (fakes.state.clock, fakes.state.clock.now());
        let timeline = fakes.state.schedule.snapshot().on_timeline(now);
        let timeline_ns = timeline.map(vocab::At::ns);
        Self { clock_ns: now.ns(), unix_ns: clock.unix_ns(now), timeline_ns }
    }
}

pub(super) async fn health() -> Json<Value> {
    Json(json!({ "status": "ok", "version": env!("CARGO_PKG_VERSION") }))
}

pub(super) async fn time(State(fakes): State<Fakes>) -> Json<TimeView> {
    Json(TimeView::of(&fakes))
}

pub(super) async fn deployments(
    State(fakes): State<Fakes>,
    Extension(options): Extension<Arc<AdminOptions>>,
) -> Json<Deployments> {
    Json(view(&fakes, &options.url))
}

pub(super) async fn lateness(State(fakes): State<Fakes>) -> Json<record::machine::Lateness> {
    Json(fakes.lateness())
}

fn view(fakes: &Fakes, url: &str) -> Deployments {
    let state = &fakes.state;
    let deployments = state.deployments.iter().map(|deployment| {
        let reading = deployment.throttle.as_ref().map(|each| each.reading(state.unix_ns()));
        let reading = reading.unwrap_or_default();
        let limits = [
            ("requests", reading.requests),
            ("tokens", reading.tokens),
            ("output_tokens", reading.output_tokens),
        ];
        let capacity = deployment.slots.as_ref().zip(deployment.config.capacity);
        DeploymentView {
            id: deployment.config.id.to_string(),
            number: deployment.config.number.0,
            protocol: deployment.config.protocol.name().to_owned(),
            host: deployment.config.host.clone(),
            model: deployment.config.model.clone(),
            limits: limits.into_iter().filter_map(|(name, gauge)| limit(name, gauge?)).collect(),
            capacity: capacity.map(|(slots, config)| {
                let (busy, waiting) = slots.levels();
                CapacityView { slots: config.slots, busy, queue: config.queue, waiting }
            }),
        }
    });
    let hosts = state.hosts.iter().zip(&state.host_states).map(|(host, site)| HostView {
        host: host.host.clone(),
        port: host.port,
        open_connections: site.connections.count() as u64,
    });
    Deployments {
        deployments: deployments.collect(),
        hosts: hosts.collect(),
        under_way: state.book.under_way() as u64,
        url: url.to_owned(),
    }
}

fn limit(counts: &str, gauge: Gauge) -> Option<LimitView> {
    Some(LimitView {
        counts: counts.to_owned(),
        limit: gauge.limit,
        remaining: gauge.remaining,
        reset_ms: u64::try_from(gauge.reset.as_millis()).ok()?,
    })
}

/// Content type of Prometheus' text format.
const PROMETHEUS: &str = "text/plain; version=0.0.4; charset=utf-8";

pub(super) async fn metrics(State(fakes): State<Fakes>) -> Response {
    ([(header::CONTENT_TYPE, PROMETHEUS)], page(&fakes)).into_response()
}

/// One metric: its name, what it means, its kind, and a line per label set.
type Metric = (&'static str, &'static str, &'static str, Vec<(String, u64)>);

fn page(fakes: &Fakes) -> String {
    let mut metrics = counted(fakes);
    metrics.extend(levels(fakes));
    let mut page = String::new();
    for (name, help, kind, lines) in metrics {
        // Writing to a string cannot fail.
        let _ = writeln!(page, "# HELP {name} {help}\n# TYPE {name} {kind}");
        for (labels, value) in lines {
            let _ = writeln!(page, "{name}{labels} {value}");
        }
    }
    page
}

fn counted(fakes: &Fakes) -> Vec<Metric> {
    let journal = fakes.state.journal.as_ref();
    let counts = journal.map(|journal| journal.counts()).unwrap_or_default();
    let endings = counts.endings.iter().map(|((deployment, status, ended), count)| {
        let deployment = escaped(deployment);
        let labels = format!(r#"{{deployment="{deployment}",status="{status}",ended="{ended}"}}"#);
        (labels, *count)
    });
    let faults = counts
        .faults
        .iter()
        .map(|(rule, count)| (format!(r#"{{rule="{}"}}"#, escaped(rule)), *count));
    let tokens = counts.tokens.iter().flat_map(|(deployment, (tokens_in, tokens_out))| {
        let deployment = escaped(deployment);
        let labels = |way: &str| format!(r#"{{deployment="{deployment}",direction="{way}"}}"#);
        [(labels("in"), *tokens_in), (labels("out"), *tokens_out)]
    });
    vec![
        (
            "brownout_fakes_attempts_total",
            "Attempts that have ended, by status (0: no head) and ending.",
            "counter",
            endings.collect(),
        ),
        ("brownout_fakes_faults_total", "Attempts that met a rule.", "counter", faults.collect()),
        ("brownout_fakes_tokens_total", "Tokens billed.", "counter", tokens.collect()),
    ]
}

fn levels(fakes: &Fakes) -> Vec<Metric> {
    let view = view(fakes, "");
    let slots = |pick: fn(&CapacityView) -> u32| {
        let with_slots = view.deployments.iter().filter_map(|each| Some((each, each.capacity?)));
        let line = |(each, capacity): (&DeploymentView, CapacityView)| {
            let labels = format!(r#"{{deployment="{}"}}"#, escaped(&each.id));
            (labels, u64::from(pick(&capacity)))
        };
        with_slots.map(line).collect::<Vec<_>>()
    };
    let limits = view.deployments.iter().flat_map(|each| {
        let id = escaped(&each.id);
        each.limits.iter().map(move |limit| {
            (format!(r#"{{deployment="{id}",limit="{}"}}"#, limit.counts), limit.remaining)
        })
    });
    let hosts = view.hosts.iter().map(|host| {
        let labels = format!(r#"{{host="{}:{}"}}"#, escaped(&host.host), host.port);
        (labels, host.open_connections)
    });
    let rules = fakes.rules();
    let active = rules.iter().map(|view| {
        let labels = format!(r#"{{rule="{}"}}"#, escaped(&view.rule.id));
        (labels, u64::from(view.state == RuleState::Active))
    });
    let gauge = "gauge";
    vec![
        ("brownout_fakes_slots_busy", "Answers being worked on.", gauge, slots(|all| all.busy)),
        ("brownout_fakes_queue_waiting", "Requests in line.", gauge, slots(|all| all.waiting)),
        ("brownout_fakes_limit_remaining", "Units left of a limit.", gauge, limits.collect()),
        ("brownout_fakes_connections_open", "Open connections.", gauge, hosts.collect()),
        ("brownout_fakes_rule_active", "1 while a rule's window is open.", gauge, active.collect()),
        (
            "brownout_fakes_attempts_under_way",
            "Attempts that have not ended.",
            gauge,
            vec![(String::new(), view.under_way)],
        ),
    ]
}

/// A label's value, as Prometheus wants it.
fn escaped(text: &str) -> String {
    text.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n")
}
