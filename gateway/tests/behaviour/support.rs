//! A small world for the gateway's tests: scripted upstreams, a gateway and a client on an in-memory
//! network, in paused time. Scripts speak bytes, so that nothing here shares code with what it tests.

#![expect(clippy::expect_used, clippy::panic, reason = "helpers of a test stop it where they fail")]

mod fleet;
mod script;

pub(crate) use fleet::{authority, config, deployment, litellm, priority, with_backup};
pub(crate) use script::{
    Act, Step, answer, chunk, end, refusal, role, stream, stream_then, word, words,
};

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use bytes::Bytes;
use gateway::config::Config;
use gateway::observer::{CheckResult, Choice, Decision};
use gateway::{Door, Drain, Gateway, Luck, Observer, Parts};
use http::{HeaderMap, Request};
use http_body_util::{BodyExt, Full};
use tokio::sync::Notify;
use tokio::task::JoinHandle;
use tokio::time::Instant;
use vocab::{At, Seed};
use world::pool::{Pool, PoolOptions};
use world::{
    Clock, Conn, Connector, Dial, Identity, Link, Listener, MemoryNetwork, ServeOptions,
    listen_tcp, serve_connection,
};

use script::{Acts, next, perform};

/// A request for a whole answer.
pub(crate) const PLAIN: &str =
    r#"{"model":"model","messages":[{"role":"user","content":"hello"}]}"#;

/// A request for a stream.
pub(crate) const STREAM: &str =
    r#"{"model":"model","messages":[{"role":"user","content":"hello"}],"stream":true}"#;

/// A request as an upstream got it.
#[derive(Clone, Debug)]
pub(crate) struct Sent {
    pub(crate) host: String,
    pub(crate) at: Duration,
    pub(crate) path: String,
    pub(crate) headers: HeaderMap,
    pub(crate) body: String,
}

/// An answer as the client got it.
#[derive(Debug)]
pub(crate) struct Got {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    pub(crate) body: String,
    /// The same as it came, where it is no text.
    pub(crate) bytes: Bytes,
    /// Pieces with the time of their arrival since the request was sent.
    pub(crate) pieces: Vec<(Duration, String)>,
    /// When the answer was complete.
    pub(crate) took: Duration,
    /// Whether the connection broke within the body.
    pub(crate) broken: bool,
}

/// The network, and what was seen on it.
#[derive(Clone, Debug)]
pub(crate) struct Lab {
    pub(crate) network: MemoryNetwork,
    pub(crate) clock: Clock,
    pub(crate) sent: Arc<Mutex<Vec<Sent>>>,
    pub(crate) decisions: Arc<Mutex<Vec<String>>>,
    /// The same, as far as they are about who is asked while who cools.
    pub(crate) told: Arc<Mutex<Vec<Told>>>,
    pub(crate) start: Instant,
}

impl Lab {
    pub(crate) fn new() -> Self {
        Self {
            network: MemoryNetwork::new(),
            clock: Clock::simulated(),
            sent: Arc::default(),
            decisions: Arc::default(),
            told: Arc::default(),
            start: Instant::now(),
        }
    }

    /// Opens a host; the last act is repeated for ever.
    pub(crate) fn upstream(&self, host: &str, acts: &[Act]) -> &Self {
        self.opened(host, Arc::new(Mutex::new(acts.iter().cloned().collect())))
    }

    fn opened(&self, host: &str, acts: Acts) -> &Self {
        let mut listener = self.network.listen(host, 443, Link::default()).expect("a free name");
        let lab = self.clone();
        tokio::spawn(async move {
            while let Ok(incoming) = listener.accept().await {
                if matches!(acts.lock().expect("no poison").front(), Some(Act::Refuse)) {
                    next(&acts);
                    incoming.refuse();
                    continue;
                }
                let (lab, acts) = (lab.clone(), Arc::clone(&acts));
                tokio::spawn(async move { lab.play(incoming.accept(), acts).await });
            }
        });
        self
    }

    /// Opens a host that does one thing until so long after the lab's begin, and another one from then on.
    pub(crate) fn upstream_until(
        &self,
        host: &str,
        until: Duration,
        first: Act,
        then: Act,
    ) -> &Self {
        let acts: Acts = Arc::new(Mutex::new([first].into()));
        let (later, start) = (Arc::clone(&acts), self.start);
        tokio::spawn(async move {
            tokio::time::sleep_until(start + until).await;
            *later.lock().expect("no poison") = [then].into();
        });
        self.opened(host, acts)
    }

