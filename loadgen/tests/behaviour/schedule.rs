//! The schedule is fixed before the run: a pure function of seed and phases, merged in order of the
//! intended instant.

use std::time::Duration;

use loadgen::arrival::{self, Arrivals};
use loadgen::config::{ClientConfig, LoadConfig, Phase, TokenSpread, Workload};
use loadgen::schedule::RECENT_MAX;
use loadgen::{Intent, Schedule};
use vocab::{At, Seed};

fn poisson(per_second: f64) -> Arrivals {
    Arrivals { process: arrival::find("poisson").expect("in the table"), per_second }
}

fn phase(name: &str, seconds: std::ops::Range<u64>, arrivals: Arrivals) -> Phase {
    Phase {
        name: name.to_owned(),
        from: At::after_start(Duration::from_secs(seconds.start)),
        to: At::after_start(Duration::from_secs(seconds.end)),
        warmup: false,
        arrivals,
        workload: Workload {
            name: "chat".to_owned(),
            stream_share: 0.5,
            prompt_tokens: TokenSpread::Lognormal { p50: 200.0, p99: 2000.0, max: 4000 },
            answer_tokens: TokenSpread::Lognormal { p50: 80.0, p99: 400.0, max: 500 },
            max_tokens: None,
            repeat_share: 0.0,
        },
        model: "gpt-4o".to_owned(),
    }
}

fn load(seed: u64, phases: Vec<Phase>) -> LoadConfig {
    let client = ClientConfig {
        timeout: Duration::from_secs(300),
        patience: None,
        leave_after_tokens: None,
        leave_share: 0.0,
    };
    LoadConfig { seed: Seed(seed), phases, client, in_flight_max: 100 }
}

fn intents(config: &LoadConfig) -> Vec<Intent> {
    Schedule::new(config).collect()
}

#[test]
fn one_seed_gives_one_schedule_and_another_seed_another() {
    let phases = || vec![phase("main", 0..60, poisson(20.0))];
    assert_eq!(intents(&load(1, phases())), intents(&load(1, phases())));
    assert_ne!(intents(&load(1, phases())), intents(&load(2, phases())));
}

#[test]
fn constant_arrivals_are_evenly_spaced_from_the_start_of_the_phase() {
    let at: Vec<u64> = intents(&load(1, vec![phase("main", 10..12, arrival::constant(3.0))]))
        .iter()
        .map(|intent| intent.intended.ns())
        .collect();
    let third = 1_000_000_000.0 / 3.0;
    let want: Vec<u64> =
        (0..6).map(|n| 10_000_000_000 + (f64::from(n) * third).round() as u64).collect();
    assert_eq!(at, want);
}

#[test]
fn poisson_counts_vary_as_much_as_their_mean() {
    let config = load(7, vec![phase("main", 0..2000, poisson(50.0))]);
    let mut counts = vec![0.0f64; 2000];
    for intent in Schedule::new(&config) {
        counts[(intent.intended.ns() / 1_000_000_000) as usize] += 1.0;
    }
    let mean = counts.iter().sum::<f64>() / 2000.0;
    let variance = counts.iter().map(|count| (count - mean) * (count - mean)).sum::<f64>() / 2000.0;
    assert!((mean - 50.0).abs() < 1.0, "mean {mean}");
    // The standard error of the Fano factor over 2,000 windows is sqrt(2 / 2000) = 0.03.
    assert!((variance / mean - 1.0).abs() < 0.13, "Fano factor {}", variance / mean);
}

#[test]
fn a_rate_that_is_no_rate_has_no_arrivals() {
    for rate in [0.0, -1.0, f64::NAN] {
        for entry in arrival::ALL {
            let config =
                load(1, vec![phase("main", 0..10, Arrivals { process: entry, per_second: rate })]);
            assert_eq!(Schedule::new(&config).count(), 0, "{} {rate}", entry.name);
        }
    }
}

#[test]
fn the_table_names_every_process_once() {
    for entry in arrival::ALL {
        assert_eq!(arrival::find(entry.name).map(|found| found.summary), Some(entry.summary));
        assert!(entry.example.contains(entry.name), "{}", entry.example);
    }
    assert!(arrival::find("weibull").is_none());
}

