//! OpenAI's errors: one envelope to read, one constructor per refusal to author.
//!
//! Mind the words: LiteLLM classifies by text before it looks at the status, so no other fault's
//! message may mention a rate limit.

#![expect(missing_docs, reason = "fields are OpenAI's own, under the names of its reference")]

use std::time::Duration;

use serde::Serialize;
use serde_json::Value;

use super::format_go_duration;
use crate::ErrorReply;

/// What an error says. Written with all four members, null where there is nothing to say.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct ErrorDetail {
    pub message: String,
    /// Family, such as `invalid_request_error`; for a spent rate limit, its dimension.
    #[serde(rename = "type")]
    pub kind: Option<String>,
    /// The request's member at fault.
    pub param: Option<String>,
    /// For programs, such as `context_length_exceeded`.
    pub code: Option<String>,
    /// Azure's inner code, such as `ResponsibleAIPolicyViolation`; only ever read.
    #[serde(skip)]
    pub inner_code: Option<String>,
}

/// The constructors of OpenAI's error answers, and the envelope they are written in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ApiError {
    pub error: ErrorDetail,
}

impl ErrorDetail {
    /// Reads the error of a body or of a frame's data: OpenAI's envelope, Azure's, the one of
    /// Azure's edge (`{"statusCode", "message"}`), or a plain string as `error`. Codes may be
    /// numbers. `None` if it is no JSON or names no error.
    pub fn read(body: &[u8]) -> Option<Self> {
        let body: Value = serde_json::from_slice(body).ok()?;
        let error = match body.get("error") {
            Some(Value::Null) | None => body.get("message").map(|_| &body)?,
            Some(error) => error,
        };
        if let Some(message) = error.as_str() {
            return Some(Self { message: message.to_owned(), ..Self::default() });
        }
        let member = |name| error.get(name).and_then(string_or_number);
        Some(Self {
            message: member("message").unwrap_or_default(),
            kind: member("type"),
            param: member("param"),
            code: member("code").or_else(|| member("statusCode")),
            inner_code: error.pointer("/innererror/code").and_then(string_or_number),
        })
    }
}

impl ApiError {
    /// Any error answer: the envelope under a status.
    pub fn reply(status: u16, kind: &str, code: Option<&str>, message: &str) -> ErrorReply {
        reply(status, kind, (None, code), message)
    }

    /// The answer that OpenAI itself gives with `status`; for statuses it does not use, its server
    /// error. 502, 504 and 520 to 524 are pages of the edge, as is 413.
    pub fn of_status(status: u16) -> ErrorReply {
        match status {
            400 => Self::invalid_value("messages", "Invalid value for 'messages'."),
            401 => Self::invalid_api_key("sk-****"),
            403 => Self::unsupported_country(),
            404 => Self::model_not_found("unknown"),
            408 => Self::reply(408, "server_error", None, "Request timed out."),
            409 => Self::reply(
                409,
                "server_error",
                None,
                "The resource was locked by another request.",
            ),
            413 => ErrorReply::html(413, "Request Entity Too Large"),
            429 => Self::slow_down(),
            502 => ErrorReply::html(502, "Bad Gateway"),
            503 => Self::overloaded(),
            504 => ErrorReply::html(504, "Gateway Time-out"),
            520..=524 => ErrorReply::html(status, "Web server is returning an unknown error"),
            _ => Self::server_error_detail().with_status(status),
        }
    }

    /// 400: the prompt does not fit the model's window. Both numbers are tokens.
    pub fn context_length_exceeded(limit: u64, requested: u64) -> ErrorReply {
        let message = format!(
            "This model's maximum context length is {limit} tokens. However, your messages resulted \
             in {requested} tokens. Please reduce the length of the messages."
        );
        let at = (Some("messages"), Some("context_length_exceeded"));
        reply(400, INVALID_REQUEST, at, &message)
    }

    /// 400: a member that this model does not take.
    pub fn unsupported_parameter(param: &str, instead: &str) -> ErrorReply {
        let message = format!(
            "Unsupported parameter: '{param}' is not supported with this model. Use '{instead}' \
             instead."
        );
        reply(400, INVALID_REQUEST, (Some(param), Some("unsupported_parameter")), &message)
    }

    /// 400: a member with a value that makes no sense.
    pub fn invalid_value(param: &str, message: &str) -> ErrorReply {
        reply(400, INVALID_REQUEST, (Some(param), Some("invalid_value")), message)
    }

    /// 400: the body is no JSON, or lacks what is required.
    pub fn invalid_request(message: &str, param: Option<&str>) -> ErrorReply {
        reply(400, INVALID_REQUEST, (param, None), message)
    }