    async fn play(&self, conn: world::Conn, acts: Acts) {
        let control = conn.control();
        let handler = |request: Request<hyper::body::Incoming>| {
            let (acts, control) = (Arc::clone(&acts), control.clone());
            async move {
                let (head, body) = request.into_parts();
                let body = body.collect().await.expect("a whole request").to_bytes();
                let host = head.headers["host"].to_str().expect("ascii").to_owned();
                self.sent.lock().expect("no poison").push(Sent {
                    host,
                    at: self.start.elapsed(),
                    path: head.uri.to_string(),
                    headers: head.headers,
                    body: String::from_utf8_lossy(&body).into_owned(),
                });
                perform(next(&acts), control).await
            }
        };
        let options = ServeOptions { header_timeout: None, ..ServeOptions::default() };
        let _ = serve_connection(conn, options, handler).await;
    }

    /// Starts a gateway of that config at `gateway:4000`.
    pub(crate) fn gateway(&self, config: Config) -> &Self {
        self.instance("gateway", config)
    }

    /// Starts a gateway of that config at `gateway:4000`, and keeps it in hand.
    pub(crate) fn reloadable(&self, config: Config) -> Gateway {
        let (gateway, listener) = self.standing("gateway", config);
        let serving = gateway.clone();
        tokio::spawn(async move { serving.serve(listener).await });
        gateway
    }

    /// Starts a gateway of that config at `name:4000`.
    pub(crate) fn instance(&self, name: &str, config: Config) -> &Self {
        let (gateway, listener) = self.standing(name, config);
        tokio::spawn(async move { gateway.serve(listener).await });
        self
    }

    /// Starts a gateway of that config at `gateway:4000` that dies with the handle's task.
    pub(crate) fn mortal(&self, config: Config) -> JoinHandle<()> {
        let (gateway, listener) = self.standing("gateway", config);
        tokio::spawn(async move { drop(gateway.serve(listener).await) })
    }

    /// Starts a gateway of that config at `gateway:4000` that ends when `stop` has passed; says when
    /// it had ended.
    pub(crate) fn gateway_until(
        &self,
        (stop, drain): (Duration, Drain),
        config: Config,
    ) -> JoinHandle<Duration> {
        let (gateway, listener) = self.standing("gateway", config);
        let start = self.start;
        tokio::spawn(async move {
            let door = Door { drain, ..Door::default() };
            let ended = gateway.serve_until(listener, door, tokio::time::sleep(stop)).await;
            ended.expect("an orderly end");
            start.elapsed()
        })
    }

    /// Starts a gateway of that config at `gateway:4000` that receives its clients so.
    pub(crate) fn behind(&self, door: Door, config: Config) -> &Self {
        let (gateway, listener) = self.standing("gateway", config);
        tokio::spawn(
            async move { gateway.serve_until(listener, door, std::future::pending()).await },
        );
        self
    }

    /// Starts a gateway of that config on a socket, as `identity` where it speaks TLS, and stops it with `stop`.
    pub(crate) async fn on_socket(
        &self,
        (door, config): (Door, Config),
        identity: Option<Identity>,
        stop: Arc<Notify>,
    ) -> (SocketAddr, JoinHandle<()>) {
        let (gateway, _) = self.standing("gateway", config);
        let any = "127.0.0.1:0".parse().expect("an address");
        let listener = listen_tcp(any, Link::default()).await.expect("a free port");
        let address = listener.address().expect("bound").parse().expect("an address");
        let listener = match identity {
            Some(identity) => listener.secured(identity),
            None => listener,
        };
        let serving = tokio::spawn(async move {
            let ended = gateway.serve_until(listener, door, async move { stop.notified().await });
            ended.await.expect("an orderly end");
        });
        (address, serving)
    }

