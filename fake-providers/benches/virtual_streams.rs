//! Streams through virtual time, from persona to raw client: how many events a second one core
//! carries. The whole pipeline must reach 250,000; this is the fakes' and the client's part of it.

use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use std::time::Duration;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use fake_providers::config::{DeploymentConfig, FakesConfig, Latency, Limits, Spread};
use fake_providers::{Fakes, Ledger};
use http::Request;
use http_body_util::{BodyExt as _, Full};
use record::AttemptRow;
use vocab::{DeploymentId, DeploymentNumber, PromptId, Protocol, Seed, mark};
use world::pool::{Pool, PoolOptions};
use world::{Authority, Clock, Link, MemoryNetwork, Tasks, run_virtual};

const STREAMS: u64 = 500;
const TOKENS: u32 = 50;

#[derive(Debug)]
struct Nobody;

impl Ledger for Nobody {
    fn attempt(&self, _: AttemptRow) {}
}

fn config(protocol: Protocol) -> FakesConfig {
    let ms = Duration::from_millis;
    let deployment = DeploymentConfig {
        id: DeploymentId::from("bench"),
        number: DeploymentNumber(1),
        protocol,
        host: "fake.test".to_owned(),
        port: 443,
        root: String::new(),
        model: "gpt-4o".to_owned(),
        key: "sk-bench".to_owned(),
        latency: Latency {
            ttft: Spread::Lognormal { p50: ms(500), p99: ms(2000) },
            itl: Spread::Lognormal { p50: ms(15), p99: ms(60) },
        },
        limits: Limits::default(),
        capacity: None,
        context_window: None,
    };
    FakesConfig {
        seed: Seed(42),
        deployments: vec![deployment],
        faults: Vec::new(),
        quotas: Vec::new(),
    }
}

/// Runs all streams at once and returns the bytes that arrived.
async fn streams(protocol: Protocol) -> u64 {
    let Ok(fakes) = Fakes::new(config(protocol), Clock::simulated(), Arc::new(Nobody)) else {
        return 0;
    };
    let network = MemoryNetwork::new();
    let mut tasks = Tasks::new(1 + STREAMS as usize);
    if let Ok(listener) = network.listen("fake.test", 443, Link::default()) {
        assert!(tasks.spawn(fakes.serve(0, listener)));
    }
    let pool = Pool::new(network.connector("bench"), PoolOptions::default());
    let bytes = Arc::new(AtomicU64::new(0));
    let mut clients = Tasks::new(STREAMS as usize);
    for request in 0..STREAMS {
        let (pool, bytes) = (pool.clone(), Arc::clone(&bytes));
        let started = clients.spawn(async move {
            let n = stream(&pool, request).await;
            bytes.fetch_add(n, std::sync::atomic::Ordering::Relaxed);
        });
        assert!(started);
    }
    clients.join_all().await;
    bytes.load(std::sync::atomic::Ordering::Relaxed)
}

async fn stream(pool: &Pool, request: u64) -> u64 {
    let mut prompt = String::new();
    mark::push_prompt_marks(&mut prompt, PromptId(request), TOKENS);
    let body = format!(
        r#"{{"model":"gpt-4o","max_tokens":100,"stream":true,"messages":[{{"role":"user","content":"{prompt}"}}]}}"#
    );
    let to = Authority { host: Arc::from("fake.test"), port: 443, tls: true };
    let call = Request::post("/v1/chat/completions")
        .header("host", "fake.test")
        .header("authorization", "Bearer sk-bench")
        .body(Full::from(body));
    let Ok(call) = call else { return 0 };
    let Ok(response) = pool.send(&to, call, "").await else { return 0 };
    let (mut body, mut bytes) = (response.into_body(), 0);
    while let Some(Ok(frame)) = body.frame().await {
        bytes += frame.data_ref().map_or(0, bytes::Bytes::len) as u64;
    }
    bytes
}

fn bench(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("virtual_streams");
    group.throughput(Throughput::Elements(STREAMS * u64::from(TOKENS + 2))).sample_size(10);
    group.bench_function("openai", |bencher| {
        bencher.iter(|| {
            let bytes = run_virtual(&Arc::default(), streams(Protocol::OpenAi));
            assert!(bytes.is_ok_and(|bytes| bytes > STREAMS * u64::from(TOKENS) * 200));
        });
    });
    group.finish();
}

criterion_group!(benches, bench);
criterion_main!(benches);
