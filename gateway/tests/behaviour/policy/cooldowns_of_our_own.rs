//! Circuit breakers of the personality brownout.

use gateway::config::DeploymentIndex;
use gateway::decisions::{
    CooldownStep, Cooled, Cooling, Ended, ErrorClass, Failure, LimitSetBy, NoCooldown, Reason,
    Router, Tried, Trouble,
};
use std::time::Duration;

use super::given::{
    FIRST, SEED, ask, at, attempt, broken, config_of, d, ds, refusal, rng, success,
};
use serde_json::{Value, json};

pub(super) fn router(n: usize, mut settings: Value) -> Router {
    settings["routing_strategy"] = json!("priority");
    super::given::router(n, settings)
}

pub(super) fn fail(router: &Router, seconds: f64, failure: &Failure) -> Option<Cooled> {
    router.started(&attempt(0, at(seconds)));
    router.failed(&attempt(0, at(seconds)), failure, FIRST).begun()
}

pub(super) fn succeed(router: &Router, seconds: f64) {
    router.started(&attempt(0, at(seconds)));
    router.succeeded(&attempt(0, at(seconds)), success(0.1));
}

pub(super) fn pick(router: &Router, seconds: f64, tried: &[usize]) -> Option<usize> {
    router
        .pick(&ask(at(seconds)), Tried { all: &ds(tried), ..Tried::default() }, &rng(0))
        .ok()
        .map(DeploymentIndex::get)
}

/// Whom a request picks that has nowhere else to go.
fn last_hope(router: &Router, seconds: f64, tried: &[usize]) -> Option<usize> {
    let tried = Tried { all: &ds(tried), cooling: Cooling::LastHope, ..Tried::default() };
    router.pick(&ask(at(seconds)), tried, &rng(0)).ok().map(DeploymentIndex::get)
}

#[test]
fn which_single_failure_opens() {
    let table = [
        (broken(Trouble::Connect), true),
        (refusal(429, &[]), true),
        (refusal(401, &[]), true),
        (refusal(403, &[]), true),
        (refusal(404, &[]), true),
        (refusal(503, &[("retry-after", "3")]), true),
        (refusal(503, &[]), false),
        (refusal(500, &[]), false),
        (broken(Trouble::Timeout), false),
        (broken(Trouble::Stalled), false),
        (broken(Trouble::Cut), false),
        (refusal(400, &[]), false),
        (refusal(422, &[]), false),
    ];
    for (failure, opens) in table {
        let cooled = fail(&router(2, json!({})), 0.0, &failure);
        assert_eq!(cooled.is_some(), opens, "{failure:?}");
        assert!(cooled.is_none_or(|cooled| cooled.reason == failure.reason));
    }
}

#[test]
fn accidents_open_twice_in_a_row_or_three_times_in_ten() {
    let stall = broken(Trouble::Stalled);
    let pair = router(2, json!({}));
    assert_eq!(fail(&pair, 0.0, &stall), None);
    assert!(fail(&pair, 1.0, &stall).is_some());

    let pair = router(2, json!({}));
    for second in [0.0, 3.0] {
        assert_eq!(fail(&pair, second, &stall), None);
        succeed(&pair, second + 1.0);
        succeed(&pair, second + 2.0);
    }
    assert!(fail(&pair, 6.0, &stall).is_some(), "every third request stalls");

    let pair = router(2, json!({}));
    for round in 0..10 {
        let second = f64::from(round);
        assert_eq!(fail(&pair, second, &stall), None, "one in ten is endured");
        for _ in 0..9 {
            succeed(&pair, second);
        }
    }
}

#[test]
fn faults_of_the_request_never_count() {
    let pair = router(2, json!({}));
    for second in 0..20 {
        assert_eq!(fail(&pair, f64::from(second), &refusal(400, &[])), None);
    }
    let stall = broken(Trouble::Stalled);
    assert_eq!(fail(&pair, 21.0, &stall), None);
    assert_eq!(fail(&pair, 22.0, &refusal(400, &[])), None);
    assert_eq!(fail(&pair, 23.0, &stall), None, "in between it answered");
}

