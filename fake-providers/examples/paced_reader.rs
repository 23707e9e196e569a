//! Opens many streams of a fake at once and says how punctual their tokens are.
//!
//! `paced_reader ADDRESS KEY STREAMS TOKENS GAP_US` prints one line of JSON. Streams begin spread
//! evenly over a second. Deadlines are absolute: token k of a stream is due at its base + k gaps,
//! the base being the earliest that its own tokens allow, so an error never hides in a later
//! deadline. Only tokens count that arrive while every stream is open. Used by
//! `scripts/speed-fakes`; it parses nothing but the mark of a token, so that it is no bottleneck.

use std::io::{self, Write as _};
use std::net::SocketAddr;
use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::task::JoinSet;
use tokio::time::Instant;

/// What every token's text contains once, and nothing else of a stream does.
const MARK: u8 = b'~';

/// Over how long the beginnings are spread.
const SPREAD: Duration = Duration::from_secs(1);

/// What to open.
#[derive(Clone, Debug)]
struct Plan {
    address: SocketAddr,
    key: String,
    streams: u32,
    tokens: u32,
    gap: Duration,
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> io::Result<()> {
    let plan = plan().ok_or(io::ErrorKind::InvalidInput)?;
    let start = Instant::now();
    let mut open = JoinSet::new();
    for number in 0..plan.streams {
        open.spawn(stream(plan.clone(), number, start));
    }
    let mut arrivals: Vec<Vec<Duration>> = Vec::with_capacity(plan.streams as usize);
    while let Some(stream) = open.join_next().await {
        arrivals.push(stream??);
    }
    writeln!(io::stdout(), "{}", findings(&plan, &arrivals))
}

fn plan() -> Option<Plan> {
    let mut words = std::env::args().skip(1);
    Some(Plan {
        address: words.next()?.parse().ok()?,
        key: words.next()?,
        streams: words.next()?.parse().ok()?,
        tokens: words.next()?.parse().ok()?,
        gap: Duration::from_micros(words.next()?.parse().ok()?),
    })
}

/// When each token of one stream arrived, since `start`.
async fn stream(plan: Plan, number: u32, start: Instant) -> io::Result<Vec<Duration>> {
    tokio::time::sleep_until(start + SPREAD * number / plan.streams).await;
    #[expect(clippy::disallowed_methods, reason = "a bare client, apart from what it measures")]
    let mut socket = TcpStream::connect(plan.address).await?;
    socket.set_nodelay(true)?;
    socket.write_all(request(&plan, number).as_bytes()).await?;
    let mut arrivals = Vec::with_capacity(plan.tokens as usize);
    let mut buffer = [0u8; 16 * 1024];
    while arrivals.len() < plan.tokens as usize {
        let n = socket.read(&mut buffer).await?;
        if n == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        let now = start.elapsed();
        let tokens = buffer[..n].iter().filter(|byte| **byte == MARK).count();
        arrivals.extend(std::iter::repeat_n(now, tokens));
    }
    Ok(arrivals)
}

fn request(plan: &Plan, number: u32) -> String {
    let body = format!(
        r#"{{"model":"gpt-4o","stream":true,"messages":[{{"role":"user","content":"[[brownout:{number:06}]] [[answer:{}]]"}}]}}"#,
        plan.tokens
    );
    format!(
        "POST /v1/chat/completions HTTP/1.1\r\nhost: fake\r\nauthorization: Bearer {}\r\n\
         content-type: application/json\r\ncontent-length: {}\r\n\r\n{body}",
        plan.key,
        body.len()
    )
}

fn findings(plan: &Plan, arrivals: &[Vec<Duration>]) -> String {
    let all_open = arrivals.iter().filter_map(|stream| stream.first()).max();
    let one_over = arrivals.iter().filter_map(|stream| stream.last()).min();
    let (Some(from), Some(to)) = (all_open, one_over) else { return String::new() };
    let mut late: Vec<Duration> = Vec::new();
    for stream in arrivals {
        let due = |k: usize| plan.gap * u32::try_from(k).unwrap_or(u32::MAX);
        let base = stream.iter().enumerate().map(|(k, at)| at.saturating_sub(due(k))).min();
        let Some(base) = base else { continue };
        let steady = stream.iter().enumerate().filter(|(_, at)| (from..=to).contains(at));
        late.extend(steady.map(|(k, at)| at.saturating_sub(base + due(k))));
    }
    late.sort_unstable();
    let quantile = |per_mille: usize| {
        let at = (late.len() * per_mille / 1000).min(late.len().saturating_sub(1));
        late.get(at).copied().unwrap_or_default().as_secs_f64() * 1e3
    };
    let rate = late.len() as f64 / to.saturating_sub(*from).as_secs_f64().max(1e-9);
    format!(
        r#"{{"streams":{},"tokens":{},"rate":{rate:.0},"p50_ms":{:.3},"p99_ms":{:.3},"p999_ms":{:.3},"max_ms":{:.3}}}"#,
        plan.streams,
        arrivals.iter().map(Vec::len).sum::<usize>(),
        quantile(500),
        quantile(990),
        quantile(999),
        quantile(1000),
    )
}
