//! The journal over the admin API: pages of it, and following along.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use axum::Json;
use axum::body::{Body, Bytes};
use axum::extract::{RawQuery, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use http_body::Frame;
use serde::Serialize;
use tokio::sync::mpsc;

use super::Refused;
use crate::Fakes;
use crate::journal::{Filter, Journal, JournalRow, Told};

/// Rows in one page, unless asked otherwise.
const PAGE_ROWS: usize = 1_000;

/// Rows in one page at most.
const PAGE_ROWS_MAX: usize = 10_000;

/// A page as it is sent.
#[derive(Debug, Serialize)]
struct PageView {
    rows: Vec<Arc<JournalRow>>,
    next: u64,
    lost: u64,
    under_way: u64,
}

/// What somebody asked for.
#[derive(Debug, Default)]
struct Asked {
    filter: Filter,
    limit: Option<usize>,
    stream: bool,
}

pub(super) async fn journal(
    state: State<Fakes>,
    query: RawQuery,
    headers: HeaderMap,
) -> Result<Response, Refused> {
    let asked = asked(query.0.as_deref().unwrap_or_default())?;
    if asked.stream {
        return stream(state, query, headers).await;
    }
    let State(fakes) = state;
    let page = kept(&fakes)?.page(&asked.filter, asked.limit.unwrap_or(PAGE_ROWS));
    let under_way = fakes.state.book.under_way() as u64;
    let said = PageView { rows: page.rows, next: page.next, lost: page.lost, under_way };
    Ok(Json(said).into_response())
}

/// Rows from here on, as lines of JSON or, where the client accepts them, as server-sent events.
pub(super) async fn stream(
    State(fakes): State<Fakes>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
) -> Result<Response, Refused> {
    let Asked { filter, .. } = asked(query.as_deref().unwrap_or_default())?;
    let Some(rows) = kept(&fakes)?.follow() else {
        return Err(Refused::new(
            StatusCode::SERVICE_UNAVAILABLE,
            "too many are following the journal".to_owned(),
            "end one of the others, or ask for pages with GET /journal?since=SEQ",
        ));
    };
    let accept = headers.get(header::ACCEPT).and_then(|value| value.to_str().ok());
    let events = accept.is_some_and(|accept| accept.contains("text/event-stream"));
    let kind = if events { "text/event-stream" } else { "application/x-ndjson" };
    let body = Body::new(Following { rows, filter, events });
    Ok(([(header::CONTENT_TYPE, kind)], body).into_response())
}

fn kept(fakes: &Fakes) -> Result<&Journal, Refused> {
    fakes.state.journal.as_deref().ok_or_else(|| {
        let message = "these fakes keep no journal".to_owned();
        Refused::new(StatusCode::NOT_FOUND, message, "fakes in a run write attempts.csv instead")
    })
}

fn asked(query: &str) -> Result<Asked, Refused> {
    let mut asked = Asked::default();
    for (name, value) in form(query) {
        let bad = || {
            Refused::new(
                StatusCode::BAD_REQUEST,
                format!("`{name}={}` cannot be", value.chars().take(80).collect::<String>()),
                "filters are deployment=ID, fault=RULE, status=503, request=7, since=SEQ, limit=100, \
                 stream=1",
            )
        };
        match &*name {
            "deployment" => asked.filter.deployment = Some(value.clone()),
            "fault" => asked.filter.fault = Some(value.clone()),
            "status" => asked.filter.status = Some(value.parse().map_err(|_| bad())?),
            "request" => asked.filter.request = Some(value.parse().map_err(|_| bad())?),
            "since" => asked.filter.since = value.parse().map_err(|_| bad())?,
            "limit" => {
                let limit: usize = value.parse().map_err(|_| bad())?;
                asked.limit = Some(limit.clamp(1, PAGE_ROWS_MAX));
            }
            "stream" => asked.stream = matches!(&*value, "1" | "true"),
            _ => return Err(bad()),
        }
    }
    Ok(asked)
}

/// Names and values of a query.
fn form(query: &str) -> impl Iterator<Item = (String, String)> {
    query.split('&').filter(|pair| !pair.is_empty()).map(|pair| {
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        (decoded(name), decoded(value))
    })
}

/// Percent and plus decoding; what is not UTF-8 becomes a replacement character.
fn decoded(text: &str) -> String {
    let (mut bytes, mut rest) = (Vec::with_capacity(text.len()), text.as_bytes());
    while let [first, after @ ..] = rest {
        let escaped = (*first == b'%').then(|| after.split_at_checked(2)).flatten();
        let escaped = escaped.and_then(|(digits, rest)| {
            let digits = std::str::from_utf8(digits).ok()?;
            Some((u8::from_str_radix(digits, 16).ok()?, rest))
        });
        let (byte, left) = match escaped {
            Some(escaped) => escaped,
            None => (if *first == b'+' { b' ' } else { *first }, after),
        };
        bytes.push(byte);
        rest = left;
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

/// A body that follows the journal.
struct Following {
    rows: mpsc::Receiver<Told>,
    filter: Filter,
    events: bool,
}

impl http_body::Body for Following {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, io::Error>>> {
        // Ends when a row is wanted, or none is there yet.
        loop {
            let Some(told) = ready!(self.rows.poll_recv(cx)) else { return Poll::Ready(None) };
            if let Some(line) = self.line(&told) {
                return Poll::Ready(Some(Ok(Frame::data(line))));
            }
        }
    }
}

impl Following {
    fn line(&self, told: &Told) -> Option<Bytes> {
        let (event, text) = match told {
            Told::Row(row) if !self.filter.wants(row) => return None,
            // Rows are plain data.
            Told::Row(row) => ("row", serde_json::to_string(row).ok()?),
            Told::Behind(rows) => ("lagged", format!(r#"{{"lagged":{rows}}}"#)),
        };
        Some(Bytes::from(if self.events {
            format!("event: {event}\ndata: {text}\n\n")
        } else {
            format!("{text}\n")
        }))
    }
}
