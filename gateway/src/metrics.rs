//! Counters of one instance, and their Prometheus text.
//!
//! Names are LiteLLM's where it has one, so that existing dashboards read them. Labels are bounded by
//! the config (deployments), by HTTP (statuses) and by our own words (reasons); nothing that a client
//! sends becomes a label.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use crate::config::{Deployment, DeploymentIndex};
use crate::routing::strategy::Success;
use crate::upstream::failure::Reason;

/// Upper bounds of latency buckets in seconds; a subset of LiteLLM's, 5 ms to 5 min.
const BUCKETS_S: [f64; 14] =
    [0.005, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.0, 5.0, 10.0, 30.0, 60.0, 120.0, 300.0];

/// Counters, from which a page is rendered.
#[derive(Debug)]
pub(crate) struct Metrics {
    in_flight: AtomicI64,
    /// Requests by status; at most one entry per status that the gateway ever sent.
    by_status: Mutex<BTreeMap<u16, u64>>,
    latency: Histogram,
    ttft: Histogram,
    deployments: Vec<Counters>,
}

#[derive(Debug, Default)]
struct Counters {
    attempts: AtomicU64,
    successes: AtomicU64,
    cooldowns: AtomicU64,
    resumed: AtomicU64,
    under_way: AtomicU64,
    checks_passed: AtomicU64,
    checks_failed: AtomicU64,
    tokens_in: AtomicU64,
    tokens_out: AtomicU64,
    /// Failures by reason: a closed set of words.
    failures: Mutex<BTreeMap<&'static str, u64>>,
}

#[derive(Debug, Default)]
struct Histogram {
    buckets: [AtomicU64; BUCKETS_S.len()],
    count: AtomicU64,
    sum_us: AtomicU64,
}

impl Metrics {
    /// Counters for a fleet of `deployments`.
    pub(crate) fn new(deployments: usize) -> Self {
        Self {
            in_flight: AtomicI64::new(0),
            by_status: Mutex::default(),
            latency: Histogram::default(),
            ttft: Histogram::default(),
            deployments: (0..deployments).map(|_| Counters::default()).collect(),
        }
    }

    /// A request came in.
    pub(crate) fn arrived(&self) {
        self.in_flight.fetch_add(1, Ordering::Relaxed);
    }

    /// A request ended with `status` after `took`.
    pub(crate) fn answered(&self, status: u16, took: Duration) {
        self.in_flight.fetch_sub(1, Ordering::Relaxed);
        self.latency.record(took);
        self.count(status);
    }

    /// A request was turned away.
    pub(crate) fn turned_away(&self, status: u16) {
        self.count(status);
    }

    fn count(&self, status: u16) {
        let mut by_status = self.by_status.lock().unwrap_or_else(PoisonError::into_inner);
        *by_status.entry(status).or_default() += 1;
    }

    /// An attempt was sent.
    pub(crate) fn attempted(&self, deployment: DeploymentIndex) {
        let counters = &self.deployments[deployment];
        counters.attempts.fetch_add(1, Ordering::Relaxed);
        counters.under_way.fetch_add(1, Ordering::Relaxed);
    }

    /// An attempt that was sent is over, however it ended.
    pub(crate) fn over(&self, deployment: DeploymentIndex) {
        self.deployments[deployment].under_way.fetch_sub(1, Ordering::Relaxed);
    }

    /// An attempt was answered.
    pub(crate) fn succeeded(&self, deployment: DeploymentIndex, success: &Success) {
        let counters = &self.deployments[deployment];
        counters.successes.fetch_add(1, Ordering::Relaxed);
        counters.tokens_in.fetch_add(success.prompt_tokens, Ordering::Relaxed);
        counters.tokens_out.fetch_add(success.completion_tokens, Ordering::Relaxed);
        if let Some(ttft) = success.ttft {
            self.ttft.record(ttft);
        }
    }

    /// An attempt failed.
    pub(crate) fn failed(&self, deployment: DeploymentIndex, reason: Reason) {
        let failures = &self.deployments[deployment].failures;
        *failures
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .entry(reason.as_str())
            .or_default() += 1;
    }

    /// A deployment was taken out of rotation.
    pub(crate) fn cooled(&self, deployment: DeploymentIndex) {
        self.deployments[deployment].cooldowns.fetch_add(1, Ordering::Relaxed);
    }

    /// A deployment goes on with a stream that broke at another one.
    pub(crate) fn resumed(&self, deployment: DeploymentIndex) {
        self.deployments[deployment].resumed.fetch_add(1, Ordering::Relaxed);
    }

    /// A deployment answered a check, or did not.
    pub(crate) fn checked(&self, deployment: DeploymentIndex, passed: bool) {
        let counters = &self.deployments[deployment];
        let of = if passed { &counters.checks_passed } else { &counters.checks_failed };
        of.fetch_add(1, Ordering::Relaxed);
    }

