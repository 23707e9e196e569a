//! HTTP/2 beside HTTP/1 on one port: streams that share a connection, and faults that break one of
//! them, or all.

#![expect(clippy::unwrap_used, reason = "helpers of a test stop it where they fail")]

use std::time::Duration;

use bytes::Bytes;
use fake_providers::config::{FaultRule, Spread};
use h2::client::SendRequest;
use h2::{Reason, RecvStream};
use http::{Method, Request, Response};
use http_body_util::BodyExt as _;
use record::AttemptEnd;
use serde_json::{Value, json};
use tokio::task::JoinHandle;
use vocab::Protocol;
use world::{Authority, Connector as _, Dial, TcpConnector};

use crate::support::{World, chat, deployment, rule, send};

/// Longer than anything here takes that comes at all.
const PATIENCE: Duration = Duration::from_secs(20);

/// For how long nothing must come where nothing may.
const SILENCE: Duration = Duration::from_millis(300);

/// A client's connection, and how it ends.
struct Client {
    send: SendRequest<Bytes>,
    connection: JoinHandle<Result<(), h2::Error>>,
}

/// What a client saw of one stream.
#[derive(Debug, Default, PartialEq)]
struct Heard {
    status: Option<u16>,
    tokens: usize,
    /// With which code it was reset.
    reset: Option<Reason>,
}

async fn world(faults: Vec<FaultRule>) -> World {
    let mut config = deployment(Protocol::OpenAi, 1);
    config.latency.ttft = Spread::Constant(Duration::from_millis(1));
    config.latency.itl = Spread::Constant(Duration::from_millis(1));
    World::standing_on_sockets(vec![config], faults).await
}

/// A rule that somebody has to switch on.
async fn waiting(rule: FaultRule) -> World {
    let (id, world) = (rule.id.clone(), world(vec![rule]).await);
    world.fakes.switch(&id, false).unwrap();
    world
}

async fn dial(world: &World) -> Client {
    let address = world.address.unwrap();
    let host = address.ip().to_string().into();
    let to = Authority { host, port: address.port(), tls: false };
    let dial = Dial { to: &to, on_behalf_of: "" };
    let conn = TcpConnector::default().connect(dial).await.unwrap();
    let (send, connection) = h2::client::handshake(conn).await.unwrap();
    Client { send, connection: tokio::spawn(connection) }
}

impl Client {
    /// A stream for `model`'s answer, up to its head.
    async fn ask(
        &mut self,
        world: &World,
        model: &str,
        (request, answer, stream): (u64, u32, bool),
    ) -> Result<Response<RecvStream>, h2::Error> {
        let mut config = world.config.deployments[0].clone();
        model.clone_into(&mut config.model);
        self.say(chat(&config, request, answer, stream)).await
    }

    async fn say<B>(&mut self, request: Request<B>) -> Result<Response<RecvStream>, h2::Error>
    where
        B: http_body::Body<Data = Bytes, Error = std::convert::Infallible>,
    {
        let (mut parts, body) = request.into_parts();
        // The host comes with the address alone.
        let host = parts.headers.remove("host").unwrap();
        let path = parts.uri.path_and_query().unwrap();
        parts.uri = format!("http://{}{path}", host.to_str().unwrap()).parse().unwrap();
        let body = body.collect().await.unwrap().to_bytes();
        std::future::poll_fn(|cx| self.send.poll_ready(cx)).await?;
        let (response, mut sent) = self.send.send_request(Request::from_parts(parts, ()), false)?;
        sent.send_data(body, true)?;
        response.await
    }
}

/// A stream to its end.
async fn heard(head: Result<Response<RecvStream>, h2::Error>) -> Heard {
    let answer = match head {
        Ok(answer) => answer,
        Err(error) => return Heard { reset: error.reason(), ..Heard::default() },
    };
    let (mut heard, mut said) = (Heard::default(), Vec::new());
    heard.status = Some(answer.status().as_u16());
    let mut body = answer.into_body();
    while let Some(piece) = body.data().await {
        match piece {
            Ok(piece) => {
                body.flow_control().release_capacity(piece.len()).unwrap();
                said.extend_from_slice(&piece);
            }
            Err(error) => {
                heard.reset = error.reason();
                break;
            }
        }
    }
    heard.tokens = String::from_utf8_lossy(&said).matches(" ~").count();
    heard
}

fn whole(tokens: usize) -> Heard {
    Heard { status: Some(200), tokens, reset: None }
}

