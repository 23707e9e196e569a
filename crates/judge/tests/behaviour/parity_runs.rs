//! Both sides are played and compared; here a second emulation stands for the product, so that no Python is needed.

use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use judge::parity::{Against, Cases, Playing, Published, Recorded, Results, Source, Standing};

use super::support::{emulation, play, stuck};

/// The record of a personality that is taken for the product.
fn record_of(cases: &Cases, personality: &str) -> String {
    let emulation = emulation(personality);
    let (stop, stuck) = (Arc::new(AtomicBool::new(false)), stuck());
    let mut record = String::new();
    let mut playing = Playing {
        emulation: &emulation,
        plays: 1,
        at_a_time: 1,
        stop: &stop,
        stuck: &stuck,
        record: &mut |line| record.push_str(&format!("{line}\n")),
        progress: &mut |_, _, _| {},
    };
    judge::parity::record_emulation(cases, &mut playing).expect("plays");
    record
}

fn cases(pattern: &str) -> Cases {
    Cases::shipped().expect("shipped cases are right").only(pattern).without_load()
}

#[test]
fn a_product_that_is_the_emulation_agrees_in_every_case() {
    let cases = cases("probe/openai/error-50*/plain");
    let record = record_of(&cases, "litellm-1.106");
    let results = play(&cases, "litellm-1.106", &record).expect("plays");
    assert_eq!(results.cases.len(), cases.cases());
    let agrees = |row: &judge::parity::Row| row.standing == Standing::Agrees;
    assert!(results.cases.iter().all(agrees), "{results:?}");
}

#[test]
fn another_policy_differs_and_says_in_what() {
    let cases = cases("probe/openai/error-500/plain");
    let record = record_of(&cases, "brownout");
    let results = play(&cases, "litellm-1.106", &record).expect("plays");
    let [row] = results.cases.as_slice() else { panic!("one case") };
    assert_eq!(row.standing, Standing::Differs);
    let said: Vec<String> = row.deviations().collect();
    assert!(said.iter().any(|one| one.contains("attempts")), "{said:?}");
}

#[test]
fn what_is_not_recorded_is_not_judged_and_a_cut_line_is_left_out() {
    let cases = cases("probe/openai/error-50*/plain");
    let record = record_of(&cases, "litellm-1.106");
    let first_and_half: String = record.chars().take(record.find('\n').unwrap() + 40).collect();
    let results = play(&cases, "litellm-1.106", &first_and_half).expect("plays");
    assert_eq!(results.cases.len(), 1);
}

#[test]
fn a_record_goes_on_without_what_is_played_afresh() {
    let all = cases("probe/openai/error-50*/plain");
    let one = cases("probe/openai/error-502/plain");
    let record = record_of(&all, "litellm-1.106");
    let kept = Recorded::without(&record, &one.keys(&emulation("litellm-1.106")));
    assert_eq!(kept.lines().count(), record.lines().count() - 1);
    assert!(!kept.contains("error-502"));
}

#[test]
fn a_score_is_held_against_the_published_one_of_the_same_cases() {
    let cases = cases("probe/openai/error-50*/plain");
    let same = play(&cases, "litellm-1.106", &record_of(&cases, "litellm-1.106")).expect("plays");
    let other = play(&cases, "litellm-1.106", &record_of(&cases, "brownout")).expect("plays");
    let source = Source {
        product: "LiteLLM 1.106.2".to_owned(),
        personality: "litellm-1.106".to_owned(),
        record: "test".to_owned(),
        date: "2026-01-01".to_owned(),
        machine: "a machine".to_owned(),
        brownout: "0.1.0".to_owned(),
        command: "brownout parity".to_owned(),
    };
    let published = Published::new(source, same.clone());
    let read = Published::read(&published.text()).expect("reads what it writes");
    assert_eq!(read.text(), published.text());
    assert_eq!(published.against(&same, &cases).0, Against::Kept);
    assert_eq!(published.against(&other, &cases).0, Against::Missed);
    assert_eq!(published.against(&Results::default(), &cases).0, Against::Open);
    let page = judge::parity::page(&published);
    let all = same.cases.len();
    assert!(page.contains(&format!("**{all} of {all} cases agree (100.0 %)**")), "{page}");
}
