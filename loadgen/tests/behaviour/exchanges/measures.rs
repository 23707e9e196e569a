//! Every instant of a row is where DESIGN says it is, on one clock that starts at the run.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use super::stage::{
    Asked, DONE, FINISH, HEAD, Step, answer, chunk, delta, load, play, run_on, serve, stream, words,
};
use loadgen::config::{Dialect, LoadConfig};
use record::RequestRow;
use vocab::{Integrity, Outcome};
use world::MemoryNetwork;

const MS: u64 = 1_000_000;

fn wait(ms: u64) -> Step {
    Step::Wait(Duration::from_millis(ms))
}

fn plain() -> LoadConfig {
    let mut config = load(1.0, 1);
    config.phases[0].workload.stream_share = 0.0;
    config
}

fn instants(row: &RequestRow) -> [Option<u64>; 6] {
    let ns = [row.sent_ns, row.first_byte_ns, row.first_token_ns, row.last_token_ns, row.end_ns];
    let [sent, byte, first, last, end] = ns.map(|ns| ns.map(|ns| ns / MS));
    [sent, byte, first, last, end, row.longest_gap_ns.map(|ns| ns / MS)]
}

/// Head at 100 ms, an empty role frame at 150, tokens at 200, 300, 800, 900, 1000, the terminator
/// at 1100, the last chunk at `tail`.
fn paced(asked: &Asked, tail_ms: u64) -> Vec<Step> {
    let role = "data: {\"choices\":[{\"index\":0,\"delta\":{\"role\":\"assistant\",\
                \"content\":\"\"}}]}\n\n";
    let mut steps = vec![wait(100), Step::Say(HEAD.into()), wait(50), Step::Say(chunk(role))];
    for (pause, word) in [50, 100, 500, 100, 100].into_iter().zip(words(asked, (2, 3), 0..5)) {
        steps.extend([wait(pause), Step::Say(chunk(&word))]);
    }
    let end = [chunk(FINISH), chunk(DONE)].concat();
    steps.extend([wait(100), Step::Say(end), wait(tail_ms), Step::Say(b"0\r\n\r\n".to_vec())]);
    steps
}

#[tokio::test(start_paused = true)]
async fn a_stream_is_measured_at_each_of_its_events() {
    let played = play(&load(1.0, 1), |asked| paced(asked, 0)).await;
    let row = &played.rows[0];
    let want = [Some(0), Some(100), Some(200), Some(1000), Some(1100), Some(500)];
    assert_eq!(instants(row), want);
    assert_eq!((row.outcome, row.tokens, row.status), (Outcome::Success, 5, Some(200)));
    assert_eq!((row.served_by.as_deref(), row.served_visit), (Some("east"), Some(3)));
    assert_eq!((row.phase.as_str(), row.warmup, row.attempts), ("main", false, None));
}

#[tokio::test(start_paused = true)]
async fn the_end_is_the_terminator_not_the_last_byte() {
    let slow_tail = play(&load(1.0, 1), |asked| paced(asked, 200)).await;
    assert_eq!(slow_tail.rows[0].end_ns.map(|ns| ns / MS), Some(1100));
    let endless_tail = play(&load(1.0, 1), |asked| paced(asked, 1_000_000)).await;
    assert_eq!(endless_tail.rows[0].outcome, Outcome::Success);
}

#[tokio::test(start_paused = true)]
async fn a_silence_after_the_last_token_is_a_gap_too() {
    let script = |asked: &Asked| {
        let mut steps = vec![Step::Say(HEAD.into())];
        steps.extend(words(asked, (1, 1), 0..2).iter().map(|word| Step::Say(chunk(word))));
        steps.extend([wait(700), Step::Reset]);
        steps
    };
    let row = play(&load(1.0, 1), script).await.rows.remove(0);
    assert_eq!((row.outcome, instants(&row)[5]), (Outcome::Failed, Some(700)));
}

