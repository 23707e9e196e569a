//! Whatever providers do, whoever leaves, whatever the config says of retries, hedges and breaks, the personality `brownout`
//! keeps its invariants:
//!
//! 1. Every request that was let in ends exactly once, and its client is told, within a bound.
//! 2. One request makes a bounded number of attempts.
//! 3. No word reaches a client from another deployment than the one before it, unless the stream says so.
//! 4. What ends as a whole answer is one: nothing is cut short and called complete.
//! 5. What is no whole answer says so: a status or an error event, never a silent end.
//! 6. After the last fault everybody is served again within the longest cooldown.
//! 7. Nothing is left behind: no request counts as under way.
//!
//! `INVARIANTS_CASES=10000` plays more than CI does. A failing case is shrunk, printed, and played with `PROPTEST_…`.

#![expect(clippy::expect_used, reason = "a test that cannot go on has failed")]

use std::time::Duration;

use gateway::config::{Config, OnBreak};
use proptest::prelude::*;

use crate::support::*;

/// Words of a whole answer.
const WORDS: usize = 6;

/// Longest that one request may take: every attempt's timeout, backoffs and waits for places included.
const BOUND: Duration = Duration::from_secs(400);

/// The longest cooldown: ten minutes for a provider that wants to be paid.
const COOLED: Duration = Duration::from_secs(601);

/// What a provider does to one request.
#[derive(Clone, Copy, Debug)]
enum Does {
    Answer,
    Refuse,
    Hang,
    Reset,
    Status(u16, Option<u8>),
    /// Breaks after so many words.
    Cut(usize),
    Stall(usize),
    ErrorEvent(usize),
    Garble(usize),
    /// Ends in order, without a finish reason.
    End(usize),
    /// Is silent for so many seconds before its first word.
    Late(u8),
}

fn does() -> impl Strategy<Value = Does> {
    let status = prop_oneof![
        Just(400),
        Just(401),
        Just(402),
        Just(404),
        Just(408),
        Just(413),
        Just(429),
        Just(500),
        Just(503),
        Just(529)
    ];
    prop_oneof![
        6 => Just(Does::Answer),
        1 => Just(Does::Refuse),
        1 => Just(Does::Hang),
        1 => Just(Does::Reset),
        3 => (status, prop::option::of(0u8..130)).prop_map(|(status, wait)| Does::Status(status, wait)),
        1 => (0..WORDS).prop_map(Does::Cut),
        1 => (0..WORDS).prop_map(Does::Stall),
        1 => (0..WORDS).prop_map(Does::ErrorEvent),
        1 => (0..WORDS).prop_map(Does::Garble),
        1 => (0..WORDS).prop_map(Does::End),
        1 => (1u8..40).prop_map(Does::Late),
    ]
}

/// What one client asks, and when it leaves.
#[derive(Clone, Copy, Debug)]
struct Asks {
    stream: bool,
    /// Milliseconds after the one before.
    after_ms: u64,
    leaves_after_ms: Option<u64>,
}

fn asks() -> impl Strategy<Value = Asks> {
    let leaves = prop_oneof![3 => Just(None), 1 => (1u64..3_000).prop_map(Some)];
    (any::<bool>(), 0u64..2_000, leaves).prop_map(|(stream, after_ms, leaves_after_ms)| Asks {
        stream,
        after_ms,
        leaves_after_ms,
    })
}

#[derive(Clone, Debug)]
struct Case {
    /// What each deployment does to its requests, in order; then it answers.
    fleet: Vec<Vec<Does>>,
    asks: Vec<Asks>,
    strategy: &'static str,
    on_break: OnBreak,
    retries: u32,
    timeout_s: u64,
    parallel: Option<u32>,
    hedging: bool,
    fallback: bool,
}

