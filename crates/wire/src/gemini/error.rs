//! Gemini's errors: Google's one envelope, with particulars by type.

#![expect(missing_docs, reason = "fields are Gemini's own, under the names of its reference")]

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::{ErrorReply, error_reply::to_json_pretty};

/// The body of an error, and an error inside a stream.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ApiError {
    pub error: RpcStatus,
}

/// What an error says.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct RpcStatus {
    /// The HTTP status again.
    #[serde(default)]
    pub code: u16,
    #[serde(default)]
    pub message: String,
    /// For programs, such as `RESOURCE_EXHAUSTED`.
    #[serde(default)]
    pub status: String,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub details: Vec<Detail>,
}

/// Particulars of one type. Types we know nothing of are read as [`Detail::Unknown`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "@type", rename_all_fields = "camelCase")]
pub enum Detail {
    /// Which quota is spent.
    #[serde(rename = "type.googleapis.com/google.rpc.QuotaFailure")]
    QuotaFailure {
        /// One per spent quota.
        violations: Vec<QuotaViolation>,
    },
    /// Where to read more.
    #[serde(rename = "type.googleapis.com/google.rpc.Help")]
    Help { links: Vec<ErrorLink> },
    /// When to try again.
    #[serde(rename = "type.googleapis.com/google.rpc.RetryInfo")]
    RetryInfo {
        /// Seconds with an `s` behind them, such as `37s`.
        retry_delay: String,
    },
    #[serde(rename = "type.googleapis.com/google.rpc.ErrorInfo")]
    ErrorInfo {
        /// Such as `API_KEY_INVALID`.
        reason: String,
        /// Always `googleapis.com`.
        domain: String,
        #[serde(default)]
        metadata: Value,
    },
    #[serde(rename = "type.googleapis.com/google.rpc.LocalizedMessage")]
    LocalizedMessage {
        /// Such as `en-US`.
        locale: String,
        message: String,
    },
    /// Another type, whose members are dropped.
    #[serde(other)]
    Unknown,
}

/// A spent quota.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct QuotaViolation {
    #[serde(default)]
    pub quota_metric: String,
    /// The quota's name, which says per minute or per day.
    #[serde(default)]
    pub quota_id: String,
    /// Of what: location and model.
    #[serde(default)]
    pub quota_dimensions: Value,
    /// How much it allows.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub quota_value: Option<String>,
}

/// A page.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ErrorLink {
    /// What it is about.
    pub description: String,
    pub url: String,
}

/// Which quota is spent, for [`ApiError::quota`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct QuotaSpent<'a> {
    /// What is counted, such as `generate_requests_per_model`.
    pub metric: &'a str,
    /// The quota's name, such as `GenerateRequestsPerMinutePerProjectPerModel`.
    pub id: &'a str,
    /// How much it allows.
    pub limit: u64,
    /// The model whose quota it is.
    pub model: &'a str,
    /// When to try again, in milliseconds.
    pub retry_ms: u64,
}

impl RpcStatus {
    /// Reads the error of a body or of a frame's data; an array's first element counts, too. `None`
    /// if it is no JSON or names no error.
    pub fn read(body: &[u8]) -> Option<Self> {
        let body: Value = serde_json::from_slice(body).ok()?;
        let envelope = body.as_array().and_then(|array| array.first()).unwrap_or(&body);
        serde_json::from_value(envelope.get("error")?.clone()).ok()
    }

    /// The wait of its `RetryInfo`: seconds, perhaps with a fraction, and an `s`.
    pub fn retry_delay(&self) -> Option<std::time::Duration> {
        self.details.iter().find_map(|detail| match detail {
            Detail::RetryInfo { retry_delay } => {
                let seconds: f64 = retry_delay.strip_suffix('s')?.parse().ok()?;
                std::time::Duration::try_from_secs_f64(seconds).ok()
            }
            Detail::ErrorInfo { .. }
            | Detail::QuotaFailure { .. }
            | Detail::Help { .. }
            | Detail::LocalizedMessage { .. }
            | Detail::Unknown => None,
        })
    }

    /// The reason of its `ErrorInfo`, such as `API_KEY_INVALID`.
    pub fn reason(&self) -> Option<&str> {
        self.details.iter().find_map(|detail| match detail {
            Detail::ErrorInfo { reason, .. } => Some(reason.as_str()),
            Detail::QuotaFailure { .. }
            | Detail::Help { .. }
            | Detail::RetryInfo { .. }
            | Detail::LocalizedMessage { .. }
            | Detail::Unknown => None,
        })
    }
}

impl ApiError {
    /// An error without particulars; its status's name follows from its code.
    pub fn new(code: u16, message: &str) -> Self {
        let status = status_of(code).to_owned();
        Self { error: RpcStatus { code, message: message.to_owned(), status, details: Vec::new() } }
    }

    /// The error that Gemini itself gives with `code`.
    pub fn of_code(code: u16) -> Self {
        match code {
            401 => Self::new(
                401,
                "Request had invalid authentication credentials. Expected OAuth 2 access token, \
                 login cookie or other valid authentication credential.",
            ),
            _ => Self::new(code, usual_message(code)),
        }
    }

