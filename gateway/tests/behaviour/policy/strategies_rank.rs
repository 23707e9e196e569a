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

    /// How often the first deployment comes first in 2,000 draws at this time.
    fn share_of_first(&mut self, seconds: f64) -> f64 {
        let firsts = (0..2_000).filter(|n| self.rank(&ask(at(seconds)), *n)[0] == 0);
        firsts.count() as f64 / 2_000.0
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

fn first_word(seconds: f64) -> Learned {
    Learned::FirstToken { ttft: Duration::from_secs_f64(seconds) }
}

#[test]
fn p2c_ewma_leaves_who_turns_slow_and_comes_back_by_and_by() {
    let mut bench = Bench::new("p2c-ewma", &Value::Null, &[json!({}), json!({}), json!({})]);
    let shares = bench.shares(3);
    assert!(shares.iter().all(|share| (share - 1.0 / 3.0).abs() < 0.04), "{shares:?}");
    for deployment in 0..3 {
        bench.learn(deployment, 0.0, first_word(0.2));
    }
    for _ in 0..3 {
        bench.learn(0, 0.0, first_word(4.0));
    }
    assert!(bench.shares(3)[0] < 0.001, "slow ones are left after a few answers");
    // Nobody is sent there, and the others go on: it is tried again within a minute.
    for second in 1..60 {
        bench.learn(1, f64::from(second), first_word(0.2));
        bench.learn(2, f64::from(second), first_word(0.2));
    }
    let back = |bench: &mut Bench, seconds: f64| {
        (0..200).any(|n| bench.rank(&ask(at(seconds)), n)[0] == 0)
    };
    assert!(!back(&mut bench, 10.0) && back(&mut bench, 59.0));
}

#[test]
fn p2c_ewma_takes_nobody_for_fast_who_refuses_at_once_and_nobody_for_cheap_who_is_busy() {
    let mut bench = Bench::new("p2c-ewma", &Value::Null, &[json!({}), json!({}), json!({})]);
    for deployment in 0..3 {
        bench.learn(deployment, 0.0, first_word(0.2));
    }
    bench.learn(0, 0.0, failed(ErrorClass::RateLimit));
    assert!(bench.shares(3)[0] < 0.001);
    for _ in 0..3 {
        bench.learn(2, 0.0, Learned::Started);
    }
    let shares = bench.shares(3);
    assert!(shares[1] > 0.6, "{shares:?}");
}

#[test]
fn p2c_ewma_remembers_as_long_as_it_is_told() {
    for (memory, comes_back) in [(1, true), (100, false)] {
        let mut bench =
            Bench::new("p2c-ewma", &json!({ "memory": memory }), &[json!({}), json!({})]);
        bench.learn(0, 0.0, first_word(4.0));
        bench.learn(1, 10.0, first_word(0.2));
        assert_eq!(bench.first(10.0) == Some(0), comes_back, "{memory}");
    }
}

#[test]
fn least_tokens_weighs_prompts_and_answers() {
    let mut bench = Bench::new("least-tokens", &Value::Null, &[json!({}), json!({})]);
    let long = Ask { prompt_tokens: 10_000, ..ask(at(0.0)) };
    let short = Ask { prompt_tokens: 10, ..ask(at(0.0)) };
    assert_eq!(bench.rank(&long, 0)[0], 0, "ties go to the first");
    bench.learn(0, 0.0, Learned::Started);
    // Ten short ones together are less than the long one.
    for _ in 0..10 {
        assert_eq!(bench.rank(&short, 0)[0], 1);
        bench.learn(1, 0.0, Learned::Started);
    }
    bench.learn(0, 1.0, Learned::Succeeded(success(1.0)));
    assert_eq!(bench.rank(&short, 0)[0], 0);
    // What answers turn out to be, requests count.
    for _ in 0..200 {
        bench.learn(0, 2.0, Learned::Started);
        let answer = Success { completion_tokens: 5_000, ..success(1.0) };
        bench.learn(0, 2.0, Learned::Succeeded(answer));
    }
    assert_eq!(bench.rank(&short, 0)[0], 0);
    bench.learn(0, 3.0, Learned::Started);
    assert_eq!(bench.rank(&short, 0)[0], 1, "5,000 tokens are more than those of ten short ones");
}

#[test]
fn adaptive_shares_shrink_with_trouble_and_grow_with_time() {
    let mut bench = Bench::new("adaptive", &Value::Null, &[json!({}), json!({})]);
    assert!((bench.share_of_first(0.0) - 0.5).abs() < 0.04);
    for second in 0..5 {
        // What fails within one second counts once.
        for part in 0..10 {
            let at = f64::from(second) + f64::from(part) / 20.0;
            bench.learn(0, at, failed(ErrorClass::InternalServer));
        }
    }
    // 0.8 to the fifth and what four seconds bring: 0.36, of 1.36.
    let share = bench.share_of_first(4.0);
    assert!((share - 0.265).abs() < 0.04, "{share}");
    for second in 5..60 {
        bench.learn(0, f64::from(second), failed(ErrorClass::InternalServer));
    }
    let share = bench.share_of_first(59.0);
    assert!(
        (share - 0.048).abs() < 0.02,
        "never nothing, or nobody would see that it is well: {share}"
    );
    assert!(
        (bench.share_of_first(159.0) - 0.5).abs() < 0.04,
        "a hundred seconds later all is forgotten"
    );
}

#[test]
fn adaptive_takes_slow_first_words_for_trouble_and_faults_of_requests_for_none() {
    let mut bench = Bench::new("adaptive", &Value::Null, &[json!({}), json!({})]);
    for second in 0..20 {
        bench.learn(0, f64::from(second), first_word(2.0));
        bench.learn(1, f64::from(second), first_word(0.3));
        bench.learn(1, f64::from(second), failed(ErrorClass::BadRequest));
    }
    let share = bench.share_of_first(20.0);
    assert!(share < 0.1, "{share}");
}
