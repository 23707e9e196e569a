//! Each strategy's own rules, as tables: what it knows, and whom it then puts first.

use gateway::decisions::ErrorClass;
use std::time::Duration;

use super::given::{ask, at, config_of, d, rng, success};
use gateway::config::{Config, DeploymentIndex};
use gateway::strategy::{Ask, Learned, Lesson, Strategy, Success, View, find};
use serde_json::{Value, json};

/// A failure after a tenth of a second.
fn failed(class: ErrorClass) -> Learned {
    Learned::Failed { class, elapsed: Duration::from_millis(100) }
}

/// A strategy over a fleet, everybody healthy.
struct Bench {
    config: Config,
    strategy: Box<dyn Strategy>,
    everybody: Vec<DeploymentIndex>,
}

impl Bench {
    fn new(name: &str, arguments: &Value, params: &[Value]) -> Self {
        let entry = find(name).expect("registered");
        Self {
            config: config_of(params, json!({"routing_strategy": name})),
            strategy: (entry.build)(arguments).expect("valid arguments"),
            everybody: DeploymentIndex::all(params.len()).collect(),
        }
    }

    /// Whom it picks, and whom it would pick if those were gone, until it picks nobody.
    fn rank(&mut self, ask: &Ask<'_>, n: u32) -> Vec<usize> {
        let (deployments, everybody) = (&self.config.deployments, &self.everybody);
        let (mut left, mut ranking) = (everybody.clone(), Vec::new());
        loop {
            let view = View { deployments, candidates: &left, group: everybody };
            let Some(picked) = self.strategy.pick(ask, &view, &rng(n)) else { return ranking };
            left.retain(|index| *index != picked);
            ranking.push(picked.get());
        }
    }

    fn first(&mut self, seconds: f64) -> Option<usize> {
        self.rank(&ask(at(seconds)), 0).first().copied()
    }

    fn learn(&mut self, deployment: usize, seconds: f64, what: Learned) {
        let ask = ask(at(seconds));
        let (at, unix_seconds) = (ask.at, ask.unix_seconds);
        let deployment = d(deployment);
        self.strategy.learn(&Lesson { deployment, group: "g", at, unix_seconds, what });
    }

    /// How often each deployment comes first in 2,000 draws.
    fn shares(&mut self, params: usize) -> Vec<f64> {
        let mut firsts = vec![0.0; params];
        for n in 0..2_000 {
            firsts[self.rank(&ask(at(0.0)), n)[0]] += 1.0 / 2_000.0;
        }
        firsts
    }
}

#[test]
fn simple_shuffle_draws_by_the_first_metric_that_anybody_sets() {
    for (params, expected) in [
        (vec![json!({}), json!({})], [0.5, 0.5]),
        (vec![json!({"weight": 1}), json!({"weight": 3})], [0.25, 0.75]),
        // Newer LiteLLM: any deployment may set the metric, those without it get nothing.
        (vec![json!({}), json!({"weight": 1})], [0.0, 1.0]),
        (vec![json!({"rpm": 900}), json!({"rpm": 100})], [0.9, 0.1]),
        (vec![json!({"tpm": 10}), json!({"tpm": 30})], [0.25, 0.75]),
        (vec![json!({"weight": 1, "rpm": 1}), json!({"rpm": 99})], [1.0, 0.0]),
        (vec![json!({"weight": 0}), json!({"weight": 0})], [0.5, 0.5]),
    ] {
        let shares = Bench::new("simple-shuffle", &Value::Null, &params).shares(2);
        for (share, expected) in shares.iter().zip(expected) {
            assert!((share - expected).abs() < 0.04, "{params:?}: {shares:?}");
        }
    }
}

