//! One request of a script over the wire, and its answer as it came. It must never know when the next one follows.

use bytes::Bytes;
use http::{Method, Request};
use http_body_util::{BodyExt as _, Full};
use serde_json::{Value, json};
use vocab::PromptId;
use vocab::mark::push_prompt_marks;
use world::pool::{Pool, PooledBody};
use world::{Authority, Clock};

use super::{BODY_BYTES_MAX, ProbeAnswer, ProbeAsk, ProbeEnd};

/// Whom to ask, and by which clock.
#[derive(Clone, Debug)]
pub(super) struct Line {
    pub(super) pool: Pool,
    pub(super) clock: Clock,
    pub(super) to: Authority,
    pub(super) path: String,
    pub(super) key: String,
}

impl Line {
    /// Asks once and reads the answer to its end, or until the client's patience is over.
    pub(super) async fn ask(&self, ask: &ProbeAsk, number: u64) -> ProbeAnswer {
        let mut seen = ProbeAnswer {
            request: number,
            asked_ns: self.clock.now().0,
            head_ns: None,
            ended_ns: 0,
            status: None,
            headers: Vec::new(),
            body: String::new(),
            end: ProbeEnd::HungUp,
        };
        let mut bytes = Vec::new();
        let exchange = self.exchange(ask, &mut seen, &mut bytes);
        let answered = tokio::time::timeout(ask.patience, exchange).await;
        seen.body = String::from_utf8_lossy(&bytes).into_owned();
        seen.end = answered.unwrap_or(ProbeEnd::HungUp);
        seen.ended_ns = self.clock.now().0;
        seen
    }

    async fn exchange(
        &self,
        ask: &ProbeAsk,
        seen: &mut ProbeAnswer,
        bytes: &mut Vec<u8>,
    ) -> ProbeEnd {
        let Ok(request) = self.request(ask, seen.request) else { return ProbeEnd::Broken };
        let call_id = seen.request.to_string();
        let Ok(response) = self.pool.send(&self.to, request, &call_id).await else {
            return ProbeEnd::Broken;
        };
        seen.head_ns = Some(self.clock.now().0);
        seen.status = Some(response.status().as_u16());
        let told = response.headers().iter();
        seen.headers = told
            .filter_map(|(name, value)| Some((name.to_string(), value.to_str().ok()?.to_owned())))
            .collect();
        read(response.into_body(), bytes).await
    }

    fn request(&self, ask: &ProbeAsk, number: u64) -> http::Result<Request<Full<Bytes>>> {
        let words = "word ".repeat(ask.prompt_words as usize);
        let mut prompt = String::new();
        push_prompt_marks(&mut prompt, PromptId(number), ask.answer_words);
        prompt.push_str(&format!(" {} {words}", ask.directives));
        let mut body = json!({
            "model": ask.model,
            "messages": [{ "role": "user", "content": prompt.trim_end() }],
        });
        if let Some(body) = body.as_object_mut() {
            if ask.stream {
                body.insert("stream".to_owned(), Value::Bool(true));
            }
            body.extend(ask.body.clone());
        }
        let mut request = Request::builder()
            .method(Method::POST)
            .uri(&self.path)
            .header("host", self.to.to_string())
            .header("content-type", "application/json")
            .header("authorization", format!("Bearer {}", self.key))
            .header("x-brownout-request", number)
            .header("x-litellm-call-id", number);
        for (name, value) in &ask.headers {
            request = request.header(name, value);
        }
        request.body(Full::new(body.to_string().into()))
    }
}

/// Reads a body as far as it comes.
async fn read(mut body: PooledBody, bytes: &mut Vec<u8>) -> ProbeEnd {
    // Bounded by the client's patience.
    while let Some(frame) = body.frame().await {
        let Ok(frame) = frame else { return ProbeEnd::Broken };
        let Ok(data) = frame.into_data() else { continue };
        let room = BODY_BYTES_MAX.saturating_sub(bytes.len()).min(data.len());
        bytes.extend_from_slice(&data[..room]);
    }
    ProbeEnd::Whole
}