#[tokio::test]
async fn many_answers_share_a_connection() {
    let world = world(Vec::new()).await;
    let mut client = dial(&world).await;
    let mut streams = Vec::new();
    for request in 0..90 {
        let head = client.ask(&world, "gpt-4o", (request, 30, request % 2 == 0)).await;
        streams.push(tokio::spawn(heard(head)));
    }
    for stream in streams {
        assert_eq!(stream.await.unwrap(), whole(30));
    }
    let rows = world.rows().await;
    assert_eq!(rows.len(), 90);
    assert!(rows.iter().all(|row| row.ended == AttemptEnd::Complete && row.tokens_out == 30));
}

#[tokio::test]
async fn every_path_answers_as_over_http1() {
    let world = world(Vec::new()).await;
    let mut client = dial(&world).await;
    let config = &world.config.deployments[0];
    for (method, path, status) in [
        (Method::GET, "/v1/models", 200),
        (Method::HEAD, "/v1/models", 200),
        (Method::GET, "/health", 200),
        (Method::GET, "/v1/nothing", 404),
        (Method::POST, "/v1/chat/completions", 400),
    ] {
        let request = || send(config, method.clone(), path, "");
        let one = world.call(0, request(), 1).await;
        let two = client.say(request()).await.unwrap();
        assert_eq!((one.status, two.status().as_u16()), (status, status), "{path}");
        let names = |headers: &http::HeaderMap| {
            let mut names: Vec<_> = headers.keys().map(|name| name.as_str().to_owned()).collect();
            names.retain(|name| !["connection", "content-length"].contains(&name.as_str()));
            names
        };
        assert_eq!(names(two.headers()), names(&one.headers), "{path}");
        assert!(!two.headers().contains_key("connection"), "{path}");
        assert_eq!(heard(Ok(two)).await.reset, None, "{path}");
    }
}

#[tokio::test]
async fn what_would_break_a_connection_breaks_a_stream() {
    use AttemptEnd::{Closed, Reset, Truncated};
    let none = None::<u16>;
    for (model, stream, status, tokens, reset, end) in [
        ("gpt-4o--reset", true, none, 0, Some(Reason::INTERNAL_ERROR), Reset),
        ("gpt-4o--refuse", true, none, 0, Some(Reason::REFUSED_STREAM), Reset),
        ("gpt-4o--cut-3", true, Some(200), 3, Some(Reason::INTERNAL_ERROR), Reset),
        ("gpt-4o--cut-0", true, Some(200), 0, Some(Reason::INTERNAL_ERROR), Reset),
        ("gpt-4o--cut-3", false, Some(200), 0, Some(Reason::INTERNAL_ERROR), Reset),
        ("gpt-4o--chunk_break-3", true, Some(200), 3, Some(Reason::NO_ERROR), Closed),
        (
            "gpt-4o--chunk_break--after_tokens-3--with-garbage",
            true,
            Some(200),
            3,
            Some(Reason::PROTOCOL_ERROR),
            Closed,
        ),
        ("gpt-4o--truncate-3", true, Some(200), 3, None, Truncated),
        // It ends in order; that it is too short is for its client to notice, as this one does.
        ("gpt-4o--short_body", false, Some(200), 0, Some(Reason::PROTOCOL_ERROR), Closed),
    ] {
        let world = world(Vec::new()).await;
        let mut client = dial(&world).await;
        let beside = client.ask(&world, "gpt-4o", (1, 200, true)).await;
        let beside = tokio::spawn(heard(beside));
        let mut seen = heard(client.ask(&world, model, (2, 6, stream)).await).await;
        if !stream {
            // Half of a body may hold a part of them.
            seen.tokens = 0;
        }
        assert_eq!(seen, Heard { status, tokens, reset }, "{model}");
        assert_eq!(beside.await.unwrap(), whole(200), "{model}: the stream beside it goes on");
        let after = heard(client.ask(&world, "gpt-4o", (3, 5, false)).await).await;
        assert_eq!(after, whole(5), "{model}: and so does the connection");
        let rows = world.rows().await;
        let row = rows.iter().find(|row| row.request == Some(2)).unwrap();
        assert_eq!((row.ended, row.status), (end, status), "{model}");
        let asked = model.split("--").nth(1).unwrap().split('-').next().unwrap();
        assert_eq!(row.fault, Some(format!("asked:{asked}")));
    }
}