    /// Waits until the decisions so far are these, and nothing else was done.
    pub(crate) async fn decides(&self, story: &[&str]) {
        let begun = Instant::now();
        while self.decided() != story {
            assert!(begun.elapsed() < Duration::from_secs(30), "{:?}", self.decided());
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
    }

    /// Serves `config` as a gateway that real clients call.
    pub(crate) fn live(&self, config: Config) -> &Self {
        let (gateway, listener) = self.standing_by("gateway", config, Luck::Arrival);
        tokio::spawn(async move { gateway.serve(listener).await });
        self
    }

    fn standing(&self, name: &str, config: Config) -> (Gateway, Listener) {
        self.standing_by(name, config, Luck::CallId)
    }

    fn standing_by(&self, name: &str, config: Config, luck: Luck) -> (Gateway, Listener) {
        self.standing_over(name, (config, luck), self.network.connector(name))
    }

    /// Starts a gateway of that config at `gateway:4000` whose dials go through `connector`.
    pub(crate) fn dialling(&self, connector: Arc<dyn Connector>, config: Config) -> &Self {
        let (gateway, listener) = self.standing_over("gateway", (config, Luck::CallId), connector);
        tokio::spawn(async move { gateway.serve(listener).await });
        self
    }

    fn standing_over(
        &self,
        name: &str,
        (config, luck): (Config, Luck),
        connector: Arc<dyn Connector>,
    ) -> (Gateway, Listener) {
        let parts = Parts {
            luck,
            config: Arc::new(config),
            clock: self.clock,
            connector,
            observer: Arc::new(Recorder(Arc::clone(&self.decisions), Arc::clone(&self.told))),
            seed: Seed(42),
            instance: Arc::from(name),
        };
        let gateway = Gateway::new(parts).expect("a gateway");
        let listener = self.network.listen(name, 4000, Link::default()).expect("a free name");
        (gateway, listener)
    }

    /// A connection of a client to `gateway:4000`, for whoever wants to write bytes.
    pub(crate) async fn dial(&self) -> std::io::Result<Conn> {
        let to = authority("gateway", 4000);
        self.network.connector("client").connect(Dial { to: &to, on_behalf_of: "" }).await
    }

    /// Posts a chat completion.
    pub(crate) async fn chat(&self, body: &str) -> Got {
        self.post("/v1/chat/completions", &[("x-litellm-call-id", "call-1")], body).await
    }

    /// Posts a body.
    pub(crate) async fn post(&self, path: &str, headers: &[(&str, &str)], body: &str) -> Got {
        self.send("POST", path, headers, body).await
    }

    /// Sends any request to `gateway:4000`.
    pub(crate) async fn send(
        &self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: &str,
    ) -> Got {
        self.send_to(("gateway", 4000), (method, path), headers, body).await
    }

    /// Sends any request to that host and port.
    pub(crate) async fn send_to(
        &self,
        (host, port): (&str, u16),
        (method, path): (&str, &str),
        headers: &[(&str, &str)],
        body: &str,
    ) -> Got {
        let mut request = Request::builder().method(method).uri(path).header("host", "gateway");
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let request = request.body(Full::new(Bytes::from(body.to_owned()))).expect("a request");
        let pool = Pool::new(self.network.connector("client"), PoolOptions::default());
        let begun = Instant::now();
        let response = pool.send(&authority(host, port), request, "").await.expect("an answer");
        let (head, mut body) = response.into_parts();
        let (mut pieces, mut broken, mut bytes) = (Vec::new(), false, Vec::new());
        while let Some(frame) = body.frame().await {
            match frame {
                Ok(frame) => {
                    let data = frame.into_data().unwrap_or_default();
                    bytes.extend_from_slice(&data);
                    pieces.push((begun.elapsed(), String::from_utf8_lossy(&data).into_owned()));
                }
                Err(_) => {
                    broken = true;
                    break;
                }
            }
        }
        let body = pieces.iter().map(|(_, text)| text.as_str()).collect();
        let (status, took) = (head.status.as_u16(), begun.elapsed());
        let bytes = Bytes::from(bytes);
        Got { status, headers: head.headers, body, bytes, pieces, took, broken }
    }

    /// Hosts that were asked, in order, with the time in tenths of a second.
    pub(crate) fn attempts(&self) -> Vec<(String, f64)> {
        let sent = self.sent.lock().expect("no poison");
        let tenths = |at: Duration| (at.as_secs_f64() * 10.0).round() / 10.0;
        sent.iter().map(|sent| (sent.host.clone(), tenths(sent.at))).collect()
    }

    /// Hosts that were asked, in order.
    pub(crate) fn hosts(&self) -> Vec<String> {
        self.attempts().into_iter().map(|(host, _)| host).collect()
    }

    /// The decisions so far by which something was done, a line each.
    pub(crate) fn decided(&self) -> Vec<String> {
        let told = self.decisions.lock().expect("no poison");
        told.iter().filter(|line| !line.contains(NOT_DONE)).cloned().collect()
    }

    /// What was not done so far, and by which rule, a line each.
    pub(crate) fn not_done(&self) -> Vec<String> {
        let told = self.decisions.lock().expect("no poison");
        told.iter()
            .filter(|line| line.contains("no "))
            .map(|line| line.replace(NOT_DONE, ""))
            .collect()
    }
}

/// Stands in lines about what a test that looks at what was done need not see.
const NOT_DONE: &str = "~";

/// A chat completion as bytes.
pub(crate) fn request(body: &str) -> String {
    let length = body.len();
    format!(
        "POST /v1/chat/completions HTTP/1.1\r\nhost: gateway\r\nx-litellm-call-id: call-1\r\n\
         content-length: {length}\r\n\r\n{body}"
    )
}

impl Got {
    /// A header's value, or nothing.
    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().expect("ascii"))
    }

    /// The body as JSON.
    pub(crate) fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.body).unwrap_or_else(|error| panic!("{error}: {}", self.body))
    }

    /// The words of a streamed answer.
    pub(crate) fn words(&self) -> String {
        let data = self.body.lines().filter_map(|line| line.strip_prefix("data: "));
        let chunks = data.filter_map(|data| serde_json::from_str::<serde_json::Value>(data).ok());
        chunks
            .filter_map(|c| c["choices"][0]["delta"]["content"].as_str().map(str::to_owned))
            .collect()
    }

    /// The error event of a stream, if it has one.
    pub(crate) fn error_event(&self) -> Option<serde_json::Value> {
        let data = self.body.lines().filter_map(|line| line.strip_prefix("data: "));
        let mut chunks = data.filter_map(|d| serde_json::from_str::<serde_json::Value>(d).ok());
        chunks.find_map(|chunk| chunk.get("error").cloned())
    }

    /// Whether the stream says that it is complete.
    pub(crate) fn done(&self) -> bool {
        self.body.ends_with("data: [DONE]\n\n")
    }
}