    /// 400, and not 401: nobody knows this key.
    pub fn invalid_key() -> Self {
        let words = "API key not valid. Please pass a valid API key.";
        let mut error = Self::new(400, words);
        error.error.details = vec![
            Detail::ErrorInfo {
                reason: "API_KEY_INVALID".to_owned(),
                domain: "googleapis.com".to_owned(),
                metadata: serde_json::json!({ "service": SERVICE }),
            },
            Detail::LocalizedMessage { locale: "en-US".to_owned(), message: words.to_owned() },
        ];
        error
    }

    /// 403: no key at all.
    pub fn no_key() -> Self {
        Self::new(
            403,
            "Method doesn't allow unregistered callers (callers without established identity). \
             Please use API Key or other form of API consumer identity to call this API.",
        )
    }

    /// 404. `version` is `v1` or `v1beta`.
    pub fn model_not_found(model: &str, version: &str) -> Self {
        let message = format!(
            "models/{model} is not found for API version {version}, or is not supported for \
             generateContent. Call ListModels to see the list of available models and their \
             supported methods."
        );
        Self::new(404, &message)
    }

    /// 400: the prompt does not fit the model's window. Both numbers are tokens.
    pub fn too_long(tokens: u64, maximum: u64) -> Self {
        let message = format!(
            "The input token count ({tokens}) exceeds the maximum number of tokens allowed \
             ({maximum})."
        );
        Self::new(400, &message)
    }

    /// 400: the project pays for nothing.
    pub fn no_billing() -> Self {
        let message = "Gemini API free tier is not available in your country. Please enable billing on \
                       your project in Google AI Studio.";
        let mut error = Self::new(400, message);
        "FAILED_PRECONDITION".clone_into(&mut error.error.status);
        error
    }

    /// 429 with `QuotaFailure`, `Help` and `RetryInfo`.
    pub fn quota(spent: &QuotaSpent<'_>) -> Self {
        let QuotaSpent { metric, id, limit, model, retry_ms } = *spent;
        let (seconds, millis) = (retry_ms / 1000, retry_ms % 1000);
        let message = format!(
            "You exceeded your current quota, please check your plan and billing details. For more \
             information on this error, head to: {LIMITS_PAGE}. To monitor your current usage, head \
             to: https://ai.dev/rate-limit. \n* Quota exceeded for metric: {SERVICE}/{metric}, \
             limit: {limit}, model: {model}\nPlease retry in {seconds}.{millis:03}s."
        );
        let mut error = Self::new(429, &message);
        error.error.details = vec![
            Detail::QuotaFailure {
                violations: vec![QuotaViolation {
                    quota_metric: format!("{SERVICE}/{metric}"),
                    quota_id: id.to_owned(),
                    quota_dimensions: serde_json::json!({ "location": "global", "model": model }),
                    quota_value: Some(limit.to_string()),
                }],
            },
            Detail::Help {
                links: vec![ErrorLink {
                    description: "Learn more about Gemini API quotas".to_owned(),
                    url: LIMITS_PAGE.to_owned(),
                }],
            },
            Self::retry_info(retry_ms),
        ];
        error
    }

    /// 429 without a quota's name: the pool that all share is full.
    pub fn exhausted(retry_ms: Option<u64>) -> Self {
        let mut error = Self::new(429, "Resource has been exhausted (e.g. check quota).");
        error.error.details = retry_ms.map(Self::retry_info).into_iter().collect();
        error
    }

    /// When to try again; whole seconds, as Google writes them, rounded down and at least 1.
    pub fn retry_info(retry_ms: u64) -> Detail {
        Detail::RetryInfo { retry_delay: format!("{}s", (retry_ms / 1000).max(1)) }
    }

    /// The answer under its own code.
    pub fn reply(&self) -> ErrorReply {
        let body = to_json_pretty(self);
        ErrorReply { status: self.error.code, content_type: JSON, body }
    }
}

/// The content type of Google's JSON.
const JSON: &str = "application/json; charset=UTF-8";
const SERVICE: &str = "generativelanguage.googleapis.com";
const LIMITS_PAGE: &str = "https://ai.google.dev/gemini-api/docs/rate-limits";

const fn status_of(code: u16) -> &'static str {
    match code {
        401 => "UNAUTHENTICATED",
        402 => "FAILED_PRECONDITION",
        403 => "PERMISSION_DENIED",
        404 => "NOT_FOUND",
        409 => "ABORTED",
        429 => "RESOURCE_EXHAUSTED",
        499 => "CANCELLED",
        501 => "UNIMPLEMENTED",
        502 | 503 | 529 => "UNAVAILABLE",
        408 | 504 => "DEADLINE_EXCEEDED",
        400..=499 => "INVALID_ARGUMENT",
        _ => "INTERNAL",
    }
}

const fn usual_message(code: u16) -> &'static str {
    match code {
        402 => "Your prepaid credit balance is used up. Add credits to continue.",
        403 => "The caller does not have permission",
        404 => "Requested entity was not found.",
        409 => "The operation was aborted.",
        413 => "Request payload size exceeds the limit: 20971520 bytes.",
        429 => "Resource has been exhausted (e.g. check quota).",
        499 => "The operation was cancelled.",
        501 => "Operation is not implemented, or supported, or enabled.",
        503 => "The model is overloaded. Please try again later.",
        502 | 529 => "The service is currently unavailable.",
        408 | 504 => {
            "Deadline expired before operation could complete. Please set a longer deadline."
        }
        400..=499 => "Request contains an invalid argument.",
        _ => {
            "An internal error has occurred. Please retry or report in \
             https://developers.generativeai.google/guide/troubleshooting"
        }
    }
}