prop_compose! {
    fn case()(
        fleet in prop::collection::vec(prop::collection::vec(does(), 0..8), 1..4),
        asks in prop::collection::vec(asks(), 1..8),
        strategy in prop::sample::select(
            vec!["priority", "simple-shuffle", "least-busy", "p2c-ewma", "least-tokens", "adaptive"]
        ),
        on_break in prop::sample::select(vec![OnBreak::Error, OnBreak::Resume, OnBreak::Restart]),
        retries in 0u32..4,
        timeout_s in 2u64..40,
        parallel in prop::option::of(1u32..3),
        hedging in any::<bool>(),
        fallback in any::<bool>(),
    ) -> Case {
        Case { fleet, asks, strategy, on_break, retries, timeout_s, parallel, hedging, fallback }
    }
}

const HOSTS: [&str; 3] = ["a", "b", "c"];

impl Case {
    fn config(&self) -> Config {
        let personality = priority(&["a"]).personality;
        let deployments = HOSTS[..self.fleet.len()].iter().map(|id| deployment(id)).collect();
        let mut config = Config { personality, ..config(self.strategy, deployments) };
        config.router.num_retries = self.retries;
        config.router.timeout = Duration::from_secs(self.timeout_s);
        config.router.stream_timeout = None;
        config.router.default_max_parallel_requests = self.parallel;
        config.own.on_break = self.on_break;
        if !self.hedging {
            config.own.hedging = 0.0;
        }
        if self.fallback { with_backup(config) } else { config }
    }
}

/// The word number `n` of a host.
fn said(host: &str, n: usize) -> Step {
    word(&format!("{host}{n} "))
}

fn stream_of(host: &str, words: usize, turn: &[Step]) -> Act {
    let mut steps = vec![role()];
    for n in 0..words {
        steps.push(Step::Wait(Duration::from_millis(20)));
        steps.push(said(host, n));
    }
    steps.extend_from_slice(turn);
    Act::Stream(steps)
}

/// What a host does to a stream; a plain request meets the same with a whole answer in the place of words.
fn act(host: &str, does: Does) -> Act {
    let say = |text: &str| Step::Say(text.to_owned());
    match does {
        Does::Answer => stream_of(host, WORDS, &end()),
        Does::Refuse => Act::Refuse,
        Does::Hang => Act::Hang,
        Does::Reset => Act::Reset,
        Does::Status(status, wait) => {
            let mut refusal = refusal(status, &[]);
            if let (Act::Reply(_, headers, _), Some(wait)) = (&mut refusal, wait) {
                let wait: &'static str = WAITS[usize::from(wait) % WAITS.len()];
                headers.push(("retry-after", wait));
            }
            refusal
        }
        Does::Cut(words) => stream_of(host, words, &[Step::Cut]),
        Does::Stall(words) => stream_of(host, words, &[Step::Stall]),
        Does::ErrorEvent(words) => {
            stream_of(host, words, &[say("data: {\"error\":{\"message\":\"overloaded\"}}\n\n")])
        }
        Does::Garble(words) => stream_of(host, words, &[say("data: nonsense\n\n")]),
        Does::End(words) => stream_of(host, words, &[]),
        Does::Late(seconds) => {
            let mut steps = vec![Step::Wait(Duration::from_secs(seconds.into())), role()];
            steps.extend((0..WORDS).map(|n| said(host, n)));
            steps.extend(end());
            Act::Stream(steps)
        }
    }
}

const WAITS: [&str; 5] = ["0", "1", "7", "60", "86400"];

/// Hosts of an answer's words, in order, without repetition, and the number of marks.
fn voices(got: &Got) -> (Vec<char>, usize) {
    let mut voices: Vec<char> =
        got.words().split_whitespace().filter_map(|word| word.chars().next()).collect();
    voices.dedup();
    let resumed = got.body.lines().filter(|line| line.starts_with(": resumed ")).count();
    (voices, resumed)
}

