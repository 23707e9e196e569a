//! A request that the gateway itself turns away, before any deployment was asked.

use std::time::Duration;

use axum::response::IntoResponse;
use bytes::Bytes;
use http::header::{CONTENT_TYPE, RETRY_AFTER};
use http::{HeaderValue, Response, StatusCode};

use crate::endpoint::Wording;
use crate::failover::error_envelope::{anthropic_envelope, aws_body, envelope, google_envelope};
use crate::failover::response::{AnswerBody, JSON, name_error};
use crate::shutdown;

/// Seconds after which whoever finds no room may come back.
const COME_BACK: HeaderValue = HeaderValue::from_static("1");

/// Why, in the terms of the error envelope.
#[derive(Debug)]
pub(crate) struct Refusal {
    pub(crate) status: StatusCode,
    pub(crate) kind: Option<&'static str>,
    pub(crate) param: Option<&'static str>,
    pub(crate) message: String,
}

impl Refusal {
    /// 400.
    pub(crate) fn bad_request(param: Option<&'static str>, message: String) -> Self {
        let kind = Some("invalid_request_error");
        Self { status: StatusCode::BAD_REQUEST, kind, param, message }
    }

    /// 401. `kind` is LiteLLM's word for what is wrong with the key.
    pub(crate) fn unauthorized(kind: &'static str, message: &str) -> Self {
        let message = format!("Authentication Error, {message}");
        Self { status: StatusCode::UNAUTHORIZED, kind: Some(kind), param: Some("None"), message }
    }

    /// 403: no web page may call without a key.
    pub(crate) fn from_a_page() -> Self {
        let text = "A gateway without a master key takes no requests from web pages; set \
                    general_settings.master_key and send it";
        let kind = Some("invalid_request_error");
        Self { status: StatusCode::FORBIDDEN, kind, param: None, message: text.to_owned() }
    }

    /// 421.
    pub(crate) fn misdirected(host: &str) -> Self {
        let message = format!(
            "A gateway without a master key does not answer as `{host}`; call it by IP address or as \
             localhost, start it with --allow-host NAME, or set general_settings.master_key"
        );
        let kind = Some("invalid_request_error");
        Self { status: StatusCode::MISDIRECTED_REQUEST, kind, param: None, message }
    }

    /// 404.
    pub(crate) fn not_found(message: String) -> Self {
        let kind = Some("invalid_request_error");
        Self { status: StatusCode::NOT_FOUND, kind, param: None, message }
    }

    /// 405.
    pub(crate) fn method_not_allowed(method: &http::Method) -> Self {
        let message = format!("Method Not Allowed: {method}");
        let kind = Some("invalid_request_error");
        Self { status: StatusCode::METHOD_NOT_ALLOWED, kind, param: None, message }
    }

    /// 408.
    pub(crate) fn too_slow(limit: Duration) -> Self {
        let limit = limit.as_secs();
        let message = format!("Nothing of the request body came for {limit} s");
        let kind = Some("invalid_request_error");
        let param = Some("request_body");
        Self { status: StatusCode::REQUEST_TIMEOUT, kind, param, message }
    }

    /// 503.
    pub(crate) fn shutting_down() -> Self {
        let message = shutdown::failure().message;
        Self { status: StatusCode::SERVICE_UNAVAILABLE, kind: None, param: None, message }
    }

    /// 503: too much is under way.
    pub(crate) fn overloaded() -> Self {
        let message =
            "The gateway serves as many requests as it takes at a time; come back in a moment";
        let (kind, status) = (Some("overloaded_error"), StatusCode::SERVICE_UNAVAILABLE);
        Self { status, kind, param: None, message: message.to_owned() }
    }

    /// 413.
    pub(crate) fn too_large() -> Self {
        let limit = wire::openai::MAX_BODY_BYTES;
        let message = format!("Request body is too large; at most {limit} bytes are accepted");
        let kind = Some("invalid_request_error");
        let param = Some("request_body");
        Self { status: StatusCode::PAYLOAD_TOO_LARGE, kind, param, message }
    }

    /// The envelope.
    pub(crate) fn envelope(&self) -> Bytes {
        envelope(&self.message, self.kind, self.param, self.status.as_u16())
    }

    /// The whole answer, in the words of the endpoint that was called.
    pub(crate) fn response(&self, wording: Wording) -> Response<AnswerBody> {
        let status = self.status.as_u16();
        let body = match wording {
            Wording::OpenAi | Wording::Events => self.envelope(),
            Wording::Anthropic => anthropic_envelope(&self.message, status),
            Wording::Google => google_envelope(&self.message, status),
            Wording::Aws => aws_body(&self.message),
        };
        let mut response = Response::new(AnswerBody::Whole(Some(body)));
        *response.status_mut() = self.status;
        response.headers_mut().insert(CONTENT_TYPE, JSON);
        name_error(response.headers_mut(), wording, status);
        if self.status == StatusCode::SERVICE_UNAVAILABLE {
            response.headers_mut().insert(RETRY_AFTER, COME_BACK);
        }
        response
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> axum::response::Response {
        (self.status, [(CONTENT_TYPE, JSON)], self.envelope()).into_response()
    }
}