#[tokio::test]
async fn a_connection_that_is_closed_goes_away_when_its_streams_are_over() {
    for model in ["gpt-4o--close", "gpt-4o--tls"] {
        let world = world(Vec::new()).await;
        let mut client = dial(&world).await;
        let beside = client.ask(&world, "gpt-4o", (1, 200, true)).await;
        let beside = tokio::spawn(heard(beside));
        let seen = heard(client.ask(&world, model, (2, 6, true)).await).await;
        assert_eq!(seen.reset, Some(Reason::REFUSED_STREAM), "{model}");
        assert_eq!(beside.await.unwrap(), whole(200), "{model}");
        let end = tokio::time::timeout(PATIENCE, client.connection).await.unwrap().unwrap();
        assert!(end.is_ok(), "{model}: {end:?}");
        let rows = world.rows().await;
        let row = rows.iter().find(|row| row.request == Some(2)).unwrap();
        assert_eq!(row.ended, AttemptEnd::Closed, "{model}");
    }
}

#[tokio::test]
async fn silence_is_one_streams_own() {
    for (model, status) in
        [("gpt-4o--hang", None), ("gpt-4o--blackhole", None), ("gpt-4o--stall-3", Some(200))]
    {
        let world = world(Vec::new()).await;
        let mut client = dial(&world).await;
        let seen =
            match tokio::time::timeout(SILENCE, client.ask(&world, model, (1, 6, true))).await {
                Err(_) => None,
                Ok(head) => {
                    let head = head.unwrap();
                    let status = head.status().as_u16();
                    let rest = tokio::time::timeout(SILENCE, heard(Ok(head))).await;
                    assert!(rest.is_err(), "{model}: {rest:?}");
                    Some(status)
                }
            };
        assert_eq!(seen, status, "{model}");
        let after = heard(client.ask(&world, "gpt-4o", (2, 5, true)).await).await;
        assert_eq!(after, whole(5), "{model}");
        let rows = world.rows().await;
        let row = rows.iter().find(|row| row.request == Some(1)).unwrap();
        assert_eq!(row.ended, AttemptEnd::Silent, "{model}: its client gave it up");
    }
}

#[tokio::test]
async fn a_black_hole_is_given_back() {
    let world = world(Vec::new()).await;
    let mut client = dial(&world).await;
    let mut other =
        Client { send: client.send.clone(), connection: tokio::spawn(async { Ok(()) }) };
    let ask = other.ask(&world, "gpt-4o--blackhole", (1, 6, true));
    let mut ask = Box::pin(ask);
    assert!(tokio::time::timeout(SILENCE, &mut ask).await.is_err());
    assert_eq!(world.rows().await.len(), 0, "it is under way");
    world.fakes.reset();
    let row = world.row().await;
    assert_eq!((row.ended, row.request), (AttemptEnd::Silent, Some(1)));
    let told = tokio::time::timeout(PATIENCE, ask).await.unwrap().unwrap_err();
    assert_eq!(told.reason(), Some(Reason::INTERNAL_ERROR));
    assert_eq!(heard(client.ask(&world, "gpt-4o", (2, 5, true)).await).await, whole(5));
}

#[tokio::test]
async fn a_fault_that_begins_breaks_connections_whose_streams_it_all_strikes() {
    let world = waiting(rule("f1", "refuse", Value::Null)).await;
    let mut client = dial(&world).await;
    let mut streams = Vec::new();
    for request in 1..=5 {
        let head = client.ask(&world, "gpt-4o", (request, 20_000, true)).await;
        streams.push(tokio::spawn(heard(head)));
    }
    let mut idle = dial(&world).await;
    assert_eq!(heard(idle.ask(&world, "gpt-4o", (6, 2, false)).await).await, whole(2));
    world.fakes.switch("f1", true).unwrap();
    for stream in streams {
        let seen = tokio::time::timeout(PATIENCE, stream).await.unwrap().unwrap();
        assert_eq!((seen.status, seen.reset), (Some(200), None), "no frame tells of it");
    }
    for connection in [client.connection, idle.connection] {
        let end = tokio::time::timeout(PATIENCE, connection).await.unwrap().unwrap();
        assert!(end.unwrap_err().is_io(), "reset");
    }
    let rows = world.rows().await;
    let struck = rows.iter().filter(|row| row.request != Some(6));
    assert!(struck.clone().all(|row| row.ended == AttemptEnd::Reset), "{rows:?}");
    assert_eq!(struck.count(), 5);
}