#[test]
fn retry_after_is_obeyed_exactly_and_capped() {
    for (headers, ms) in [
        ([("retry-after", "7")], 7_000),
        ([("retry-after", "1.5")], 1_500),
        ([("retry-after-ms", "250")], 250),
        ([("retry-after", "86400")], 120_000),
    ] {
        let pair = router(2, json!({}));
        let cooled = fail(&pair, 0.0, &refusal(429, &headers)).expect("429 opens");
        assert_eq!(cooled.lasts, Duration::from_millis(ms), "{headers:?}");
    }
    // A later, longer word of the provider counts even while it cools.
    let pair = router(2, json!({}));
    fail(&pair, 0.0, &refusal(429, &[("retry-after", "2")]));
    let longer = refusal(429, &[("retry-after", "9")]);
    let cooled = Cooled { lasts: Duration::from_secs(9), reason: longer.reason };
    let step = pair.failed(&attempt(0, at(1.0)), &longer, FIRST);
    assert_eq!(step, CooldownStep::Prolonged(cooled), "told with its real length, from now on");
    assert_eq!(pair.cooling(at(1.0)), [(d(0), Duration::from_secs(9))]);
    let shorter = refusal(429, &[("retry-after", "2")]);
    let left = Duration::from_secs(8);
    let step = pair.failed(&attempt(0, at(2.0)), &shorter, FIRST);
    assert_eq!(step, CooldownStep::None(NoCooldown::AlreadyCooling { left }));
}

#[test]
fn cooldowns_last_as_long_as_the_config_says_each_time() {
    for (settings, expected) in [(json!({}), 5.0), (json!({"cooldown_time": 60}), 60.0)] {
        let pair = router(2, settings);
        let mut now = 0.0;
        for _ in 0..4 {
            let lasts = cools_for(&pair, now, &broken(Trouble::Connect));
            assert!((0.9 * expected..=1.1 * expected).contains(&lasts), "{lasts} for {expected}");
            now += lasts + 0.001;
        }
    }
}

#[test]
fn a_provider_that_wants_to_be_paid_is_left_alone_for_ten_minutes() {
    let unpaid = Failure { reason: Reason::CreditExhausted, ..refusal(429, &[]) };
    assert_eq!(cools_for(&router(2, json!({})), 0.0, &unpaid), 600.0);
    let tolerant = router(2, json!({"allowed_fails": 10}));
    assert_eq!(cools_for(&tolerant, 0.0, &unpaid), 600.0, "no matter of counting");
}

#[test]
fn allowed_fails_hold_for_every_kind_of_failure_that_names_no_wait() {
    for failure in [refusal(500, &[]), refusal(429, &[]), broken(Trouble::Connect)] {
        let pair = router(2, json!({"allowed_fails": 2}));
        assert_eq!(fail(&pair, 0.0, &failure), None);
        assert_eq!(fail(&pair, 1.0, &failure), None);
        assert!(fail(&pair, 2.0, &failure).is_some(), "{failure:?}");
        let slow = router(2, json!({"allowed_fails": 2}));
        for minute in 0..5 {
            assert_eq!(fail(&slow, 31.0 * f64::from(minute), &failure), None, "two in a minute");
        }
    }
    let pair = router(2, json!({"allowed_fails": 2}));
    assert!(fail(&pair, 0.0, &refusal(429, &[("retry-after", "3")])).is_some());
    assert!(fail(&router(2, json!({"allowed_fails": 0})), 0.0, &refusal(500, &[])).is_some());
}

#[test]
fn allowed_fails_may_differ_by_class_and_by_deployment() {
    let policy = json!({"RateLimitErrorAllowedFails": 1});
    let pair = router(2, json!({"allowed_fails_policy": policy}));
    assert_eq!(fail(&pair, 0.0, &refusal(429, &[])), None);
    assert!(fail(&pair, 1.0, &refusal(429, &[])).is_some());
    let pair = router(2, json!({"allowed_fails_policy": policy}));
    assert!(fail(&pair, 0.0, &refusal(401, &[])).is_some(), "a class that it leaves out");
    let mut config = config_of(
        &[json!({}), json!({})],
        json!({"routing_strategy": "priority", "allowed_fails": 0}),
    );
    config.deployments[0].allowed_fails = Some(1);
    let pair = Router::new(std::sync::Arc::new(config), SEED).expect("a valid config");
    assert_eq!(fail(&pair, 0.0, &refusal(500, &[])), None, "the deployment's own comes first");
}

