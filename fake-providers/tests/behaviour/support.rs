//! A small world for tests: fakes on an in-memory network, a raw client, the ledger as a list.
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use bytes::Bytes;
use fake_providers::config::{
    DeploymentConfig, FakesConfig, FaultRule, Latency, Limits, Quota, Rate, Spread, When, Window,
};
use fake_providers::{Fakes, FakesError, Ledger};
use http::{HeaderMap, Method, Request};
use http_body_util::{BodyExt as _, Full};
use record::AttemptRow;
use serde_json::{Value, json};
use vocab::{At, DeploymentId, DeploymentNumber, PromptId, Protocol, Seed, mark};
use world::pool::{Pool, PoolOptions, SendError};
use world::{Authority, Clock, Directory, Link, MemoryNetwork, Tasks, TcpConnector, listen_tcp};

pub(crate) const PROTOCOLS: [Protocol; 3] =
    [Protocol::OpenAi, Protocol::Azure, Protocol::Anthropic];

#[derive(Debug, Default)]
pub(crate) struct Rows(Mutex<Vec<AttemptRow>>);

impl Ledger for Rows {
    fn attempt(&self, row: AttemptRow) {
        self.0.lock().unwrap().push(row);
    }
}

pub(crate) struct World {
    pub(crate) fakes: Fakes,
    pub(crate) clock: Clock,
    pub(crate) config: FakesConfig,
    pub(crate) pool: Pool,
    /// Where the first host listens, if on sockets.
    pub(crate) address: Option<SocketAddr>,
    rows: Arc<Rows>,
    tasks: Tasks,
}

/// What a client saw of one call.
#[derive(Debug, Default)]
pub(crate) struct Seen {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    /// Pieces of the body with their arrival in ms.
    /// A character that is split over two of them is lost here.
    pub(crate) pieces: Vec<(u64, String)>,
    /// All of the body.
    pub(crate) raw: Vec<u8>,
    /// What broke: `connect`, `connect timeout`, `closed`, `body`, `timeout`.
    pub(crate) broke: Option<&'static str>,
    pub(crate) ended_ms: u64,
}

impl Seen {
    pub(crate) fn body(&self) -> String {
        String::from_utf8(self.raw.clone()).unwrap()
    }

    /// Status, headers and body, as a person reads them.
    pub(crate) fn shown(&self) -> String {
        let mut text = format!("{}\n", self.status);
        for (name, value) in &self.headers {
            text += &format!("{name}: {}\n", value.to_str().unwrap());
        }
        format!("{text}\n{}", self.body())
    }

    pub(crate) fn tokens(&self) -> usize {
        self.body().matches(" ~").count()
    }

    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.body()).unwrap()
    }

    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(|value| value.to_str().unwrap())
    }
}

/// A deployment that speaks its first token after 400 ms and the others every 20 ms.
pub(crate) fn deployment(protocol: Protocol, number: u32) -> DeploymentConfig {
    DeploymentConfig {
        id: DeploymentId::from(format!("{protocol}-{number}").as_str()),
        number: DeploymentNumber(number),
        protocol,
        host: format!("{protocol}{number}.test"),
        port: 443,
        root: String::new(),
        model: "gpt-4o".to_owned(),
        key: format!("sk-brownout-{number}"),
        latency: Latency {
            ttft: Spread::Constant(Duration::from_millis(400)),
            itl: Spread::Constant(Duration::from_millis(20)),
        },
        limits: Limits::default(),
        capacity: None,
        context_window: None,
    }
}

/// A rule over the first deployment from 0 s to 1 h.
pub(crate) fn rule(id: &str, name: &str, params: Value) -> FaultRule {
    FaultRule {
        id: id.to_owned(),
        name: name.to_owned(),
        params,
        targets: vec![0],
        favourite: None,
        window: Window { from: At::START, to: seconds(3600), ramp: Duration::ZERO },
        share: 1.0,
        when: When::default(),
    }
}

/// So many requests per minute.
pub(crate) fn rate_of(amount: u64) -> Limits {
    let requests = Some(Rate { amount, per: Duration::from_secs(60) });
    Limits { requests, ..Limits::default() }
}

pub(crate) fn seconds(s: u64) -> At {
    At::after_start(Duration::from_secs(s))
}