#[tokio::test]
async fn a_fault_that_strikes_some_streams_leaves_the_others() {
    let part = FaultRule { share: 0.5, ..rule("f1", "refuse", Value::Null) };
    let world = waiting(part).await;
    let mut client = dial(&world).await;
    let mut streams = Vec::new();
    for request in 1..=20 {
        let head = client.ask(&world, "gpt-4o", (request, 1_000, true)).await;
        streams.push(tokio::spawn(heard(head)));
    }
    world.fakes.switch("f1", true).unwrap();
    let (mut struck, mut spared) = (0, 0);
    for stream in streams {
        match tokio::time::timeout(PATIENCE, stream).await.unwrap().unwrap() {
            Heard { status: Some(200), reset: Some(Reason::INTERNAL_ERROR), .. } => struck += 1,
            seen if seen == whole(1_000) => spared += 1,
            other => panic!("{other:?}"),
        }
    }
    assert!(struck > 0 && spared > 0, "{struck} and {spared}");
    let rows = world.rows().await;
    let reset = rows.iter().filter(|row| row.ended == AttemptEnd::Reset);
    assert_eq!(reset.filter(|row| row.fault.as_deref() == Some("f1")).count(), struck);
    let complete = rows.iter().filter(|row| row.ended == AttemptEnd::Complete);
    assert_eq!(complete.filter(|row| row.fault.is_none()).count(), spared);
}

#[tokio::test]
async fn a_partition_silences_all_of_a_connection() {
    let world = waiting(rule("f1", "blackhole", Value::Null)).await;
    let mut client = dial(&world).await;
    let mut streams = Vec::new();
    for request in 1..=3 {
        let head = client.ask(&world, "gpt-4o", (request, 20_000, true)).await;
        streams.push(heard(head));
    }
    let mut ping = client.send.clone();
    world.fakes.switch("f1", true).unwrap();
    for stream in streams {
        assert!(tokio::time::timeout(SILENCE, stream).await.is_err(), "it only stops");
    }
    let request = send(&world.config.deployments[0], Method::GET, "/health", "");
    let mut late = Client { send: ping.clone(), connection: tokio::spawn(async { Ok(()) }) };
    assert!(tokio::time::timeout(SILENCE, late.say(request)).await.is_err());
    assert!(std::future::poll_fn(|cx| ping.poll_ready(cx)).await.is_ok(), "nobody was told");
    world.fakes.switch("f1", false).unwrap();
    let end = tokio::time::timeout(PATIENCE, client.connection).await.unwrap().unwrap();
    assert!(end.unwrap_err().is_io(), "given back, it is reset");
    let rows = world.rows().await;
    let ends: Vec<_> = rows.iter().map(|row| (row.ended, row.fault.as_deref())).collect();
    assert_eq!(ends, [(AttemptEnd::Silent, Some("f1")); 3]);
}

#[tokio::test]
async fn an_idle_connection_is_told_that_it_ends() {
    let params = json!({ "after": "200ms" });
    let world = world(vec![rule("f1", "idle_close", params)]).await;
    let mut client = dial(&world).await;
    // A stream that is open is no idleness.
    assert_eq!(heard(client.ask(&world, "gpt-4o", (1, 400, true)).await).await, whole(400));
    let refused = loop {
        match std::future::poll_fn(|cx| client.send.poll_ready(cx)).await {
            Ok(()) => tokio::time::sleep(Duration::from_millis(2)).await,
            Err(refused) => break refused,
        }
    };
    assert_eq!((refused.is_go_away(), refused.reason()), (true, Some(Reason::NO_ERROR)));
}

#[tokio::test]
async fn an_answer_in_which_nothing_is_said_for_too_long_is_reset_without_a_reason() {
    let stall = rule("f1", "stall", json!({ "after_tokens": 3 }));
    let idle = rule("f2", "idle_timeout", json!({ "after": "200ms" }));
    let world = world(vec![stall, idle]).await;
    let mut client = dial(&world).await;
    let seen = heard(client.ask(&world, "gpt-4o", (1, 6, true)).await).await;
    assert_eq!(seen, Heard { reset: Some(Reason::NO_ERROR), ..whole(3) });
    let row = world.row().await;
    assert_eq!((row.ended, row.fault.as_deref()), (AttemptEnd::Closed, Some("f2+f1")));
}