/// Invariants 3, 4 and 5 of one streamed answer.
fn is_honest(got: &Got, on_break: OnBreak) -> Result<(), TestCaseError> {
    let (voices, marks) = voices(got);
    prop_assert!(voices.len() <= marks + 1, "{voices:?} with {marks} marks: {}", got.body);
    prop_assert!(on_break == OnBreak::Resume || marks == 0);
    if got.status != 200 {
        return Ok(());
    }
    let error = got.error_event().is_some();
    prop_assert!(got.done() != error, "neither whole nor an error, or both: {}", got.body);
    if got.done() {
        let last = got.words().split_whitespace().last().map(str::to_owned).unwrap_or_default();
        prop_assert!(last.ends_with(&(WORDS - 1).to_string()), "cut short and whole: {}", got.body);
    }
    prop_assert!(!got.broken, "the connection to the client breaks: {}", got.body);
    Ok(())
}

async fn plays(case: &Case) -> Result<(), TestCaseError> {
    let lab = Lab::new();
    for (host, does) in HOSTS.iter().zip(&case.fleet) {
        let mut acts: Vec<Act> = does.iter().map(|does| act(host, *does)).collect();
        acts.push(act(host, Does::Answer));
        lab.upstream(host, &acts);
    }
    lab.upstream("backup", &[act("z", Does::Answer)]);
    lab.gateway(case.config());
    let mut clients = Vec::new();
    let mut at = lab.start;
    for (number, asks) in case.asks.iter().copied().enumerate() {
        at += Duration::from_millis(asks.after_ms);
        let (lab, begins) = (lab.clone(), at);
        clients.push(tokio::spawn(async move {
            tokio::time::sleep_until(begins).await;
            let id = format!("call-{number}");
            let headers = [("x-litellm-call-id", id.as_str())];
            // Whole answers are not scripted: a plain request is asked for its honesty only where it fails.
            let body = if asks.stream { STREAM } else { PLAIN };
            let got = lab.post("/v1/chat/completions", &headers, body);
            let patience = asks.leaves_after_ms.map_or(BOUND, Duration::from_millis);
            (asks, tokio::time::timeout(patience, got).await.ok())
        }));
    }
    for client in clients {
        let (asks, got) = client.await.expect("no panic");
        match got {
            Some(got) if asks.stream => is_honest(&got, case.on_break)?,
            Some(got) => prop_assert!(got.status >= 400 || !got.broken),
            None => prop_assert!(asks.leaves_after_ms.is_some(), "a client waits for ever"),
        }
    }
    // What goes on after its client left ends, too.
    tokio::time::sleep(BOUND).await;
    let ends = |line: &&String| {
        ["served after", "gave up", "stream broken", "client left"]
            .iter()
            .any(|end| line.contains(end))
    };
    let decided = lab.decided();
    let ended = decided.iter().filter(ends).count();
    prop_assert_eq!(ended, case.asks.len(), "{:?}", decided);
    let attempts = lab.hosts().len();
    prop_assert!(attempts <= 64 * case.asks.len(), "{attempts} attempts");
    recovers(&lab, case).await
}

/// Invariants 6 and 7: what was scripted may not be used up, and each request uses up one of it at least.
async fn recovers(lab: &Lab, case: &Case) -> Result<(), TestCaseError> {
    let left: usize = case.fleet.iter().map(Vec::len).sum();
    let mut status = 0;
    for _ in 0..=left {
        tokio::time::sleep(COOLED).await;
        status = lab.chat(STREAM).await.status;
        if status == 200 && lab.decided().last().is_some_and(|line| line.contains("served")) {
            break;
        }
    }
    prop_assert_eq!(status, 200, "nobody is served again: {:?}", lab.decided());
    let metrics = lab.send("GET", "/metrics", &[], "").await.body;
    prop_assert!(metrics.contains("litellm_in_flight_requests 0\n"), "{metrics}");
    Ok(())
}

fn cases() -> u32 {
    let asked = std::env::var_os("INVARIANTS_CASES");
    asked.and_then(|text| text.to_str()?.parse().ok()).unwrap_or(2_000)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: cases(), failure_persistence: None, ..Default::default() })]

    #[test]
    fn whatever_happens(case in case()) {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .start_paused(true)
            .build()
            .expect("a runtime");
        runtime.block_on(plays(&case))?;
    }
}
