//! Whatever providers do, whoever leaves, whatever the config says of retries, hedges and breaks, the personality `brownout`
//! keeps its invariants:
//!
//! 1. Every request that was let in ends exactly once, and its client is told, within a bound.
//! 2. One request makes a bounded number of attempts; none is made beside another where hedging is off, and never two.
//! 3. No word reaches a client from another deployment than the one before it, unless the stream says so.
//! 4. What ends as a whole answer is one: nothing is cut short and called complete.
//! 5. What is no whole answer says so: a status or an error event, never a silent end.
//! 6. A request's own limit bounds everything until its answer begins, queues and waits included.
//! 7. Nobody is sent to a deployment that cools while there is one that never cooled and that it has not tried.
//! 8. The books reconcile: of the attempts that the metrics count, those that were neither answered nor failed belong to
//!    clients that left, or to hedges that somebody else overtook.
//! 9. After the last fault everybody is served again within the longest cooldown.
//! 10. Nothing is left behind: no request counts as under way, and no task outlives the gateway.
//! 11. No slot is left behind: no attempt counts as under way, every place of a deployment that takes so many at a time is
//!     free, and as many requests as it takes are answered at once.
//!
//! Clients read, hang up, never read, or allow a few milliseconds. `INVARIANTS_CASES=10000` plays more than CI does. A failing
//! case is shrunk and printed, with the command that plays it again.

#![expect(clippy::expect_used, reason = "a test that cannot go on has failed")]

use std::collections::BTreeMap;
use std::hash::{BuildHasher, Hasher, RandomState};
use std::time::Duration;

use gateway::config::{Config, OnBreak};
use proptest::prelude::*;
use proptest::test_runner::{RngSeed, TestRunner};
use tokio::io::AsyncWriteExt;
use vocab::At;

use crate::support::*;

/// Words of a whole answer.
const WORDS: usize = 6;

/// Longest that one request may take: every attempt's timeout, backoffs and waits for places included.
const BOUND: Duration = Duration::from_secs(400);

/// What an answer within a limit may take longer: the way to the client.
const SLACK: Duration = Duration::from_millis(5);

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
    manner: Manner,
}

/// How a client behaves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Manner {
    /// It waits for its answer.
    Reads,
    /// It hangs up after so many milliseconds.
    Leaves(u64),
    /// It sends its request and reads nothing.
    NeverReads,
    /// It allows so many milliseconds.
    Limits(u64),
}