#[test]
fn a_limit_that_the_request_set_itself_cools_nobody() {
    for trouble in [Trouble::Timeout, Trouble::Stalled] {
        let pair = router(2, json!({}));
        let own = Ended { limit: LimitSetBy::Request, ..FIRST };
        for second in 0..5 {
            let attempt = attempt(0, at(f64::from(second)));
            pair.started(&attempt);
            let step = pair.failed(&attempt, &broken(trouble), own);
            assert_eq!(step, CooldownStep::None(NoCooldown::LimitOfRequest), "{trouble:?}");
        }
    }
}

#[test]
fn a_model_that_only_the_client_named_cools_nobody() {
    let params = [json!({"model": "openai/*"})];
    let settings = json!({"routing_strategy": "priority"});
    let all = super::given::router_of_group("openai/*", &params, settings);
    let missing = refusal(404, &[]);
    for second in 0..5 {
        assert_eq!(fail(&all, f64::from(second), &missing), None);
    }
    assert!(fail(&all, 6.0, &refusal(401, &[])).is_some());
}

#[test]
fn a_provider_that_says_when_it_will_be_back_needs_no_more_proof_each_time() {
    let (pair, limited) = (router(2, json!({})), refusal(429, &[("retry-after", "1")]));
    for second in 0..5 {
        fail(&pair, f64::from(second), &limited);
    }
    succeed(&pair, 5.0);
    assert_eq!(pick(&pair, 5.1, &[]), Some(0));
    assert_eq!(pick(&pair, 5.1, &[]), Some(0), "closed after one");
}

#[test]
fn a_request_tries_the_untried_first_and_the_least_hopeless_last() {
    let three = router(3, json!({}));
    assert_eq!(pick(&three, 0.0, &[0]), Some(1));
    assert_eq!(pick(&three, 0.0, &[0, 1, 2]), Some(0), "another round");
    for (deployment, seconds) in [(1, 0.0), (2, 1.0), (0, 2.0)] {
        let refused = broken(Trouble::Connect);
        let step = three.failed(&attempt(deployment, at(seconds)), &refused, FIRST);
        assert!(step.begun().is_some());
    }
    assert_eq!(pick(&three, 3.0, &[]), None, "everybody cools");
    assert_eq!(last_hope(&three, 3.0, &[]), Some(1), "whose cooldown ends first");
    assert_eq!(last_hope(&three, 3.0, &[1]), Some(2));
}

#[test]
fn whoever_said_that_it_would_refuse_is_not_even_a_last_hope() {
    let pair = router(2, json!({}));
    fail(&pair, 0.0, &refusal(429, &[("retry-after", "9")]));
    assert!(pair.failed(&attempt(1, at(1.0)), &broken(Trouble::Connect), FIRST).begun().is_some());
    assert_eq!(last_hope(&pair, 2.0, &[]), Some(1));
    pair.failed(&attempt(1, at(2.0)), &refusal(429, &[("retry-after", "60")]), FIRST);
    assert_eq!(last_hope(&pair, 3.0, &[]), None);
    assert_eq!(last_hope(&pair, 9.0, &[]), Some(0), "until then");
}

#[test]
fn whoever_refused_a_request_for_good_is_not_asked_by_it_again() {
    let pair = router(2, json!({"disable_cooldowns": true}));
    let refused = ds(&[0]);
    let tried = Tried { all: &ds(&[0, 1]), refused: &refused, ..Tried::default() };
    assert_eq!(pair.pick(&ask(at(0.0)), tried, &rng(0)), Ok(d(1)));
}

#[test]
fn jitter_differs_by_deployment_and_repeats_by_seed() {
    let lasts = |deployment: usize| {
        let refused = broken(Trouble::Connect);
        let router = router(2, json!({}));
        router.failed(&attempt(deployment, at(0.0)), &refused, FIRST).begun().expect("opens").lasts
    };
    assert_ne!(lasts(0), lasts(1));
    assert_eq!(lasts(0), lasts(0));
}

