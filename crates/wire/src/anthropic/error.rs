//! Anthropic's errors: one envelope, in bodies and in streams.

#![expect(missing_docs, reason = "fields are Anthropic's own, under the names of its reference")]

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::ErrorReply;

/// What an error says, read from a body or from the data of an `error` event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ErrorDetail {
    /// The kind, as it was spelled.
    pub kind: String,
    pub message: String,
    /// `details.error_code`, such as `enforced_spend_limit_reached`.
    pub code: Option<String>,
    /// `req_…`.
    pub request_id: Option<String>,
}

/// The `error` member: kind and message.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ErrorMessage {
    /// A kind's name, such as `overloaded_error`.
    #[serde(rename = "type")]
    pub kind: String,
    pub message: String,
    /// Further particulars, such as `error_code`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub details: Option<Value>,
}

/// The documented kinds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ErrorKind {
    /// 400.
    InvalidRequest,
    /// 401.
    Authentication,
    /// 402.
    Billing,
    /// 403.
    Permission,
    /// 404.
    NotFound,
    /// 413.
    RequestTooLarge,
    /// 429.
    RateLimit,
    /// 500.
    Api,
    /// 504.
    Timeout,
    /// 529: the provider as a whole is full.
    Overloaded,
}

impl ErrorKind {
    /// All kinds, by status.
    pub const ALL: [Self; 10] = [
        Self::InvalidRequest,
        Self::Authentication,
        Self::Billing,
        Self::Permission,
        Self::NotFound,
        Self::RequestTooLarge,
        Self::RateLimit,
        Self::Api,
        Self::Timeout,
        Self::Overloaded,
    ];

    /// The kind's `type`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::InvalidRequest => "invalid_request_error",
            Self::Authentication => "authentication_error",
            Self::Billing => "billing_error",
            Self::Permission => "permission_error",
            Self::NotFound => "not_found_error",
            Self::RequestTooLarge => "request_too_large",
            Self::RateLimit => "rate_limit_error",
            Self::Api => "api_error",
            Self::Timeout => "timeout_error",
            Self::Overloaded => "overloaded_error",
        }
    }

    /// The HTTP status it comes with.
    pub const fn status(self) -> u16 {
        match self {
            Self::InvalidRequest => 400,
            Self::Authentication => 401,
            Self::Billing => 402,
            Self::Permission => 403,
            Self::NotFound => 404,
            Self::RequestTooLarge => 413,
            Self::RateLimit => 429,
            Self::Api => 500,
            Self::Timeout => 504,
            Self::Overloaded => 529,
        }
    }

    /// The kind that comes with `status`; for undocumented ones `invalid_request_error` below 500
    /// and `api_error` from there on.
    pub fn of_status(status: u16) -> Self {
        let documented = Self::ALL.into_iter().find(|kind| kind.status() == status);
        documented.unwrap_or(if status < 500 { Self::InvalidRequest } else { Self::Api })
    }

    /// What the provider usually says.
    pub const fn usual_message(self) -> &'static str {
        match self {
            Self::InvalidRequest => "messages: at least one message is required",
            Self::Authentication => "invalid x-api-key",
            Self::Billing => "Your credit balance is too low to access the Anthropic API.",
            Self::Permission => {
                "Your API key does not have permission to use the specified resource."
            }
            Self::NotFound => "The requested resource could not be found.",
            Self::RequestTooLarge => "Request exceeds the maximum size",
            Self::RateLimit => {
                "This request would exceed your organization's rate limit. Please reduce the prompt \
                 length or the maximum tokens requested, or try again later."
            }
            Self::Api => "Internal server error",
            Self::Timeout => "The request timed out while processing.",
            Self::Overloaded => "Overloaded",
        }
    }

    /// The answer: this kind under its own status.
    pub fn reply(self, message: &str, request_id: &str) -> ErrorReply {
        self.reply_under(self.status(), message, request_id)
    }

    /// The answer under another status, such as 503 with `api_error`.
    pub fn reply_under(self, status: u16, message: &str, request_id: &str) -> ErrorReply {
        ErrorReply::json(status, &self.event(message, request_id))
    }

    /// The event that ends a stream with this error; as a body, it is the error's envelope.
    pub fn event(self, message: &str, request_id: &str) -> super::StreamEvent {
        let (kind, message) = (self.name().to_owned(), message.to_owned());
        super::StreamEvent::Error {
            error: ErrorMessage { kind, message, details: None },
            request_id: Some(request_id.to_owned()),
        }
    }

    /// The message of a prompt that does not fit the model's window. Both numbers are tokens.
    pub fn prompt_too_long(tokens: u64, maximum: u64) -> String {
        format!("prompt is too long: {tokens} tokens > {maximum} maximum")
    }
}

impl ErrorDetail {
    /// Reads an error's envelope. `None` if `body` is no JSON object with an `error` object.
    pub fn read(body: &[u8]) -> Option<Self> {
        let body: Value = serde_json::from_slice(body).ok()?;
        let error = body.get("error")?.as_object()?;
        let text = |value: Option<&Value>| value.and_then(Value::as_str).map(str::to_owned);
        Some(Self {
            kind: text(error.get("type")).unwrap_or_default(),
            message: text(error.get("message")).unwrap_or_default(),
            code: text(body.pointer("/error/details/error_code")),
            request_id: text(body.get("request_id")),
        })
    }
}