fn asks() -> impl Strategy<Value = Asks> {
    let manner = prop_oneof![
        5 => Just(Manner::Reads),
        2 => (1u64..3_000).prop_map(Manner::Leaves),
        1 => Just(Manner::NeverReads),
        2 => (1u64..5_000).prop_map(Manner::Limits),
    ];
    let asks = (any::<bool>(), 0u64..2_000, manner);
    asks.prop_map(|(stream, after_ms, manner)| Asks { stream, after_ms, manner })
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

/// What a client got, if it waited for it.
async fn asked(lab: &Lab, asks: Asks, number: usize) -> Option<Got> {
    let id = format!("call-{number}");
    // Whole answers are not scripted: a plain request is asked for its honesty only where it fails.
    let body = if asks.stream { STREAM } else { PLAIN };
    let path = "/v1/chat/completions";
    let of = [("x-litellm-call-id", id.as_str())];
    match asks.manner {
        Manner::Reads => tokio::time::timeout(BOUND, lab.post(path, &of, body)).await.ok(),
        Manner::Leaves(after) => {
            let patience = Duration::from_millis(after);
            tokio::time::timeout(patience, lab.post(path, &of, body)).await.ok()
        }
        Manner::NeverReads => {
            let mut conn = lab.dial().await.expect("the gateway stands");
            let request = request(body).replace("call-1", &id);
            conn.write_all(request.as_bytes()).await.expect("it reads");
            tokio::time::sleep(BOUND).await;
            None
        }
        Manner::Limits(most) => {
            let most = format!("{:.3}", most as f64 / 1_000.0);
            let headers = [of[0], ("x-litellm-timeout", most.as_str())];
            tokio::time::timeout(BOUND, lab.post(path, &headers, body)).await.ok()
        }
    }
}

/// Invariants 1 and 3 to 6 of one client.
fn is_served_honestly(
    (asks, got): (Asks, Option<Got>),
    on_break: OnBreak,
) -> Result<(), TestCaseError> {
    let Some(got) = got else {
        let waits = matches!(asks.manner, Manner::Reads | Manner::Limits(_));
        prop_assert!(!waits, "a client waits for ever");
        return Ok(());
    };
    if let Manner::Limits(most) = asks.manner {
        // Whoever began to answer in time may go on.
        let bound = Duration::from_millis(most) + SLACK;
        let begun = asks.stream && got.status == 200;
        prop_assert!(begun || got.took <= bound, "{:?} for {most} ms: {}", got.took, got.body);
    }
    if asks.stream {
        return is_honest(&got, on_break);
    }
    prop_assert!(got.status >= 400 || !got.broken);
    Ok(())
}

/// The gateway's part of a play: what was decided and counted.
async fn plays(case: &Case) -> Result<(), TestCaseError> {
    let lab = Lab::new();
    for (host, does) in HOSTS.iter().zip(&case.fleet) {
        let mut acts: Vec<Act> = does.iter().map(|does| act(host, *does)).collect();
        acts.push(act(host, Does::Answer));
        lab.upstream(host, &acts);
    }
    lab.upstream("backup", &[act("z", Does::Answer)]);
    let tasks = alive();
    let gateway = lab.mortal(case.config());
    let mut clients = Vec::new();
    let mut at = lab.start;
    for (number, asks) in case.asks.iter().copied().enumerate() {
        at += Duration::from_millis(asks.after_ms);
        let (lab, begins) = (lab.clone(), at);
        clients.push(tokio::spawn(async move {
            tokio::time::sleep_until(begins).await;
            (asks, asked(&lab, asks, number).await)
        }));
    }
    for client in clients {
        is_served_honestly(client.await.expect("no panic"), case.on_break)?;
    }
    // What goes on after its client left ends, too.
    tokio::time::sleep(BOUND).await;
    is_decided(&lab, case)?;
    reconciles(&lab, case).await?;
    recovers(&lab, case).await?;
    frees_its_slots(&lab, case).await?;
    gateway.abort();
    tokio::time::sleep(BOUND).await;
    // Invariant 10.
    prop_assert_eq!(alive(), tasks, "tasks outlive the gateway");
    Ok(())
}

/// Tasks of this runtime.
fn alive() -> usize {
    tokio::runtime::Handle::current().metrics().num_alive_tasks()
}

/// Invariants 1, 2 and 7, by what was decided.
fn is_decided(lab: &Lab, case: &Case) -> Result<(), TestCaseError> {
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
    let hedges = decided.iter().filter(|line| line.contains("hedge")).count();
    let told = lab.told.lock().expect("no poison").clone();
    let asked = told.iter().filter(|told| told.what == What::Asked).count();
    prop_assert!(2 * hedges <= asked && (case.hedging || hedges == 0), "{hedges} of {asked}");
    spares_who_cools(&told, case)
}

/// Invariant 7. Who finds every place taken may wait for one that cools.
fn spares_who_cools(told: &[Told], case: &Case) -> Result<(), TestCaseError> {
    let mut until: BTreeMap<&str, At> = BTreeMap::new();
    let mut tried: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for Told { at, call_id, deployment, what } in told {
        match what {
            What::Cools(lasts) => {
                until.insert(deployment, at.plus(*lasts));
            }
            What::Asked => {
                let tried = tried.entry(call_id).or_default();
                let cools = until.get(&**deployment).is_some_and(|until| until > at);
                let siblings = HOSTS[..case.fleet.len()].iter();
                let mut free = siblings.filter(|host| {
                    !until.contains_key(**host) && !tried.contains(host) && **host != deployment
                });
                let free =
                    free.next().filter(|_| deployment != "backup" && case.parallel.is_none());
                if let (true, Some(free)) = (cools, free) {
                    prop_assert!(
                        false,
                        "{call_id} goes to {deployment}, and {free} is free: {told:?}"
                    );
                }
                tried.push(deployment);
            }
        }
    }
    Ok(())
}

/// Invariant 8.
async fn reconciles(lab: &Lab, case: &Case) -> Result<(), TestCaseError> {
    let page = lab.send("GET", "/metrics", &[], "").await.body;
    let sum = |name: &str| -> f64 {
        let lines = page.lines().filter(|line| line.starts_with(&format!("{name}{{")));
        lines.filter_map(|line| line.rsplit(' ').next()?.parse::<f64>().ok()).sum()
    };
    let attempts = sum("litellm_deployment_total_requests_total");
    let answered = sum("litellm_deployment_success_responses_total");
    let failed = sum("litellm_deployment_failure_responses_total");
    let decided = lab.decided();
    let of = |what: &str| decided.iter().filter(|line| line.contains(what)).count() as f64;
    let open = attempts - answered - failed;
    let may = of("client left") + of("hedge") + of("stream broken");
    prop_assert!((0.0..=may).contains(&open), "{attempts} = {answered} + {failed} + {open}");
    prop_assert!(answered >= of("served"), "{answered} answered: {decided:?}");
    let asked =
        lab.told.lock().expect("no poison").iter().filter(|it| it.what == What::Asked).count();
    // One that waited for a place in vain was never sent.
    prop_assert!(attempts <= asked as f64, "{attempts} of {asked}");
    prop_assert!(case.parallel.is_some() || attempts + of("client left") >= asked as f64);
    Ok(())
}

/// Invariants 9 and 10: what was scripted may not be used up, and each request uses up one of it at least.
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

/// Invariant 11.
async fn frees_its_slots(lab: &Lab, case: &Case) -> Result<(), TestCaseError> {
    tokio::time::sleep(COOLED).await;
    let page = lab.send("GET", "/metrics", &[], "").await.body;
    let of = |name: &str| -> Vec<String> {
        let lines = page.lines().filter(|line| line.starts_with(&format!("{name}{{")));
        lines.map(str::to_owned).collect()
    };
    let under_way = of("brownout_deployment_requests_under_way");
    let places = of("brownout_deployment_places_taken");
    prop_assert_eq!(places.is_empty(), case.parallel.is_none());
    for line in under_way.iter().chain(&places) {
        prop_assert!(line.ends_with(" 0"), "{}", line);
    }
    let Some(parallel) = case.parallel else { return Ok(()) };
    for host in &HOSTS[..case.fleet.len()] {
        let body = PLAIN.replace("\"model\":\"model\"", &format!("\"model\":\"{host}\""));
        let asks: Vec<_> = (0..parallel)
            .map(|_| {
                let (lab, body) = (lab.clone(), body.clone());
                tokio::spawn(async move { lab.chat(&body).await.took })
            })
            .collect();
        for ask in asks {
            // What is scripted for a host may not be used up, but nobody waits for a place.
            let took = ask.await.expect("no panic");
            prop_assert!(took < BOUND, "{:?}", took);
        }
    }
    Ok(())
}

fn number(variable: &str) -> Option<u64> {
    std::env::var_os(variable).and_then(|text| text.to_str()?.parse().ok())
}

#[test]
fn whatever_happens() {
    let cases = number("INVARIANTS_CASES").and_then(|cases| u32::try_from(cases).ok());
    let cases = cases.unwrap_or(2_000);
    let seed =
        number("INVARIANTS_SEED").unwrap_or_else(|| RandomState::new().build_hasher().finish());
    let config = ProptestConfig {
        cases,
        failure_persistence: None,
        rng_seed: RngSeed::Fixed(seed),
        ..Default::default()
    };
    let played = TestRunner::new(config).run(&case(), |case| {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .start_paused(true)
            .build()
            .expect("a runtime");
        runtime.block_on(plays(&case))
    });
    if let Err(failed) = played {
        panic!(
            "{failed}\nagain: INVARIANTS_SEED={seed} INVARIANTS_CASES={cases} \
             cargo test -p gateway --test behaviour holds_its_invariants"
        );
    }
}
