//! What the policy costs per request: one pick, and one whole life of an attempt (pick, started,
//! succeeded), for every strategy, in a fleet of four and in one of a hundred. A proxied request has
//! some tens of microseconds; its policy should stay below one.

#![expect(clippy::expect_used, reason = "a benchmark that cannot go on has failed")]

use gateway::config::DeploymentIndex;
use gateway::decisions::{KeyedRng, Router, Tried, Try};
use std::hint::black_box;
use std::sync::Arc;
use std::time::Duration;

use criterion::{Criterion, criterion_group, criterion_main};
use gateway::config::litellm::{Dummies, read};
use gateway::strategy::{ALL, Ask, Success};
use serde_json::{Value, json};
use vocab::{At, Seed};

fn rank(c: &mut Criterion) {
    for deployments in [4, 100] {
        let mut group = c.benchmark_group(format!("rank/{deployments}"));
        for entry in ALL {
            let router = router(deployments, entry.name);
            let mut request = 0;
            group.bench_function(format!("{}/pick", entry.name), |b| {
                b.iter(|| {
                    request += 1;
                    black_box(pick(&router, request))
                });
            });
            group.bench_function(format!("{}/attempt", entry.name), |b| {
                b.iter(|| {
                    request += 1;
                    live(&router, request);
                });
            });
        }
        group.finish();
    }
}

fn pick(router: &Router, request: u64) -> DeploymentIndex {
    let luck = KeyedRng::for_try(Seed(42), "000123", 0);
    let ask = Ask {
        group: "gpt-4o",
        order: None,
        stream: true,
        prompt_tokens: 500,
        answer_max: None,
        at: at(request),
        unix_seconds: request / 1_000,
        tags: &[],
        user_agent: None,
    };
    router.pick(&ask, Tried::default(), &luck).expect("everybody is healthy")
}

fn live(router: &Router, request: u64) {
    let deployment = pick(router, request);
    let (at, unix_seconds) = (at(request), request / 1_000);
    let attempt = Try { deployment, group: "gpt-4o", at, unix_seconds };
    router.started(&attempt);
    let success = Success {
        elapsed: Duration::from_millis(900 + request % 200),
        ttft: Some(Duration::from_millis(300 + request % 100)),
        first_frame: None,
        prompt_tokens: 500,
        completion_tokens: 120,
        prompt_estimate: 500,
        answer_max: None,
        stream: true,
    };
    router.succeeded(&attempt, success);
}

/// A thousand requests per second.
fn at(request: u64) -> At {
    At(request * 1_000_000)
}

fn router(deployments: usize, strategy: &str) -> Router {
    let entry = |index| {
        json!({
            "model_name": "gpt-4o",
            "litellm_params": {"model": "openai/gpt-4o", "api_base": format!("http://d{index}/v1")}
        })
    };
    let list: Vec<Value> = (0..deployments).map(entry).collect();
    let settings = json!({"routing_strategy": strategy});
    let value = json!({"model_list": list, "router_settings": settings});
    let config = read(&value, &Dummies).expect("a valid config").config;
    Router::new(Arc::new(config), Seed(42)).expect("a known strategy")
}

criterion_group!(benches, rank);
criterion_main!(benches);
