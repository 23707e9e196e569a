//! What the three tables record: whose attempt it was, who left with what it came for, what was not done, and
//! what an instance forgot.

use std::fmt::Write as _;
use std::path::Path;

use plan::ClockKind;
use record::{AttemptRow, DecisionKind, DecisionRow, RequestRow, Row, RowReader, Rule};
use serde::de::DeserializeOwned;
use vocab::Outcome;

use crate::support::{Played, play, play_one, scenario};

const MS: u64 = 1_000_000;

fn rows<R: Row + DeserializeOwned>(dir: &Path, contender: &str, table: &str) -> Vec<R> {
    let rows = RowReader::<R>::open(&dir.join(contender).join(table)).expect("a table");
    rows.map(|row| row.expect("readable")).collect()
}

fn requests(run: &Played, contender: &str) -> Vec<RequestRow> {
    rows(run.dir(), contender, "requests.csv")
}

fn attempts(run: &Played, contender: &str) -> Vec<AttemptRow> {
    rows(run.dir(), contender, "attempts.csv")
}

fn decisions(run: &Played, contender: &str) -> Vec<DecisionRow> {
    rows(run.dir(), contender, "decisions.csv")
}

#[test]
fn clients_that_leave_with_what_they_stayed_for_succeed_and_were_asked_once() {
    let text = scenario("leave", 5, "[]")
        .replace("stream: 70%", "stream: 100%")
        .replace("timeout: 2s", "timeout: 2s, leave: { after_tokens: 4 }");
    let run = play_one(&text, ClockKind::Virtual, "shuffle");
    let offered = requests(&run, "shuffle");
    assert!(offered.len() > 100);
    for row in &offered {
        assert_eq!(
            (row.outcome, row.tokens, row.attempts),
            (Outcome::Success, 4, Some(1)),
            "{row:?}"
        );
    }
    let billed = attempts(&run, "shuffle");
    assert_eq!(billed.len(), offered.len(), "nobody was retried");
    assert!(billed.iter().all(|row| row.tokens_out >= 4), "every token that came was billed");
}

#[test]
fn prompts_that_are_repeated_are_booked_on_the_request_that_repeats_them() {
    let text =
        scenario("repeat", 10, "[]").replace("answer_tokens: 12", "answer_tokens: 12, repeat: 60%");
    for clock in [ClockKind::Virtual, ClockKind::Wall] {
        let run = play_one(&text, clock, "shuffle");
        for contender in ["shuffle", "direct"] {
            let offered = requests(&run, contender);
            assert!(offered.len() > 200);
            for row in &offered {
                assert_eq!((row.outcome, row.attempts), (Outcome::Success, Some(1)), "{row:?}");
            }
            let booked = attempts(&run, contender);
            for row in &booked {
                assert_eq!((row.attempt, row.visit), (1, 1), "{contender}: {row:?}");
            }
            let protocols: std::collections::BTreeSet<_> =
                booked.iter().map(|row| row.deployment.as_str()).collect();
            assert_eq!(protocols.len(), if contender == "direct" { 1 } else { 3 }, "{protocols:?}");
        }
    }
}

#[test]
fn a_killed_instance_and_whom_it_forgot_stand_in_the_decisions() {
    let faults = "[{ at: 0s, for: 4s, target: first, inject: { error: { status: 429 } } }, \
                   { at: 1s, for: 500ms, target: 'gateway[1]', inject: kill }]";
    let run = play_one(&scenario("kill", 4, faults), ClockKind::Virtual, "shuffle");
    let heard = decisions(&run, "shuffle");
    let of_fleet: Vec<_> = heard
        .iter()
        .filter(|row| row.request.is_none())
        .map(|row| (row.at_ns / MS, row.kind, row.detail.as_str(), row.gateway.as_str()))
        .collect();
    assert_eq!(
        of_fleet,
        [
            (0, DecisionKind::Start, "", "gateway[1]"),
            (1000, DecisionKind::Kill, "forgets=west", "gateway[1]"),
            (1500, DecisionKind::Start, "", "gateway[1]"),
        ]
    );
    let cooled = |row: &&DecisionRow| row.kind == DecisionKind::Cooldown && row.at_ns >= 1500 * MS;
    let again = heard.iter().find(cooled).expect("it is cooled again");
    assert!(again.at_ns < 2000 * MS, "by the first requests of the next life: {again:?}");
}