    /// The text that Prometheus scrapes. `cooling` holds the deployments that are out of rotation,
    /// with the time left, `places` those that bound how many requests they take at a time, with the number of places that
    /// are taken.
    pub(crate) fn render(
        &self,
        fleet: &[Deployment],
        cooling: &[(DeploymentIndex, Duration)],
        places: &[(DeploymentIndex, u32)],
    ) -> String {
        let mut page = Page(String::with_capacity(4096));
        page.family("litellm_in_flight_requests", "gauge", "Requests under way.");
        page.line("litellm_in_flight_requests", "", self.in_flight.load(Ordering::Relaxed) as f64);
        let total = "litellm_proxy_total_requests_metric_total";
        page.family(total, "counter", "Requests by the status their client got; 499 left first.");
        for (status, count) in &*self.by_status.lock().unwrap_or_else(PoisonError::into_inner) {
            page.line(total, &format!("status_code=\"{status}\""), *count as f64);
        }
        self.latency.render("litellm_request_total_latency_metric", &mut page);
        self.ttft.render("litellm_llm_api_time_to_first_token_metric", &mut page);
        let labels: Vec<String> = fleet.iter().map(labels).collect();
        for (name, help, read) in COUNTERS {
            page.family(name, "counter", help);
            for (counters, labels) in self.deployments.iter().zip(&labels) {
                page.line(name, labels, read(counters).load(Ordering::Relaxed) as f64);
            }
        }
        self.render_failures(&labels, &mut page);
        let under_way = "brownout_deployment_requests_under_way";
        page.family(under_way, "gauge", "Attempts sent that are not over.");
        for (counters, labels) in self.deployments.iter().zip(&labels) {
            page.line(under_way, labels, counters.under_way.load(Ordering::Relaxed) as f64);
        }
        let taken = "brownout_deployment_places_taken";
        page.family(
            taken,
            "gauge",
            "Places taken of max_parallel_requests, where that is bounded.",
        );
        for (index, taken_now) in places {
            if let Some(labels) = labels.get(index.get()) {
                page.line(taken, labels, f64::from(*taken_now));
            }
        }
        let state = "litellm_deployment_state";
        page.family(state, "gauge", "0 is in rotation, 2 is cooling.");
        let left = "brownout_deployment_cooldown_seconds";
        let cooling_of =
            |index: DeploymentIndex| cooling.iter().find(|(cooling, _)| *cooling == index);
        for (index, labels) in DeploymentIndex::all(labels.len()).zip(&labels) {
            page.line(state, labels, if cooling_of(index).is_some() { 2.0 } else { 0.0 });
        }
        page.family(left, "gauge", "Time until the deployment returns to rotation.");
        for (index, labels) in DeploymentIndex::all(labels.len()).zip(&labels) {
            page.line(left, labels, cooling_of(index).map_or(0.0, |(_, left)| left.as_secs_f64()));
        }
        page.0
    }

    fn render_failures(&self, labels: &[String], page: &mut Page) {
        let name = "litellm_deployment_failure_responses_total";
        page.family(name, "counter", "Attempts that failed, by what was seen.");
        for (counters, labels) in self.deployments.iter().zip(labels) {
            let failures = counters.failures.lock().unwrap_or_else(PoisonError::into_inner);
            for (reason, count) in &*failures {
                page.line(name, &format!("{labels},reason=\"{reason}\""), *count as f64);
            }
        }
    }
}

type Reading = fn(&Counters) -> &AtomicU64;

/// Counters per deployment: name, help, where they are kept.
const COUNTERS: [(&str, &str, Reading); 8] = [
    ("litellm_deployment_total_requests_total", "Attempts sent.", |of| &of.attempts),
    ("litellm_deployment_success_responses_total", "Attempts answered.", |of| &of.successes),
    ("litellm_deployment_cooled_down_total", "Times taken out of rotation.", |of| &of.cooldowns),
    ("brownout_streams_resumed_total", "Broken streams gone on with.", |of| &of.resumed),
    ("brownout_health_checks_passed_total", "Checks answered.", |of| &of.checks_passed),
    ("brownout_health_checks_failed_total", "Checks failed.", |of| &of.checks_failed),
    ("litellm_input_tokens_metric_total", "Prompt tokens of answers.", |of| &of.tokens_in),
    ("litellm_output_tokens_metric_total", "Tokens answered.", |of| &of.tokens_out),
];

fn labels(deployment: &Deployment) -> String {
    format!(
        "litellm_model_name=\"{}\",model_id=\"{}\",api_base=\"{}\",api_provider=\"{}\"",
        escaped(&deployment.model_as_written),
        escaped(deployment.id.as_str()),
        escaped(&deployment.authority.to_string()),
        deployment.protocol
    )
}

fn escaped(value: &str) -> String {
    value.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n")
}

impl Histogram {
    fn record(&self, took: Duration) {
        let seconds = took.as_secs_f64();
        if let Some(bucket) = BUCKETS_S.iter().position(|&bound| seconds <= bound) {
            self.buckets[bucket].fetch_add(1, Ordering::Relaxed);
        }
        self.count.fetch_add(1, Ordering::Relaxed);
        let us = u64::try_from(took.as_micros()).unwrap_or(u64::MAX);
        self.sum_us.fetch_add(us, Ordering::Relaxed);
    }

    fn render(&self, name: &str, page: &mut Page) {
        page.family(name, "histogram", "Seconds.");
        let mut below = 0;
        for (bound, bucket) in BUCKETS_S.iter().zip(&self.buckets) {
            below += bucket.load(Ordering::Relaxed);
            page.line(&format!("{name}_bucket"), &format!("le=\"{bound}\""), below as f64);
        }
        let count = self.count.load(Ordering::Relaxed) as f64;
        page.line(&format!("{name}_bucket"), "le=\"+Inf\"", count);
        page.line(&format!("{name}_sum"), "", self.sum_us.load(Ordering::Relaxed) as f64 / 1e6);
        page.line(&format!("{name}_count"), "", count);
    }
}

/// Text under construction. Writing into a string cannot fail.
struct Page(String);

impl Page {
    fn family(&mut self, name: &str, kind: &str, help: &str) {
        let _ = writeln!(self.0, "# HELP {name} {help}\n# TYPE {name} {kind}");
    }

    fn line(&mut self, name: &str, labels: &str, value: f64) {
        let braces = if labels.is_empty() { String::new() } else { format!("{{{labels}}}") };
        let _ = writeln!(self.0, "{name}{braces} {value}");
    }
}
