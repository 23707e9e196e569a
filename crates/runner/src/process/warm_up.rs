//! Fakes of their own for a product's first requests, which load what it needs for them and take seconds.
//!
//! They stand on a port of their own, are reached by groups of their own, and are gone before anybody
//! measures: nothing that a product learns from them is about a deployment of the run, and their attempts
//! are in nobody's books. It must never know a product.

use std::collections::BTreeSet;
use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use fake_providers::Fakes;
use fake_providers::config::{DeploymentConfig, FakesConfig, Latency, Limits, Spread};
use record::AttemptRow;
use tokio::runtime::Runtime;
use vocab::{DeploymentId, DeploymentNumber, Protocol, Seed};
use world::{Clock, Link};

use crate::loopback::{address, listen};

/// One request of the warm-up, and the deployment that answers it.
#[derive(Clone, Debug)]
pub(crate) struct WarmUp<'a> {
    /// The group to call, with this one deployment.
    pub(crate) group: String,
    /// What the deployment speaks.
    pub(crate) protocol: Protocol,
    /// Its fake.
    pub(crate) fake: &'a DeploymentConfig,
    /// The model to ask it for.
    pub(crate) model: String,
    /// Base URL of the fake.
    pub(crate) base_url: String,
    /// Whether a stream is asked for.
    pub(crate) stream: bool,
    /// Whether the answer is an error.
    pub(crate) fails: bool,
}

/// The fakes, serving.
#[derive(Debug)]
pub(crate) struct WarmUpFakes {
    config: FakesConfig,
    address: SocketAddr,
}

/// Nobody keeps these books.
#[derive(Debug)]
struct NoBooks;

impl fake_providers::Ledger for NoBooks {
    fn attempt(&self, _: AttemptRow) {}
}

impl WarmUpFakes {
    /// One for each of `protocols`, served until `runtime` ends.
    pub(crate) fn serve(protocols: &BTreeSet<Protocol>, runtime: &Runtime) -> io::Result<Self> {
        let deployments = (1..).zip(protocols).map(|(number, protocol)| fake(number, *protocol));
        let config = FakesConfig {
            seed: Seed(0),
            deployments: deployments.collect(),
            faults: Vec::new(),
            quotas: Vec::new(),
        };
        let (served, address) = runtime.block_on(async {
            let fakes = Fakes::standing(config.clone(), Clock::wall(), Arc::new(NoBooks));
            let fakes = fakes.map_err(io::Error::other)?;
            let listener = listen(Ipv4Addr::LOCALHOST, Link::default()).await?;
            let at = address(&listener)?;
            io::Result::Ok((fakes.serve(0, listener), at))
        })?;
        runtime.spawn(served);
        Ok(Self { config, address })
    }

    /// What is asked: of each fake a plain answer, a stream and an error.
    pub(crate) fn deployments(&self) -> Vec<WarmUp<'_>> {
        self.config.deployments.iter().flat_map(|fake| self.asked(fake)).collect()
    }

    fn asked<'a>(&self, fake: &'a DeploymentConfig) -> [WarmUp<'a>; 3] {
        let one = |kind: &str, model: String| WarmUp {
            group: format!("brownout-warm-up-{}-{kind}", fake.protocol),
            protocol: fake.protocol,
            fake,
            model,
            base_url: format!("http://{}", self.address),
            stream: false,
            fails: false,
        };
        // Standing fakes hear a wish in a model's name.
        let failing = format!("{}--error-500", fake.model);
        [
            one("plain", fake.model.clone()),
            WarmUp { stream: true, ..one("stream", fake.model.clone()) },
            WarmUp { fails: true, ..one("error", failing) },
        ]
    }
}

fn fake(number: u32, protocol: Protocol) -> DeploymentConfig {
    let at_once = Spread::Constant(Duration::from_millis(1));
    let model = match protocol {
        Protocol::OpenAi | Protocol::Azure => "gpt-4o",
        Protocol::Anthropic => "claude-3-5-sonnet-20241022",
        Protocol::Gemini => "gemini-2.5-flash",
        Protocol::Ollama => "llama3.1:8b",
        Protocol::Bedrock => "us.anthropic.claude-sonnet-4-5-20250929-v1:0",
    };
    DeploymentConfig {
        id: DeploymentId::from(format!("brownout-warm-up-{protocol}").as_str()),
        number: DeploymentNumber(number),
        protocol,
        host: "warm-up".to_owned(),
        port: 80,
        root: String::new(),
        model: model.to_owned(),
        key: format!("sk-brownout-warm-up-{number}"),
        latency: Latency { ttft: at_once, itl: at_once },
        limits: Limits::default(),
        capacity: None,
        context_window: None,
    }
}
