//! A stage for the generator: one server in memory that answers each request by a script, byte by
//! byte, so that every ending the client can meet can be put on.

use std::sync::atomic::AtomicBool;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use loadgen::config::{
    ClientConfig, Dialect, LoadConfig, Phase, Secret, Target, TokenSpread, Workload,
};
use loadgen::{Live, Sink, Summary, Surroundings, arrival};
use record::RequestRow;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use vocab::mark::{answer_length, prompt_id, push_token};
use vocab::{At, DeploymentNumber, PromptId, Seed, Visit};
use world::{Authority, Clock, Conn, Connector, Link, Listener, MemoryNetwork};

/// What the server read.
pub(crate) struct Asked {
    pub(crate) head: String,
    pub(crate) body: String,
    pub(crate) prompt: PromptId,
    pub(crate) answer: u32,
}

/// What the server does.
pub(crate) enum Step {
    Say(Vec<u8>),
    Wait(Duration),
    /// Resets the connection.
    Reset,
    /// Closes it in order.
    Close,
}

/// The rows in the order in which they came, and the summary.
pub(crate) struct Played {
    pub(crate) rows: Vec<RequestRow>,
    pub(crate) summary: Summary,
    pub(crate) live: Arc<Live>,
}

pub(crate) const HEAD: &str = "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream; charset=utf-8\r\n\
                        transfer-encoding: chunked\r\n\r\n";
pub(crate) const FINISH: &str =
    "data: {\"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":\"stop\"}]}\n\n";
pub(crate) const DONE: &str = "data: [DONE]\n\n";

/// Evenly spaced streamed requests of 10 words that ask for 5 tokens; everything else is the
/// test's to change.
pub(crate) fn load(per_second: f64, seconds: u64) -> LoadConfig {
    let workload = Workload {
        name: "chat".to_owned(),
        stream_share: 1.0,
        prompt_tokens: TokenSpread::Constant(10),
        answer_tokens: TokenSpread::Constant(5),
        max_tokens: None,
        repeat_share: 0.0,
    };
    let phase = Phase {
        name: "main".to_owned(),
        from: At::START,
        to: At::after_start(Duration::from_secs(seconds)),
        warmup: false,
        arrivals: arrival::constant(per_second),
        workload,
        model: "gpt-4o".to_owned(),
    };
    LoadConfig {
        seed: Seed(42),
        phases: vec![phase],
        client: ClientConfig {
            timeout: Duration::from_secs(60),
            patience: None,
            leave_after_tokens: None,
            leave_share: 0.0,
        },
        in_flight_max: 10_000,
    }
}

/// Runs a load against a server that follows `script`.
pub(crate) async fn play<F>(config: &LoadConfig, script: F) -> Played
where
    F: Fn(&Asked) -> Vec<Step> + Send + Sync + 'static,
{
    let network = MemoryNetwork::new();
    serve(&network, script);
    run_on(&network, config, Dialect::OpenAi, Arc::default()).await
}

/// Runs a load in a network, with or without a server in it.
pub(crate) async fn run_on(
    network: &MemoryNetwork,
    config: &LoadConfig,
    dialect: Dialect,
    stop: Arc<AtomicBool>,
) -> Played {
    run_in((Clock::simulated(), network.connector("client")), config, dialect, stop).await
}

/// Runs a load against `gateway:4000`, in either world.
pub(crate) async fn run_in(
    (clock, connector): (Clock, Arc<dyn Connector>),
    config: &LoadConfig,
    dialect: Dialect,
    stop: Arc<AtomicBool>,
) -> Played {
    let target = Target {
        to: Authority { host: Arc::from("gateway"), port: 4000, tls: false },
        path: Arc::from("/v1/chat/completions"),
        stream_path: None,
        dialect,
        key: Secret(Arc::from("sk-dummy")),
        model: None,
    };
    let rows = Arc::new(Rows::default());
    let live = Arc::new(Live::default());
    let around = Surroundings {
        names: Arc::from(["west".to_owned(), "east".to_owned()]),
        clock,
        connector,
        sink: Arc::clone(&rows) as Arc<dyn Sink>,
        live: Arc::clone(&live),
        stop,
    };
    let summary = loadgen::run(config, target, around).await.unwrap();
    let rows = std::mem::take(&mut *rows.0.lock().unwrap());
    let sum = summary.succeeded + summary.failed + summary.cancelled + summary.never_sent;
    assert_eq!(summary.offered, sum, "the books do not reconcile: {summary:?}");
    assert_eq!(summary.offered, rows.len() as u64, "one row per offered request");
    Played { rows, summary, live }
}