#[tokio::test(start_paused = true)]
async fn reasoning_and_tool_arguments_are_first_tokens_an_empty_delta_is_not() {
    let deltas = [
        (r#"{"role":"assistant","content":""}"#, None),
        (r#"{"reasoning_content":"hm"}"#, Some(50)),
        (r#"{"tool_calls":[{"index":0,"function":{"arguments":"{"}}]}"#, Some(50)),
        (r#"{"content":"hi"}"#, Some(50)),
    ];
    for (delta, first) in deltas {
        let frame = format!("data: {{\"choices\":[{{\"index\":0,\"delta\":{delta}}}]}}\n\n");
        let script = move |_: &Asked| {
            vec![Step::Say(HEAD.into()), wait(50), Step::Say(chunk(&frame)), Step::Close]
        };
        let row = play(&load(1.0, 1), script).await.rows.remove(0);
        assert_eq!(row.first_token_ns.map(|ns| ns / MS), first, "{delta}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_plain_answer_has_content_but_no_token_times() {
    let script = |asked: &Asked| {
        let text = words(asked, (1, 1), 0..5).iter().map(|word| token_of(word)).collect::<String>();
        let body = format!(r#"{{"choices":[{{"message":{{"content":"{text}"}}}}]}}"#);
        let head = "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n";
        let reply = format!("{head}content-length: {}\r\n\r\n{body}", body.len());
        vec![wait(250), Step::Say(reply.into_bytes())]
    };
    let row = play(&plain(), script).await.rows.remove(0);
    assert_eq!(instants(&row), [Some(0), Some(250), None, None, Some(250), None]);
    assert_eq!((row.outcome, row.tokens, row.stream), (Outcome::Success, 5, false));
    assert_eq!((row.integrity, row.served_visit), (Some(Integrity::Complete), Some(1)));
}

/// The words of a content frame.
fn token_of(frame: &str) -> String {
    let data = frame.strip_prefix("data: ").unwrap();
    let chunk: serde_json::Value = serde_json::from_str(data).unwrap();
    chunk["choices"][0]["delta"]["content"].as_str().unwrap().to_owned()
}

#[tokio::test(start_paused = true)]
async fn each_dialect_has_its_headers_and_its_stream() {
    let heads = Arc::new(Mutex::new(Vec::new()));
    let seen = Arc::clone(&heads);
    let script = move |asked: &Asked| {
        seen.lock().unwrap().push(asked.head.to_lowercase());
        if !asked.head.contains("anthropic-version") {
            return answer(asked);
        }
        let event = |kind: &str, rest: &str| {
            format!("event: {kind}\ndata: {{\"type\":\"{kind}\"{rest}}}\n\n")
        };
        let text = |word: &String| {
            let text = token_of(word);
            let delta =
                format!(",\"index\":0,\"delta\":{{\"type\":\"text_delta\",\"text\":\"{text}\"}}");
            event("content_block_delta", &delta)
        };
        let mut frames = vec![event("message_start", ",\"message\":{}"), event("ping", "")];
        frames.extend(words(asked, (1, 1), 0..5).iter().map(text));
        frames.push(event("message_delta", ",\"delta\":{\"stop_reason\":\"end_turn\"}"));
        frames.push(event("message_stop", ""));
        stream(&frames)
    };
    let network = MemoryNetwork::new();
    serve(&network, script);
    for dialect in [Dialect::OpenAi, Dialect::Azure, Dialect::Anthropic] {
        let played = run_on(&network, &load(1.0, 1), dialect, Arc::default()).await;
        let row = &played.rows[0];
        assert_eq!((row.outcome, row.tokens), (Outcome::Success, 5), "{dialect:?}: {row:?}");
    }
    let heads = heads.lock().unwrap();
    let keys = ["authorization: bearer sk-dummy", "api-key: sk-dummy", "x-api-key: sk-dummy"];
    for (head, key) in heads.iter().zip(keys) {
        assert!(head.starts_with("post /v1/chat/completions http/1.1\r\nhost: gateway:4000\r\n"));
        let mine =
            ["x-brownout-request: 0", "x-litellm-call-id: 0", "content-type: application/json"];
        for header in mine.into_iter().chain([key]) {
            assert!(head.lines().any(|line| line == header), "{header} in {head}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn connections_are_kept_and_requests_are_numbered() {
    let bodies = Arc::new(Mutex::new(Vec::new()));
    let seen = Arc::clone(&bodies);
    let played = play(&load(5.0, 2), move |asked| {
        seen.lock().unwrap().push((asked.prompt.0, asked.body.clone()));
        if asked.prompt.0 == 3 {
            stream(&[delta("nonsense"), DONE.to_owned()])
        } else {
            answer(asked)
        }
    })
    .await;
    assert_eq!(bodies.lock().unwrap().len(), 10);
    let numbers: Vec<u64> = played.rows.iter().map(|row| row.request).collect();
    assert_eq!(numbers, (0..10).collect::<Vec<_>>());
    let failed: Vec<u64> = played
        .rows
        .iter()
        .filter(|row| row.outcome == Outcome::Failed)
        .map(|row| row.request)
        .collect();
    assert_eq!(failed, [3]);
}