/// A request of `protocol` with its headers; 12 prompt tokens.
pub(crate) fn chat(
    config: &DeploymentConfig,
    request: u64,
    answer: u32,
    stream: bool,
) -> Request<Full<Bytes>> {
    let mut prompt = "one two three four five six seven eight nine ten ".to_owned();
    mark::push_prompt_marks(&mut prompt, PromptId(request), answer);
    let messages = json!([{ "role": "user", "content": prompt }]);
    let body = match config.protocol {
        Protocol::Anthropic => json!({
            "model": config.model, "max_tokens": 4096, "messages": messages, "stream": stream
        }),
        _ if stream => json!({
            "model": config.model, "messages": messages, "stream": true,
            "stream_options": { "include_usage": true }
        }),
        _ => json!({ "model": config.model, "messages": messages }),
    };
    send(config, Method::POST, path(config), body.to_string())
}

pub(crate) fn path(config: &DeploymentConfig) -> &'static str {
    match config.protocol {
        Protocol::Azure => {
            "/openai/deployments/gpt-4o/chat/completions?api-version=2024-08-01-preview"
        }
        Protocol::Anthropic => "/v1/messages",
        _ => "/v1/chat/completions",
    }
}

/// Any call with the deployment's key.
pub(crate) fn send(
    config: &DeploymentConfig,
    method: Method,
    path: &str,
    body: impl Into<Bytes>,
) -> Request<Full<Bytes>> {
    let request = Request::builder().method(method).uri(path).header("host", &config.host);
    let request = match config.protocol {
        Protocol::Azure => request.header("api-key", &config.key),
        Protocol::Anthropic => {
            request.header("x-api-key", &config.key).header("anthropic-version", "2023-06-01")
        }
        _ => request.header("authorization", format!("Bearer {}", config.key)),
    };
    request.body(Full::new(body.into())).unwrap()
}

impl World {
    pub(crate) fn new(deployments: Vec<DeploymentConfig>, faults: Vec<FaultRule>) -> Self {
        Self::seeded(42, deployments, faults)
    }

    pub(crate) fn seeded(
        seed: u64,
        deployments: Vec<DeploymentConfig>,
        faults: Vec<FaultRule>,
    ) -> Self {
        Self::opened(
            FakesConfig { seed: Seed(seed), deployments, faults, quotas: Vec::new() },
            |fakes| fakes,
        )
    }

    /// One whose deployments share these limits.
    pub(crate) fn sharing(deployments: Vec<DeploymentConfig>, limits: Limits) -> Self {
        let members = (0..deployments.len()).collect();
        let quota = Quota { id: "shared".to_owned(), deployments: members, limits };
        let (seed, faults) = (Seed(42), Vec::new());
        let config = FakesConfig { seed, deployments, faults, quotas: vec![quota] };
        Self::opened(config, |fakes| fakes)
    }

    /// One whose hosts have room for so many connections.
    pub(crate) fn cramped(
        connections_max: usize,
        deployments: Vec<DeploymentConfig>,
        faults: Vec<FaultRule>,
    ) -> Self {
        let config = FakesConfig { seed: Seed(42), deployments, faults, quotas: Vec::new() };
        Self::opened(config, |fakes| fakes.with_connections_max(connections_max))
    }

    fn opened(config: FakesConfig, change: impl FnOnce(Fakes) -> Fakes) -> Self {
        let (clock, rows) = (Clock::simulated(), Arc::new(Rows::default()));
        let ledger = Arc::clone(&rows) as Arc<dyn Ledger>;
        let fakes = change(Fakes::new(config.clone(), clock, ledger).unwrap());
        let network = MemoryNetwork::new();
        network.resolve_by(fakes.names());
        let mut tasks = Tasks::new(64);
        for (index, host) in fakes.hosts().iter().enumerate() {
            let listener = network.listen(&host.host, host.port, Link::default()).unwrap();
            assert!(tasks.spawn(fakes.serve(index, listener)));
        }
        let pool = Pool::new(network.connector("client"), PoolOptions::default());
        Self { fakes, clock, config, pool, address: None, rows, tasks }
    }

    /// The same over loopback sockets and in real time.
    pub(crate) async fn on_sockets(
        deployments: Vec<DeploymentConfig>,
        faults: Vec<FaultRule>,
    ) -> Self {
        Self::listening(deployments, faults, Fakes::new).await
    }

    /// The same, standing alone.
    pub(crate) async fn standing_on_sockets(
        deployments: Vec<DeploymentConfig>,
        faults: Vec<FaultRule>,
    ) -> Self {
        Self::listening(deployments, faults, Fakes::standing).await
    }