    /// 400: the safety system objects.
    pub fn content_policy_violation() -> ErrorReply {
        let message = "Your request was rejected as a result of the safety system.";
        reply(400, INVALID_REQUEST, (None, Some("content_policy_violation")), message)
    }

    /// 401. `masked_key` is what may be shown of the key, never the key.
    pub fn invalid_api_key(masked_key: &str) -> ErrorReply {
        let message = format!(
            "Incorrect API key provided: {masked_key}. You can find your API key at \
             https://platform.openai.com/account/api-keys."
        );
        reply(401, INVALID_REQUEST, (None, Some("invalid_api_key")), &message)
    }

    /// 403.
    pub fn unsupported_country() -> ErrorReply {
        let code = Some("unsupported_country_region_territory");
        reply(403, "request_forbidden", (None, code), "Country, region, or territory not supported")
    }

    /// 404.
    pub fn model_not_found(model: &str) -> ErrorReply {
        let message =
            format!("The model `{model}` does not exist or you do not have access to it.");
        reply(404, INVALID_REQUEST, (None, Some("model_not_found")), &message)
    }

    /// 429: traffic grew too fast, though within the limits.
    pub fn slow_down() -> ErrorReply {
        let message = "Too many requests in a short time. Please slow down: reduce your request \
                       rate, keep it steady, and increase it gradually.";
        reply(429, "rate_limit_error", (None, Some("slow_down")), message)
    }

    /// 429: nothing left to spend; waiting does not help, and no Retry-After comes with it.
    pub fn insufficient_quota() -> ErrorReply {
        let message = "You exceeded your current quota, please check your plan and billing \
                       details. For more information on this error, read the docs: \
                       https://platform.openai.com/docs/guides/error-codes/api-errors.";
        reply(429, "insufficient_quota", (None, Some("insufficient_quota")), message)
    }

    /// 500.
    pub fn server_error() -> ErrorReply {
        Self::server_error_detail().with_status(500)
    }

    /// 503.
    pub fn overloaded() -> ErrorReply {
        let message = "Our servers are currently overloaded. Please try again later.";
        reply(503, "service_unavailable_error", (None, Some("server_is_overloaded")), message)
    }

    /// The envelope under `status`.
    pub fn with_status(&self, status: u16) -> ErrorReply {
        ErrorReply::json(status, self)
    }

    fn server_error_detail() -> Self {
        let message = "The server had an error while processing your request. Sorry about that!";
        let kind = Some("server_error".to_owned());
        Self { error: ErrorDetail { message: message.to_owned(), kind, ..ErrorDetail::default() } }
    }
}

/// A spent rate limit, as the 429's message counts it up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RateLimited<'a> {
    pub dimension: Dimension,
    /// The model whose limit it is.
    pub model: &'a str,
    /// Units per minute.
    pub limit: u64,
    pub used: u64,
    /// Units this request would take.
    pub requested: u64,
    /// When it would fit, in milliseconds.
    pub try_again_ms: u64,
}

/// What a rate limit counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Dimension {
    /// Requests per minute.
    Requests,
    /// Tokens per minute.
    Tokens,
}

impl RateLimited<'_> {
    /// 429 with code `rate_limit_exceeded`. A request larger than the whole limit is told so, and
    /// not to wait.
    pub fn reply(&self) -> ErrorReply {
        let (kind, spelled) = match self.dimension {
            Dimension::Requests => ("requests", "requests per min (RPM)"),
            Dimension::Tokens => ("tokens", "tokens per min (TPM)"),
        };
        let Self { model, limit, used, requested, .. } = self;
        let message = if requested > limit {
            format!(
                "Request too large for {model} in organization org-fake on {spelled}: Limit {limit}, \
                 Requested {requested}. The input or output tokens must be reduced in order to run \
                 successfully. {LEARN_MORE}"
            )
        } else {
            let wait = format_go_duration(Duration::from_millis(self.try_again_ms));
            format!(
                "Rate limit reached for {model} in organization org-fake on {spelled}: Limit \
                 {limit}, Used {used}, Requested {requested}. Please try again in {wait}. {LEARN_MORE}"
            )
        };
        reply(429, kind, (None, Some("rate_limit_exceeded")), &message)
    }
}

const LEARN_MORE: &str = "Visit https://platform.openai.com/account/rate-limits to learn more.";
const INVALID_REQUEST: &str = "invalid_request_error";

fn reply(status: u16, kind: &str, at: (Option<&str>, Option<&str>), message: &str) -> ErrorReply {
    let (param, code) = at;
    let error = ErrorDetail {
        message: message.to_owned(),
        kind: Some(kind.to_owned()),
        param: param.map(str::to_owned),
        code: code.map(str::to_owned),
        inner_code: None,
    };
    ApiError { error }.with_status(status)
}

fn string_or_number(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => None,
    }
}