/// A decision about one deployment.
#[derive(Clone, Debug)]
pub(crate) struct Told {
    pub(crate) at: At,
    pub(crate) call_id: String,
    pub(crate) deployment: String,
    pub(crate) what: What,
}

/// What was decided about it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum What {
    /// It is asked.
    Asked,
    /// It cools for so long.
    Cools(Duration),
}

struct Recorder(Arc<Mutex<Vec<String>>>, Arc<Mutex<Vec<Told>>>);

impl Recorder {
    fn tell(&self, decision: &Decision<'_>) {
        let Some(deployment) = decision.deployment else { return };
        let what = match decision.what {
            Choice::Pick
            | Choice::Retry { .. }
            | Choice::Failover { .. }
            | Choice::Hedge { .. } => What::Asked,
            Choice::Cooldown { lasts, .. } | Choice::CooldownProlonged { lasts, .. } => {
                What::Cools(lasts)
            }
            _ => return,
        };
        let (at, call_id) = (decision.at, decision.call_id.to_owned());
        let told = Told { at, call_id, deployment: deployment.as_str().to_owned(), what };
        self.1.lock().expect("no poison").push(told);
    }
}

impl std::fmt::Debug for Recorder {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Recorder")
    }
}

impl Observer for Recorder {
    fn saw(&self, decision: &Decision<'_>) {
        self.tell(decision);
        let about = decision.deployment.map_or("-", |id| id.as_str());
        let what = match decision.what {
            Choice::Pick => "pick".to_owned(),
            Choice::Retry { attempt, .. } => format!("retry #{attempt}"),
            Choice::Probe => format!("{NOT_DONE}probe"),
            Choice::Checked { result: CheckResult::Passed, .. } => "check passed".to_owned(),
            Choice::Checked { result: CheckResult::Failed { reason }, .. } => {
                format!("check failed: {reason}")
            }
            Choice::Hedge { after, .. } => format!("hedge after {} ms", after.as_millis()),
            Choice::Failover { to } => format!("failover to {to}"),
            Choice::AtLimit { most } => format!("at its limit of {most}"),
            Choice::PassedOver { counted, left, needs } => {
                format!("passed over: {left} {counted} left of {needs}")
            }
            Choice::AttemptFailed { reason, .. } => format!("failed: {reason}"),
            Choice::Cooldown { reason, .. } => format!("cooldown: {reason}"),
            Choice::Served { attempts } => format!("served after {attempts}"),
            Choice::GaveUp { status, reason } => format!("gave up {status}: {reason}"),
            Choice::Resumed { tokens } => format!("resumed after {tokens}"),
            Choice::StreamBroken { reason } => format!("stream broken: {reason}"),
            Choice::ClientLeft { .. } => "client left".to_owned(),
            Choice::Reload { .. } => "reload".to_owned(),
            Choice::Kill { .. } => "kill".to_owned(),
            Choice::CooldownProlonged { reason, .. } => format!("cooldown prolonged: {reason}"),
            Choice::Start => format!("{NOT_DONE}start"),
            Choice::NoCooldown { why, .. } => format!("{NOT_DONE}no cooldown: {why:?}"),
            Choice::NoRetry { why } => format!("{NOT_DONE}no retry: {why:?}"),
            Choice::NoFallback { why } => format!("{NOT_DONE}no fallback: {why:?}"),
        };
        self.0.lock().expect("no poison").push(format!("{about} {what}"));
    }
}