/// How long it cools for this, in seconds.
fn cools_for(router: &Router, seconds: f64, failure: &Failure) -> f64 {
    fail(router, seconds, failure).expect("opens").lasts.as_secs_f64()
}

#[test]
fn which_of_the_rarer_failures_open() {
    let soon = [("retry-after", "3")];
    for (failure, opens) in [
        (refusal(500, &soon), true),
        (refusal(529, &soon), true),
        (refusal(529, &[]), false),
        (refusal(502, &soon), false),
        (refusal(502, &[]), false),
        (refusal(504, &[]), false),
        (refusal(409, &[]), false),
        (broken(Trouble::Reset), false),
        (broken(Trouble::Truncated), false),
        (broken(Trouble::Malformed), false),
        (broken(Trouble::ErrorEvent), false),
    ] {
        assert_eq!(fail(&router(2, json!({})), 0.0, &failure).is_some(), opens, "{failure:?}");
    }
}

#[test]
fn a_third_failure_counts_within_ten_outcomes_and_no_longer() {
    for (between, opens) in [(3, true), (4, false)] {
        let (pair, stall) = (router(2, json!({})), broken(Trouble::Stalled));
        assert_eq!(fail(&pair, 0.0, &stall), None);
        for _ in 0..4 {
            succeed(&pair, 1.0);
        }
        assert_eq!(fail(&pair, 2.0, &stall), None);
        for _ in 0..between {
            succeed(&pair, 3.0);
        }
        assert_eq!(fail(&pair, 4.0, &stall).is_some(), opens, "{between} in between");
    }
}

#[test]
fn prompts_that_are_too_long_or_against_a_policy_never_count() {
    for class in [ErrorClass::ContextWindow, ErrorClass::ContentPolicy] {
        let (pair, refused) = (router(2, json!({})), Failure { class, ..refusal(500, &[]) });
        for second in 0..5 {
            assert_eq!(fail(&pair, f64::from(second), &refused), None, "{class:?}");
        }
    }
}

#[test]
fn calm_is_twenty_successes_in_a_row() {
    for (runs, proofs) in [(vec![20], 1), (vec![19], 2), (vec![10, 10], 3)] {
        let (pair, refused) = (router(2, json!({})), broken(Trouble::Connect));
        let mut lasts = cools_for(&pair, 0.0, &refused);
        let mut now = 0.0;
        for successes in &runs {
            now += lasts + 1.0;
            for _ in 0..*successes {
                succeed(&pair, now);
            }
            lasts = cools_for(&pair, now, &refused);
        }
        now += lasts + 1.0;
        for proof in 1..proofs {
            succeed(&pair, now);
            assert_eq!(pick(&pair, now, &[]), Some(0));
            assert_eq!(pick(&pair, now, &[]), Some(1), "{proof} is not enough after {runs:?}");
        }
        succeed(&pair, now);
        assert_eq!([pick(&pair, now, &[]), pick(&pair, now, &[])], [Some(0); 2], "{runs:?}");
    }
}

#[test]
fn a_cooldown_under_way_is_never_shortened_and_has_a_bound() {
    let pair = router(2, json!({}));
    fail(&pair, 0.0, &refusal(429, &[("retry-after", "9")]));
    assert_eq!(fail(&pair, 1.0, &refusal(429, &[("retry-after", "2")])), None);
    assert_eq!(pair.cooling(at(1.0)), [(d(0), Duration::from_secs(8))]);
    assert_eq!(fail(&pair, 2.0, &refusal(429, &[("retry-after", "86400")])), None);
    assert_eq!(pair.cooling(at(2.0)), [(d(0), Duration::from_secs(120))]);
    assert_eq!(pair.cooling(at(122.0)), [], "the end of a cooldown is no part of it");
}

#[test]
fn a_wait_of_nothing_is_no_answer() {
    let lasts = cools_for(&router(2, json!({})), 0.0, &refusal(429, &[("retry-after", "0")]));
    assert!((4.5..=5.5).contains(&lasts), "{lasts}");
}

