//! Cooldowns of the personality litellm-1.106, quirks included.

use gateway::decisions::{Cooled, Failure, NthFailure, Reason, Router, Trouble};
use std::time::Duration;

use super::given::{FIRST, at, attempt, broken, d, refusal, router, router_of, success};
use serde_json::json;

fn fail(router: &Router, deployment: usize, seconds: f64, failure: &Failure) -> Option<Cooled> {
    router.failed(&attempt(deployment, at(seconds)), failure, FIRST)
}

fn seconds(cooled: Option<Cooled>) -> Option<f64> {
    cooled.map(|cooled| cooled.lasts.as_secs_f64())
}

#[test]
fn which_single_failure_cools_whom() {
    // failure, cooldown in a group of two, cooldown of a lone deployment
    let table = [
        (refusal(429, &[]), Some(5.0), None),
        (refusal(429, &[("retry-after", "90")]), Some(90.0), None),
        (refusal(429, &[("retry-after", "1.5")]), Some(5.0), None),
        (refusal(429, &[("retry-after-ms", "1500")]), Some(5.0), None),
        (refusal(429, &[("retry-after", "0")]), None, None),
        (refusal(429, &[("retry-after", "Thu, 01 Jan 2026 00:00:30 GMT")]), Some(30.0), None),
        (refusal(401, &[]), Some(5.0), Some(5.0)),
        (refusal(404, &[]), Some(5.0), Some(5.0)),
        (refusal(400, &[]), None, None),
        (refusal(403, &[]), None, None),
        (refusal(422, &[]), None, None),
        (refusal(408, &[]), None, None),
        (refusal(500, &[]), None, None),
        (refusal(503, &[("retry-after", "20")]), None, None),
        (broken(Trouble::Timeout), None, None),
        (broken(Trouble::Connect), None, None),
    ];
    for (failure, in_pair, alone) in table {
        for (n, expected) in [(2, in_pair), (1, alone)] {
            let router = router(n, json!({}));
            assert_eq!(seconds(fail(&router, 0, 0.0, &failure)), expected, "{n}: {failure:?}");
            assert_eq!(router.healthy("g", at(0.0)), n - usize::from(expected.is_some()));
        }
    }
}

#[test]
fn a_failed_share_above_one_half_cools_from_five_requests() {
    let router = router(2, json!({}));
    let error = refusal(500, &[]);
    router.succeeded(&attempt(0, at(0.0)), success(0.1));
    router.succeeded(&attempt(0, at(0.0)), success(0.1));
    for second in 1..=2 {
        assert_eq!(fail(&router, 0, f64::from(second), &error), None, "below five requests");
    }
    let cooled = fail(&router, 0, 3.0, &error).expect("3 of 5 failed");
    assert_eq!((cooled.lasts, cooled.reason), (Duration::from_secs(5), Reason::ServerError));
    assert_eq!(router.cooling(at(4.0)), [(d(0), Duration::from_secs(4))]);
    assert_eq!(fail(&router, 0, 4.0, &error), None, "a second failure does not extend it");
    assert_eq!(router.cooling(at(8.0)), []);
    // Recovery resets no counter: the next failure of the same window cools again.
    assert!(fail(&router, 0, 9.0, &error).is_some());
    // The window is fixed, 60 s from its first event.
    assert_eq!(fail(&router, 0, 62.0, &error), None);
}

#[test]
fn connection_errors_never_cool_however_many() {
    let router = router(2, json!({}));
    for second in 0..50 {
        let trouble = if second % 2 == 0 { Trouble::Connect } else { Trouble::Cut };
        assert_eq!(fail(&router, 0, f64::from(second), &broken(trouble)), None);
    }
}

#[test]
fn a_lone_deployment_cools_after_a_thousand_failures_without_success() {
    let router = router(1, json!({}));
    let error = refusal(503, &[]);
    for n in 0..999 {
        assert_eq!(fail(&router, 0, f64::from(n) / 1000.0, &error), None);
    }
    assert!(fail(&router, 0, 1.0, &error).is_some());
}

#[test]
fn allowed_fails_replaces_the_rules() {
    let settings = json!({"allowed_fails": 3, "cooldown_time": 60});
    let pair = router(2, settings.clone());
    let limit = refusal(429, &[("retry-after", "7")]);
    for second in 0..3 {
        assert_eq!(fail(&pair, 0, f64::from(second), &limit), None, "three are allowed");
    }
    assert_eq!(seconds(fail(&pair, 0, 3.0, &limit)), Some(7.0));

    // The window is cooldown_time long and fixed.
    let pair = router(2, settings);
    for second in [0.0, 1.0, 59.0, 60.0, 61.0, 62.0] {
        assert_eq!(fail(&pair, 0, second, &limit), None);
    }
    assert!(fail(&pair, 0, 63.0, &limit).is_some());

    // It makes lone deployments cool, too.
    let alone = router(1, json!({"allowed_fails": 0}));
    assert!(fail(&alone, 0, 0.0, &refusal(500, &[])).is_some());
}

#[test]
fn allowed_fails_policy_goes_by_class() {
    let policy = json!({"RateLimitErrorAllowedFails": 0, "InternalServerErrorAllowedFails": 1});
    let router = router(2, json!({"allowed_fails_policy": policy, "allowed_fails": 9}));
    assert!(fail(&router, 0, 0.0, &refusal(429, &[])).is_some());
    assert_eq!(fail(&router, 1, 0.0, &refusal(500, &[])), None);
    assert!(fail(&router, 1, 0.0, &refusal(500, &[])).is_some());
}

#[test]
fn only_the_first_failure_of_a_request_in_its_group_is_recorded() {
    let router = router(2, json!({}));
    let limit = refusal(429, &[]);
    assert!(router.failed(&attempt(0, at(0.0)), &limit, FIRST).is_some());
    assert_eq!(router.failed(&attempt(1, at(0.0)), &limit, (NthFailure::Later, FIRST.1)), None);
    assert_eq!(router.healthy("g", at(0.1)), 1, "the second keeps being asked");
}

#[test]
fn a_deployments_own_cooldown_time_wins_and_zero_means_never() {
    let params = [json!({"cooldown_time": 42}), json!({"cooldown_time": 0}), json!({})];
    let router = router_of(&params, json!({}));
    let limit = refusal(429, &[("retry-after", "9")]);
    assert_eq!(seconds(fail(&router, 0, 0.0, &limit)), Some(42.0));
    assert_eq!(fail(&router, 1, 0.0, &limit), None);
    let off = super::given::router(2, json!({"disable_cooldowns": true}));
    assert_eq!(fail(&off, 0, 0.0, &limit), None);
}