/// Serves `gateway:4000` of a network in the background.
pub(crate) fn serve<F>(network: &MemoryNetwork, script: F)
where
    F: Fn(&Asked) -> Vec<Step> + Send + Sync + 'static,
{
    serve_at(network.listen("gateway", 4000, Link::default()).unwrap(), script);
}

/// Serves a listener in the background.
pub(crate) fn serve_at<F>(mut listener: Listener, script: F)
where
    F: Fn(&Asked) -> Vec<Step> + Send + Sync + 'static,
{
    let script = Arc::new(script);
    tokio::spawn(async move {
        while let Ok(knock) = listener.accept().await {
            tokio::spawn(converse(knock.accept(), Arc::clone(&script)));
        }
    });
}

/// A right and whole answer, all at once.
pub(crate) fn answer(asked: &Asked) -> Vec<Step> {
    let mut frames = words(asked, (1, 1), 0..asked.answer);
    frames.extend([FINISH.to_owned(), DONE.to_owned()]);
    stream(&frames)
}

/// A stream of these frames that ends in order.
pub(crate) fn stream(frames: &[String]) -> Vec<Step> {
    let mut bytes = HEAD.as_bytes().to_vec();
    frames.iter().for_each(|frame| bytes.extend(chunk(frame)));
    bytes.extend(b"0\r\n\r\n");
    vec![Step::Say(bytes)]
}

/// One frame per token: of this deployment and visit, at these positions.
pub(crate) fn words(
    asked: &Asked,
    (deployment, visit): (u32, u32),
    positions: impl IntoIterator<Item = u32>,
) -> Vec<String> {
    let frame = |seq| {
        let mut text = String::new();
        let speaker = (DeploymentNumber(deployment), asked.prompt, Visit(visit));
        push_token(&mut text, speaker, seq, seq + 1 == asked.answer);
        delta(&text)
    };
    positions.into_iter().map(frame).collect()
}

/// A content frame.
pub(crate) fn delta(text: &str) -> String {
    let text = serde_json::to_string(text).unwrap();
    format!("data: {{\"choices\":[{{\"index\":0,\"delta\":{{\"content\":{text}}}}}]}}\n\n")
}

/// An HTTP chunk.
pub(crate) fn chunk(data: &str) -> Vec<u8> {
    format!("{:x}\r\n{data}\r\n", data.len()).into_bytes()
}

#[derive(Debug, Default)]
struct Rows(Mutex<Vec<RequestRow>>);

impl Sink for Rows {
    fn request(&self, row: RequestRow) {
        self.0.lock().unwrap().push(row);
    }
}

async fn converse<F: Fn(&Asked) -> Vec<Step>>(mut conn: Conn, script: Arc<F>) {
    while let Some(asked) = read(&mut conn).await {
        for step in script(&asked) {
            match step {
                Step::Say(bytes) => {
                    if conn.write_all(&bytes).await.is_err() {
                        return;
                    }
                }
                Step::Wait(time) => tokio::time::sleep(time).await,
                Step::Reset => return conn.control().reset(),
                Step::Close => return,
            }
        }
    }
}

async fn read(conn: &mut Conn) -> Option<Asked> {
    let mut bytes = Vec::new();
    loop {
        if conn.read_buf(&mut bytes).await.ok()? == 0 {
            return None;
        }
        let text = String::from_utf8(bytes.clone()).unwrap();
        let Some((head, body)) = text.split_once("\r\n\r\n") else { continue };
        let length = head.lines().find_map(|line| line.strip_prefix("content-length: ")).unwrap();
        if body.len() == length.parse::<usize>().unwrap() {
            let prompt = prompt_id(body.as_bytes()).unwrap();
            let answer = answer_length(body.as_bytes()).unwrap();
            return Some(Asked { head: head.to_owned(), body: body.to_owned(), prompt, answer });
        }
    }
}