#[test]
fn least_busy_counts_what_is_under_way() {
    let mut bench = Bench::new("least-busy", &Value::Null, &[json!({}), json!({}), json!({})]);
    assert_eq!(bench.first(0.0), Some(0), "ties go to the first");
    bench.learn(0, 0.0, Learned::Started);
    assert_eq!(bench.first(0.1), Some(1));
    bench.learn(1, 0.1, Learned::Started);
    bench.learn(2, 0.1, Learned::Started);
    bench.learn(1, 0.2, failed(ErrorClass::RateLimit));
    assert_eq!(bench.first(0.3), Some(1), "who fails fast is never busy");
    // Every end counts once, and never below zero.
    bench.learn(1, 0.4, Learned::Abandoned);
    bench.learn(1, 0.4, Learned::Started);
    bench.learn(0, 0.5, Learned::Succeeded(success(0.5)));
    assert_eq!(bench.rank(&ask(at(0.6)), 0), [0, 1, 2]);
    // A counter is forgotten an hour after its first increment, leaks included.
    assert_eq!(bench.first(3_601.0), Some(0));
    bench.learn(0, 3_601.0, Learned::Started);
    assert_eq!(bench.first(3_601.0), Some(1));
}

#[test]
fn latency_prefers_the_unknown_then_the_fastest_per_token() {
    let mut bench = Bench::new("latency-based-routing", &Value::Null, &[json!({}), json!({})]);
    bench.learn(0, 0.0, Learned::Succeeded(success(1.0)));
    for _ in 0..5 {
        assert_eq!(bench.first(1.0), Some(1), "an unknown deployment counts as instant");
    }
    // Slower in seconds, faster per token.
    let long = Success { completion_tokens: 400, ..success(20.0) };
    bench.learn(1, 1.0, Learned::Succeeded(long));
    assert_eq!(bench.first(2.0), Some(1));
    // Failures leave no trace, but for timeouts.
    bench.learn(1, 2.0, failed(ErrorClass::InternalServer));
    assert_eq!(bench.first(3.0), Some(1));
    bench.learn(1, 3.0, failed(ErrorClass::Timeout));
    assert_eq!(bench.first(4.0), Some(0));
    // Ten newer samples push the timeout out of the list.
    for _ in 0..10 {
        bench.learn(1, 5.0, Learned::Succeeded(long));
    }
    assert_eq!(bench.first(6.0), Some(1));
}

#[test]
fn latency_judges_streams_by_their_first_frame_and_not_by_their_first_word() {
    let streamed = |first: f64, elapsed: f64| {
        let (first_frame, ttft) = (Some(Duration::from_secs_f64(first)), Some(Duration::ZERO));
        Learned::Succeeded(Success { first_frame, ttft, stream: true, ..success(elapsed) })
    };
    let stream = Ask { stream: true, ..ask(at(2.0)) };
    let mut bench = Bench::new("latency-based-routing", &Value::Null, &[json!({}), json!({})]);
    bench.learn(0, 0.0, streamed(0.2, 9.0));
    bench.learn(1, 0.0, streamed(0.5, 1.0));
    assert_eq!(bench.rank(&stream, 0)[0], 0);
    assert_eq!(bench.first(2.0), Some(1), "plain requests look at the whole answer");

    let arguments = json!({"ttft_percentile": 50});
    let mut bench = Bench::new("latency-based-routing", &arguments, &[json!({}), json!({})]);
    for ttft in [0.1, 0.1, 8.0] {
        bench.learn(0, 0.0, streamed(ttft, 1.0));
        bench.learn(1, 0.0, streamed(0.3, 1.0));
    }
    assert_eq!(bench.rank(&stream, 0)[0], 0, "the median forgives one slow start");
}

#[test]
fn latency_buffer_ttl_and_limits() {
    let two = [json!({}), json!({})];
    let arguments = json!({"lowest_latency_buffer": 0.5, "ttl": 60});
    let mut bench = Bench::new("latency-based-routing", &arguments, &two);
    bench.learn(0, 0.0, Learned::Succeeded(success(1.0)));
    bench.learn(1, 0.0, Learned::Succeeded(success(1.4)));
    let shares = bench.shares(2);
    assert!(shares.iter().all(|share| (share - 0.5).abs() < 0.04), "within the buffer: {shares:?}");
    bench.learn(1, 0.0, Learned::Succeeded(success(9.0)));
    assert!(bench.shares(2)[1] == 0.0, "outside the buffer");
    // The memory of a group expires as a whole, counted from its first sample.
    bench.learn(1, 59.0, failed(ErrorClass::Timeout));
    let firsts: Vec<_> = (0..20).map(|n| bench.rank(&ask(at(60.0)), n)[0]).collect();
    assert!(firsts.contains(&0) && firsts.contains(&1), "{firsts:?}");

    let limited = [json!({"rpm": 1}), json!({"tpm": 25})];
    let mut bench = Bench::new("latency-based-routing", &Value::Null, &limited);
    bench.learn(0, 0.0, Learned::Succeeded(success(0.1)));
    bench.learn(1, 0.0, Learned::Succeeded(success(5.0)));
    assert!(bench.rank(&ask(at(1.0)), 0).is_empty(), "one over rpm, the other over tpm");
    assert_eq!(bench.rank(&ask(at(61.0)), 0).len(), 2, "the next minute is free again");
}

