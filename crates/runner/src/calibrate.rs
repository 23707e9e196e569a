//! Calibration: the generator straight at a fake whose timing is known exactly. What it measures
//! beyond that is the error of the instrument, on this machine, now. It must never know a
//! contender.

use std::net::Ipv4Addr;
use std::sync::atomic::AtomicBool;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use fake_providers::Fakes;
use fake_providers::config::{DeploymentConfig, FakesConfig, Latency, Limits, Spread};
use loadgen::config::{ClientConfig, Dialect, LoadConfig, Phase, Secret, Target};
use loadgen::config::{TokenSpread, Workload};
use loadgen::{Surroundings, arrival};
use record::machine::GeneratorHealth;
use record::{AttemptRow, RequestRow};
use vocab::{At, DeploymentId, DeploymentNumber, Protocol, Seed};
use world::{Clock, Directory, Link};

use crate::loopback::{address, connector, listen, runtime};
use crate::places::authority;

/// What the instrument adds to a known time to first token.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Calibration {
    pub(crate) error_p50: Duration,
    pub(crate) error_p99: Duration,
}

impl Calibration {
    /// `health`, with what the instrument added.
    pub(crate) fn noted_in(self, health: GeneratorHealth) -> GeneratorHealth {
        GeneratorHealth {
            calibration_error_p50_ms: Some(self.error_p50.as_secs_f64() * 1e3),
            calibration_error_p99_ms: Some(self.error_p99.as_secs_f64() * 1e3),
            ..health
        }
    }
}

/// Time to first token of the calibration's fake.
const KNOWN_TTFT: Duration = Duration::from_millis(20);

/// Long enough for 100 samples at 100 per second.
const LENGTH: Duration = Duration::from_secs(1);

#[derive(Debug, Default)]
struct Samples(Mutex<Vec<Duration>>);

impl loadgen::Sink for Samples {
    fn request(&self, row: RequestRow) {
        if let (Some(sent), Some(first)) = (row.sent_ns, row.first_token_ns) {
            let ttft = Duration::from_nanos(first.saturating_sub(sent));
            let mut samples = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            samples.push(ttft.saturating_sub(KNOWN_TTFT));
        }
    }
}

impl fake_providers::Ledger for Samples {
    fn attempt(&self, _: AttemptRow) {}
}

/// Plays [`LENGTH`] of known traffic over loopback.
pub(crate) fn run(seed: Seed) -> std::io::Result<Calibration> {
    let samples = Arc::new(Samples::default());
    let (near, far) = (runtime("bo-calibrate")?, runtime("bo-calibrate")?);
    let clock = Clock::wall_in(Duration::from_millis(50));
    let ledger = Arc::clone(&samples) as Arc<dyn fake_providers::Ledger>;
    let fakes = far
        .block_on(async { Fakes::new(one_fake(seed), clock, ledger) })
        .map_err(std::io::Error::other)?;
    let listener = far.block_on(listen(Ipv4Addr::LOCALHOST, Link::default()))?;
    let hosts = Directory::from([((Arc::from("calibration"), 80), address(&listener)?)]);
    // A fake that ends gives no answer, which is an error below.
    far.spawn(fakes.serve(0, listener));
    let load = one_load(seed);
    let target = Target {
        to: authority("calibration", 80),
        path: Arc::from("/v1/chat/completions"),
        stream_path: None,
        dialect: Dialect::OpenAi,
        key: Secret(Arc::from("sk-calibration")),
        model: None,
    };
    let around = Surroundings {
        names: Arc::from(["calibration".to_owned()]),
        clock,
        connector: connector(&hosts, None, None),
        sink: Arc::clone(&samples) as Arc<dyn loadgen::Sink>,
        live: Arc::default(),
        stop: Arc::new(AtomicBool::new(false)),
    };
    near.block_on(loadgen::run(&load, target, around)).map_err(std::io::Error::other)?;
    let mut samples =
        std::mem::take(&mut *samples.0.lock().unwrap_or_else(PoisonError::into_inner));
    samples.sort_unstable();
    let at = |p: usize| samples.get((samples.len() * p / 100).min(samples.len().saturating_sub(1)));
    match (at(50), at(99)) {
        (Some(p50), Some(p99)) => Ok(Calibration { error_p50: *p50, error_p99: *p99 }),
        _ => Err(std::io::Error::other("calibration over loopback got no answer")),
    }
}

fn one_fake(seed: Seed) -> FakesConfig {
    FakesConfig {
        seed,
        deployments: vec![DeploymentConfig {
            id: DeploymentId::from("calibration"),
            number: DeploymentNumber(1),
            protocol: Protocol::OpenAi,
            host: "calibration".to_owned(),
            port: 80,
            root: String::new(),
            model: "calibration".to_owned(),
            key: "sk-calibration".to_owned(),
            latency: Latency {
                ttft: Spread::Constant(KNOWN_TTFT),
                itl: Spread::Constant(Duration::from_millis(5)),
            },
            limits: Limits::default(),
            capacity: None,
            context_window: None,
        }],
        faults: Vec::new(),
        quotas: Vec::new(),
    }
}

fn one_load(seed: Seed) -> LoadConfig {
    let workload = Workload {
        name: "calibration".to_owned(),
        stream_share: 1.0,
        prompt_tokens: TokenSpread::Constant(8),
        answer_tokens: TokenSpread::Constant(8),
        max_tokens: None,
        repeat_share: 0.0,
    };
    let phase = Phase {
        name: "calibration".to_owned(),
        from: At::START,
        to: At::after_start(LENGTH),
        warmup: false,
        arrivals: arrival::constant(100.0),
        workload,
        model: "calibration".to_owned(),
    };
    let client = ClientConfig {
        timeout: Duration::from_secs(5),
        patience: None,
        leave_after_tokens: None,
        leave_share: 0.0,
    };
    LoadConfig { seed, phases: vec![phase], client, in_flight_max: 1000 }
}