    async fn listening(
        deployments: Vec<DeploymentConfig>,
        faults: Vec<FaultRule>,
        make: fn(FakesConfig, Clock, Arc<dyn Ledger>) -> Result<Fakes, FakesError>,
    ) -> Self {
        let config = FakesConfig { seed: Seed(42), deployments, faults, quotas: Vec::new() };
        let (clock, rows) = (Clock::wall(), Arc::new(Rows::default()));
        let fakes = make(config.clone(), clock, Arc::clone(&rows) as Arc<dyn Ledger>).unwrap();
        let (mut tasks, mut directory) = (Tasks::new(64), Directory::new());
        for (index, host) in fakes.hosts().iter().enumerate() {
            let any = "127.0.0.1:0".parse().unwrap();
            let listener = listen_tcp(any, Link::default()).await.unwrap();
            let address = listener.address().unwrap().parse().unwrap();
            directory.insert((host.host.as_str().into(), host.port), address);
            assert!(tasks.spawn(fakes.serve(index, listener)));
        }
        let address = directory.values().next().copied();
        let directory = Some(Arc::new(directory));
        let names = Some(fakes.names());
        let connector = TcpConnector { directory, names, ..TcpConnector::default() };
        let pool = Pool::new(Arc::new(connector), PoolOptions::default());
        Self { fakes, clock, config, pool, address, rows, tasks }
    }

    /// Streams `request` from the deployment.
    pub(crate) async fn stream(&self, deployment: usize, request: u64, answer: u32) -> Seen {
        let call = chat(&self.config.deployments[deployment], request, answer, true);
        self.call(deployment, call, request).await
    }

    pub(crate) async fn plain(&self, deployment: usize, request: u64, answer: u32) -> Seen {
        let call = chat(&self.config.deployments[deployment], request, answer, false);
        self.call(deployment, call, request).await
    }

    /// One call, given up after 30 s.
    pub(crate) async fn call(
        &self,
        deployment: usize,
        call: Request<Full<Bytes>>,
        request: u64,
    ) -> Seen {
        let mut seen = Seen::default();
        let limit = Duration::from_secs(30);
        let calling = self.watch(deployment, call, request, &mut seen);
        if tokio::time::timeout(limit, calling).await.is_err() {
            seen.broke = Some("timeout");
        }
        seen.ended_ms = self.now_ms();
        seen
    }

    async fn watch(
        &self,
        deployment: usize,
        call: Request<Full<Bytes>>,
        request: u64,
        seen: &mut Seen,
    ) {
        let config = &self.config.deployments[deployment];
        let to = Authority { host: config.host.as_str().into(), port: config.port, tls: true };
        let response = match self.pool.send(&to, call, &request.to_string()).await {
            Ok(response) => response,
            Err(error) => {
                seen.broke = Some(match error {
                    SendError::NoDescriptors(_) | SendError::Connect(_) => "connect",
                    SendError::ConnectTimeout(_) => "connect timeout",
                    SendError::Closed(_) | SendError::Stale(_) => "closed",
                });
                return;
            }
        };
        seen.status = response.status().as_u16();
        seen.headers = response.headers().clone();
        let mut body = response.into_body();
        while let Some(frame) = body.frame().await {
            match frame {
                Ok(frame) => {
                    let data = frame.into_data().unwrap();
                    let text = String::from_utf8_lossy(&data).into_owned();
                    seen.raw.extend_from_slice(&data);
                    seen.pieces.push((self.now_ms(), text));
                }
                Err(_) => {
                    seen.broke = Some("body");
                    return;
                }
            }
        }
    }

    pub(crate) fn now_ms(&self) -> u64 {
        self.clock.now().ns() / 1_000_000
    }

    /// Rows so far; lets connections notice what happened first.
    pub(crate) async fn rows(&self) -> Vec<AttemptRow> {
        tokio::time::sleep(Duration::from_millis(5)).await;
        self.rows.0.lock().unwrap().clone()
    }

    pub(crate) async fn row(&self) -> AttemptRow {
        let rows = self.rows().await;
        assert_eq!(rows.len(), 1, "{rows:#?}");
        rows[0].clone()
    }

    /// Stops serving, as at the end of a world.
    pub(crate) async fn stop(mut self) -> Vec<AttemptRow> {
        self.fakes.close();
        self.tasks = Tasks::new(1);
        self.rows().await
    }
}