#[test]
fn usage_counts_starts_at_once_and_tokens_on_success() {
    let params = [json!({"rpm": 3}), json!({"tpm": 40}), json!({})];
    let mut bench = Bench::new("usage-based-routing-v2", &Value::Null, &params);
    let used = |tokens| Success { prompt_tokens: 0, completion_tokens: tokens, ..success(1.0) };
    bench.learn(2, 0.0, Learned::Succeeded(used(5)));
    bench.learn(1, 0.0, Learned::Succeeded(used(3)));
    assert_eq!(bench.rank(&ask(at(1.0)), 0), [0, 1, 2]);
    bench.learn(0, 1.0, Learned::Started);
    assert_eq!(bench.first(1.0), Some(0), "1 started, 1 + 1 < 3");
    bench.learn(0, 1.0, Learned::Started);
    assert_eq!(bench.rank(&ask(at(1.0)), 0), [1, 2], "the request that would reach rpm is refused");
    bench.learn(1, 1.0, Learned::Succeeded(used(28)));
    assert_eq!(bench.rank(&ask(at(1.0)), 0), [2], "31 used + 10 asked > 40");
    assert_eq!(bench.rank(&ask(at(60.0)), 0).len(), 3, "UTC minutes");
    let firsts: Vec<_> = (0..30).map(|n| bench.rank(&ask(at(60.0)), n)[0]).collect();
    assert!((0..3).all(|index| firsts.contains(&index)), "ties are drawn: {firsts:?}");
}

#[test]
fn usage_counts_no_tokens_of_streams() {
    let params = [json!({"tpm": 40}), json!({"tpm": 40})];
    let mut bench = Bench::new("usage-based-routing-v2", &Value::Null, &params);
    let streamed = Success { completion_tokens: 500, stream: true, ..success(1.0) };
    bench.learn(0, 0.0, Learned::Succeeded(streamed));
    let firsts: Vec<_> = (0..30).map(|n| bench.rank(&ask(at(1.0)), n)[0]).collect();
    assert!((0..2).all(|index| firsts.contains(&index)), "still a tie, and within tpm: {firsts:?}");
    bench.learn(0, 0.0, Learned::Succeeded(Success { stream: false, ..streamed }));
    assert_eq!(bench.rank(&ask(at(1.0)), 0), [1], "those of whole answers count");
}

#[test]
fn cost_ranks_by_price_and_keeps_limits() {
    let params = [
        json!({}),
        json!({"input_cost_per_token": 2.5e-6, "output_cost_per_token": 1e-5}),
        json!({"input_cost_per_token": 1.5e-7, "output_cost_per_token": 6e-7, "rpm": 1}),
        json!({"input_cost_per_token": 2.5e-6, "output_cost_per_token": 1e-5}),
    ];
    let mut bench = Bench::new("cost-based-routing", &Value::Null, &params);
    assert_eq!(bench.rank(&ask(at(0.0)), 0), [2, 1, 3, 0], "an unknown price is the dearest");
    bench.learn(2, 0.0, Learned::Succeeded(success(1.0)));
    assert_eq!(bench.rank(&ask(at(0.0)), 0), [1, 3, 0]);
}

#[test]
fn priority_is_the_order_of_the_list_unless_order_says_otherwise() {
    let mut bench = Bench::new("priority", &Value::Null, &[json!({}), json!({}), json!({})]);
    assert_eq!(bench.rank(&ask(at(0.0)), 0), [0, 1, 2]);
    let params = [json!({}), json!({"order": 2}), json!({"order": 1}), json!({"order": 2})];
    let mut bench = Bench::new("priority", &Value::Null, &params);
    assert_eq!(bench.rank(&ask(at(0.0)), 0), [2, 1, 3, 0]);
}