#[test]
fn a_config_that_is_taken_on_forgets_whom_it_cooled() {
    let faults = "[{ at: 0s, for: 4s, target: first, inject: { error: { status: 429 } } }]";
    let text = scenario("reload", 4, faults);
    let text = format!(
        "{text}events: [{{ at: 1s, apply: {{ router_settings: {{ num_retries: 2 }} }} }}]\n"
    );
    let run = play_one(&text, ClockKind::Virtual, "shuffle");
    let heard = decisions(&run, "shuffle");
    let reload = heard.iter().find(|row| row.kind == DecisionKind::Reload).expect("a reload");
    assert_eq!(reload.detail, "forgets=west");
}

#[test]
fn a_cooldown_that_the_provider_prolongs_has_its_real_length_in_the_decisions() {
    // Everybody is dark: who is cooling is asked for want of anybody else, and then says how long that will last.
    let faults = "[{ at: 1s, for: 500ms, target: all, inject: refuse }, \
                  { at: 1500ms, for: 1s, target: all, inject: { throttle: { retry_after: 20s } } }]";
    let text = scenario("prolonged", 4, faults);
    let run = play_one(&text, ClockKind::Virtual, "priority");
    let heard = decisions(&run, "priority");
    let longer: Vec<_> =
        heard.iter().filter(|row| row.kind == DecisionKind::CooldownProlonged).collect();
    assert!(!longer.is_empty(), "some failed while they cooled");
    for row in longer {
        assert!(row.detail.starts_with("for_ms=20000;"), "from this row on: {row:?}");
    }
}

#[test]
fn what_was_not_done_is_told_at_most_once_per_failed_attempt_with_its_rule() {
    let faults =
        "[{ at: 1s, for: 3s, target: all, inject: { error: { status: 500 } }, share: 60% }]";
    let text = scenario("rules", 5, faults);
    let run = play(&text, ClockKind::Virtual);
    for contender in ["shuffle", "priority"] {
        let heard = decisions(&run, contender);
        let count = |kind| heard.iter().filter(|row| row.kind == kind).count();
        let failed = count(DecisionKind::AttemptFailed);
        let (cooled, longer) =
            (count(DecisionKind::Cooldown), count(DecisionKind::CooldownProlonged));
        assert_eq!(cooled + longer + count(DecisionKind::NoCooldown), failed, "{contender}");
        assert!(
            count(DecisionKind::NoRetry) <= failed && count(DecisionKind::NoFallback) <= failed
        );
        let gave_up = count(DecisionKind::GaveUp);
        assert!(gave_up > 0, "{contender}");
        assert_eq!(count(DecisionKind::NoFallback), gave_up, "{contender} says why nobody else");
        for row in &heard {
            let refrains = matches!(
                row.kind,
                DecisionKind::NoCooldown | DecisionKind::NoRetry | DecisionKind::NoFallback
            );
            assert_eq!(row.rule().is_some(), refrains, "{row:?}");
        }
    }
    let shuffle = decisions(&run, "shuffle");
    let few = |row: &DecisionRow| {
        matches!(row.rule(), Some(Rule::LowShare { above_percent: 50, .. } | Rule::FewCalls { .. }))
    };
    assert!(shuffle.iter().any(few), "a share with its figures");
}

#[test]
fn two_equal_contenders_tie_to_the_byte_under_every_strategy_and_personality() {
    let mut contenders = String::new();
    let mut pairs = Vec::new();
    for strategy in gateway::strategy::ALL {
        for personality in gateway::policy::ALL {
            let pair = format!("{}-{}", strategy.name, personality.name);
            for side in ["a", "b"] {
                let _ = writeln!(
                    contenders,
                    "  - {{ name: {pair}-{side}, personality: {}, instances: 2, balance: random, router_settings: \
                     {{ routing_strategy: {} }} }}",
                    personality.name, strategy.name
                );
            }
            pairs.push(pair);
        }
    }
    let faults = "[{ at: 2s, for: 3s, target: first, share: 60%, inject: { error: { status: 503 } } }, \
                   { at: 5s, for: 2s, target: others, share: 30%, inject: { stall: { after_tokens: 3 } } }]";
    let text = scenario("ties", 8, faults);
    let (head, tail) = text.split_once("contenders:").expect("contenders");
    let tail = tail.split_once("client:").expect("a client").1;
    let run = play(&format!("{head}contenders:\n{contenders}client:{tail}"), ClockKind::Virtual);
    for pair in pairs {
        for table in ["requests.csv", "attempts.csv", "decisions.csv"] {
            let read = |side: &str| {
                let path = run.dir().join(format!("{pair}-{side}")).join(table);
                std::fs::read_to_string(path).expect("a table")
            };
            assert!(read("a") == read("b"), "{pair}: {table} differs");
        }
    }
}