#[test]
fn overlapping_phases_are_merged_by_intended_instant_then_by_order() {
    let config = load(
        3,
        vec![
            phase("steady", 0..30, arrival::constant(2.0)),
            phase("burst", 10..20, poisson(40.0)),
            phase("also steady", 0..30, arrival::constant(2.0)),
        ],
    );
    let intents = intents(&config);
    for (number, pair) in intents.windows(2).enumerate() {
        assert_eq!(pair[0].request.0, number as u64);
        let key = |intent: &Intent| (intent.intended, intent.phase);
        assert!(key(&pair[0]) < key(&pair[1]), "{pair:?}");
    }
    let of = |phase| intents.iter().filter(|intent| intent.phase == phase).count();
    assert_eq!((of(0), of(2)), (60, 60));
    assert!((300..500).contains(&of(1)), "{}", of(1));
}

#[test]
fn a_phase_is_the_same_whatever_runs_beside_it() {
    let main = || phase("main", 0..60, poisson(20.0));
    let alone = intents(&load(1, vec![main()]));
    let beside = load(1, vec![phase("other", 0..60, poisson(5.0)), main()]);
    let what = |intent: &Intent| {
        (intent.intended, intent.stream, intent.prompt_tokens, intent.answer_tokens)
    };
    let among: Vec<_> =
        Schedule::new(&beside).filter(|intent| intent.phase == 1).map(|i| what(&i)).collect();
    assert_eq!(alone.iter().map(what).collect::<Vec<_>>(), among);
}

#[test]
fn phases_meet_without_sharing_an_instant() {
    let mut warmup = phase("warmup", 0..10, arrival::constant(5.0));
    warmup.warmup = true;
    let config = load(1, vec![warmup, phase("main", 10..20, arrival::constant(5.0))]);
    for intent in Schedule::new(&config) {
        let in_warmup = intent.intended < At::after_start(Duration::from_secs(10));
        assert_eq!(config.phases[intent.phase].warmup, in_warmup, "{intent:?}");
    }
}

#[test]
fn token_counts_follow_their_quantiles_and_bounds() {
    let config = load(1, vec![phase("main", 0..1000, arrival::constant(20.0))]);
    let mut words: Vec<u32> = Schedule::new(&config).map(|intent| intent.prompt_tokens).collect();
    words.sort_unstable();
    let at = |share: f64| f64::from(words[(words.len() as f64 * share) as usize]);
    assert!((at(0.5) / 200.0 - 1.0).abs() < 0.05, "p50 {}", at(0.5));
    assert!((at(0.99) / 2000.0 - 1.0).abs() < 0.15, "p99 {}", at(0.99));
    assert!(words.iter().all(|words| (2..=4000).contains(words)));
    let streams = Schedule::new(&config).filter(|intent| intent.stream).count();
    assert!((9_500..10_500).contains(&streams), "{streams} of 20,000");
}

#[test]
fn repeats_ask_one_of_the_last_prompts_word_for_word() {
    let mut repeating = phase("main", 0..100, arrival::constant(20.0));
    repeating.workload.repeat_share = 0.4;
    let intents = intents(&load(1, vec![repeating]));
    let repeats: Vec<&Intent> = intents.iter().filter(|intent| intent.is_repeat()).collect();
    assert!((700..900).contains(&repeats.len()), "{} of 2,000", repeats.len());
    for repeat in repeats {
        let original = &intents[repeat.prompt.0 as usize];
        assert!(!original.is_repeat() && original.request < repeat.request);
        assert_eq!(original.prompt_tokens, repeat.prompt_tokens);
        assert_eq!(original.answer_tokens, repeat.answer_tokens);
        let fresh_between = intents[original.request.0 as usize..repeat.request.0 as usize]
            .iter()
            .filter(|intent| !intent.is_repeat())
            .count();
        assert!(fresh_between <= RECENT_MAX, "{fresh_between}");
    }
}