#[test]
fn a_deployment_may_have_a_cooldown_time_of_its_own() {
    let params = [json!({"cooldown_time": 2}), json!({})];
    let pair = super::given::router_of(&params, json!({"routing_strategy": "priority"}));
    let lasts = cools_for(&pair, 0.0, &broken(Trouble::Connect));
    assert!((1.8..=2.2).contains(&lasts), "{lasts}");
}

#[test]
fn nobody_cools_where_cooldowns_are_off() {
    let pair = router(2, json!({"disable_cooldowns": true}));
    for second in 0..5 {
        assert_eq!(fail(&pair, f64::from(second), &refusal(429, &[])), None);
    }
    assert_eq!((pair.cooling(at(5.0)), pick(&pair, 5.0, &[])), (vec![], Some(0)));
}

#[test]
fn an_answer_during_a_cooldown_proves_nothing() {
    let pair = router(2, json!({}));
    fail(&pair, 0.0, &refusal(429, &[("retry-after", "2")]));
    pair.succeeded(&attempt(0, at(1.0)), success(0.1));
    assert_eq!(pick(&pair, 1.5, &[]), Some(1), "it cools on");
    assert_eq!(pick(&pair, 2.0, &[]), Some(0), "the probe");
    assert_eq!(pick(&pair, 2.0, &[]), Some(1), "which is still under way");
}

#[test]
fn failures_from_before_a_cooldown_are_forgotten_after_it() {
    let (pair, error) = (router(2, json!({})), refusal(500, &[]));
    assert_eq!(fail(&pair, 0.0, &error), None);
    assert!(fail(&pair, 1.0, &error).is_some());
    succeed(&pair, 8.0);
    assert_eq!(fail(&pair, 9.0, &error), None, "the first of its own");
}

#[test]
fn cooldowns_are_spread_by_a_tenth_either_way_each_anew() {
    let (many, refused) = (router(40, json!({})), broken(Trouble::Connect));
    let lasts: Vec<f64> = (0..40)
        .map(|n| many.failed(&attempt(n, at(0.0)), &refused, FIRST).begun().expect("opens").lasts)
        .map(|lasts| lasts.as_secs_f64())
        .collect();
    assert!(lasts.iter().all(|lasts| (4.5..=5.5).contains(lasts)), "{lasts:?}");
    assert!(lasts.iter().any(|lasts| *lasts < 4.7), "{lasts:?}");
    assert!(lasts.iter().any(|lasts| *lasts > 5.3), "{lasts:?}");

    let pair = router(2, json!({"cooldown_time": 60}));
    let first = cools_for(&pair, 0.0, &refused);
    let second = cools_for(&pair, 70.0, &refused);
    assert!((second - first).abs() > 0.001, "{first} and {second} are one draw");
}

#[test]
fn a_cooldown_stays_as_long_however_often_it_relapsed() {
    let (pair, refused) = (router(2, json!({"cooldown_time": 60})), broken(Trouble::Connect));
    for n in 0..80 {
        let lasts = cools_for(&pair, 100.0 * f64::from(n), &refused);
        assert!((54.0..=66.0).contains(&lasts), "{lasts} s for number {n}");
    }
}

#[test]
fn what_does_not_open_a_breaker_tells_how_near_it_came() {
    let pair = router(2, json!({}));
    let stall = broken(Trouble::Stalled);
    let few = |in_a_row, recent| {
        CooldownStep::None(NoCooldown::FewFailures {
            in_a_row,
            in_a_row_min: 2,
            recent,
            recent_min: 3,
            outcomes: 10,
        })
    };
    assert_eq!(pair.failed(&attempt(0, at(0.0)), &stall, FIRST), few(1, 1));
    succeed(&pair, 0.5);
    assert_eq!(pair.failed(&attempt(0, at(1.0)), &stall, FIRST), few(1, 2));
    let bad = pair.failed(&attempt(0, at(2.0)), &refusal(400, &[]), FIRST);
    assert_eq!(bad, CooldownStep::None(NoCooldown::RequestAtFault));
    let off = router(2, json!({"disable_cooldowns": true}));
    let step = off.failed(&attempt(0, at(0.0)), &refusal(429, &[]), FIRST);
    assert_eq!(step, CooldownStep::None(NoCooldown::Off));
}
