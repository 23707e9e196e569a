//! Half-open breakers of the personality brownout: which requests are probes, and what their outcomes decide.

use gateway::decisions::{Tried, Trouble};
use gateway::strategy::Ask;

use super::cooldowns_of_our_own::{fail, pick, router, succeed};
use super::given::{ask, at, attempt, broken, d, refusal, rng, success};
use serde_json::json;

#[test]
fn after_a_cooldown_one_probe_decides() {
    let pair = router(2, json!({}));
    fail(&pair, 0.0, &refusal(429, &[("retry-after", "2")]));
    assert_eq!(pick(&pair, 1.9, &[]), Some(1));
    assert_eq!(pick(&pair, 2.0, &[]), Some(0), "half open");
    assert_eq!(pick(&pair, 2.0, &[]), Some(1), "the choice alone makes it the probe");
    pair.started(&attempt(0, at(2.0)));
    assert_eq!(pick(&pair, 2.1, &[]), Some(1), "one probe at a time");
    pair.abandoned(&attempt(0, at(2.2)));
    assert_eq!(pick(&pair, 2.2, &[]), Some(0), "an abandoned probe makes room for another");
    pair.unclaimed(d(0));
    assert_eq!(pick(&pair, 2.3, &[]), Some(0), "so does one that was never sent");
    pair.started(&attempt(0, at(2.3)));
    pair.succeeded(&attempt(0, at(2.4)), success(0.1));
    assert_eq!(pick(&pair, 2.5, &[]), Some(0), "closed");
    assert_eq!(pick(&pair, 2.5, &[]), Some(0), "for everybody");
}

#[test]
fn a_relapse_needs_more_proof() {
    let pair = router(2, json!({}));
    fail(&pair, 0.0, &broken(Trouble::Connect));
    fail(&pair, 6.0, &broken(Trouble::Connect));
    succeed(&pair, 12.0);
    assert_eq!(pick(&pair, 12.1, &[]), Some(0));
    assert_eq!(pick(&pair, 12.2, &[]), Some(1), "still half open after one proof");
    pair.succeeded(&attempt(0, at(12.3)), success(0.1));
    assert_eq!(pick(&pair, 12.4, &[]), Some(0));
    assert_eq!(pick(&pair, 12.5, &[]), Some(0));
}

#[test]
fn a_choice_during_a_cooldown_is_no_probe() {
    let pair = router(2, json!({}));
    fail(&pair, 0.0, &refusal(429, &[("retry-after", "2")]));
    let by_id = Ask { group: "d0", ..ask(at(1.0)) };
    assert_eq!(pair.pick(&by_id, Tried::default(), &rng(0)), Ok(d(0)));
    pair.succeeded(&attempt(0, at(1.5)), success(0.1));
    assert_eq!(pick(&pair, 2.0, &[]), Some(0), "the place of the probe is free");
}

#[test]
fn a_probe_that_fails_opens_again_for_whatever_it_fails() {
    let (pair, refused) = (router(2, json!({})), broken(Trouble::Connect));
    fail(&pair, 0.0, &refused);
    succeed(&pair, 6.0);
    fail(&pair, 7.0, &refused);
    succeed(&pair, 13.0);
    assert!(fail(&pair, 14.0, &refusal(500, &[])).is_some(), "one failure of the newest two");
}

#[test]
fn a_probe_that_succeeds_makes_room_for_the_next() {
    let (pair, refused) = (router(2, json!({})), broken(Trouble::Connect));
    fail(&pair, 0.0, &refused);
    fail(&pair, 6.0, &refused);
    assert_eq!(pick(&pair, 12.0, &[]), Some(0));
    pair.succeeded(&attempt(0, at(12.1)), success(0.1));
    assert_eq!(pick(&pair, 12.2, &[]), Some(0), "the second proof");
    assert_eq!(pick(&pair, 12.2, &[]), Some(1), "is under way");
}

#[test]
fn three_proofs_are_enough_however_often_it_relapsed() {
    let pair = router(2, json!({}));
    for round in 0..5 {
        assert!(fail(&pair, 6.0 * f64::from(round), &broken(Trouble::Connect)).is_some());
    }
    succeed(&pair, 30.0);
    succeed(&pair, 30.0);
    assert_eq!(pick(&pair, 30.1, &[]), Some(0));
    assert_eq!(pick(&pair, 30.1, &[]), Some(1), "two are not");
    pair.succeeded(&attempt(0, at(30.2)), success(0.1));
    assert_eq!(pick(&pair, 30.3, &[]), Some(0));
    assert_eq!(pick(&pair, 30.3, &[]), Some(0));
}

#[test]
fn being_overtaken_cools_for_five_seconds_at_most_whatever_the_config_says() {
    for (cooldown_time, expected) in [(60.0, 5.0..=5.0), (2.0, 1.8..=2.2)] {
        let pair = router(2, json!({"cooldown_time": cooldown_time}));
        let steps = (0..5).map(|n| pair.overtaken(d(0), at(f64::from(n))).begun());
        let steps: Vec<_> = steps.collect();
        assert!(steps[..4].iter().all(Option::is_none), "{steps:?}");
        let lasts = steps[4].expect("the fifth of twenty").lasts.as_secs_f64();
        assert!(expected.contains(&lasts), "{cooldown_time}: {lasts}");
    }
}
