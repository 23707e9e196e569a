//! Azure's errors. The API management in front writes `code` and `message` only; what comes from the
//! model behind it has OpenAI's members too. Read them with [`crate::openai::ErrorDetail::read`].

#![expect(missing_docs, reason = "fields are Azure's own, under the names of its reference")]

use serde::{Deserialize, Serialize};

use super::FilterResults;
use crate::{ErrorReply, openai::ApiError, text_or::nullable};

/// The envelope.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AzureError {
    pub error: AzureErrorDetail,
}

/// What an error says.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct AzureErrorDetail {
    /// A name, or the status as a string.
    pub code: String,
    pub message: String,
    /// Null where a content filter refuses, else absent.
    #[serde(
        rename = "type",
        default,
        skip_serializing_if = "Option::is_none",
        deserialize_with = "nullable"
    )]
    pub kind: Option<Option<String>>,
    /// `prompt` where a content filter refuses.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub param: Option<String>,
    /// The status again, where a content filter refuses.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status: Option<u16>,
    /// Why a content filter refuses.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub innererror: Option<InnerError>,
}

/// Why a content filter refuses.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct InnerError {
    /// `ResponsibleAIPolicyViolation`.
    pub code: String,
    /// The opinion that led to it.
    pub content_filter_result: FilterResults,
}

impl AzureError {
    /// The answer that Azure itself gives with `status`; OpenAI's where it has none of its own.
    pub fn of_status(status: u16) -> ErrorReply {
        match status {
            401 => Self::access_denied(),
            404 => Self::deployment_not_found(),
            408 => plain(408, "Timeout", "The operation was timeout."),
            424 => plain(424, "FailedDependency", "The service failed on a dependency."),
            429 => Self::high_demand(None),
            500 => plain(500, "InternalServerError", BACKEND_FAILED),
            503 => plain(503, "ServiceUnavailable", UNAVAILABLE),
            _ => ApiError::of_status(status),
        }
    }

    /// 400: the filter objects to the prompt.
    pub fn content_filter(content_filter_result: FilterResults) -> ErrorReply {
        let error = AzureErrorDetail {
            code: "content_filter".to_owned(),
            message:
                "The response was filtered due to the prompt triggering Azure OpenAI's content \
                      management policy. Please modify your prompt and retry. To learn more about \
                      our content filtering policies please read our documentation: \
                      https://go.microsoft.com/fwlink/?linkid=2198766"
                    .to_owned(),
            kind: Some(None),
            param: Some("prompt".to_owned()),
            status: Some(400),
            innererror: Some(InnerError {
                code: "ResponsibleAIPolicyViolation".to_owned(),
                content_filter_result,
            }),
        };
        ErrorReply::json(400, &Self { error })
    }

    /// 401.
    pub fn access_denied() -> ErrorReply {
        plain(
            401,
            "401",
            "Access denied due to invalid subscription key or wrong API endpoint. Make sure to \
             provide a valid key for an active subscription and use a correct regional API endpoint \
             for your resource.",
        )
    }

    /// 404: no such path, or no `api-version`.
    pub fn resource_not_found() -> ErrorReply {
        plain(404, "404", "Resource not found")
    }

    /// 404: no such deployment.
    pub fn deployment_not_found() -> ErrorReply {
        plain(
            404,
            "DeploymentNotFound",
            "The API deployment for this resource does not exist. If you created the deployment \
             within the last 5 minutes, please wait a moment and try again.",
        )
    }

    /// 429: the deployment's tokens per minute are spent. Comes with `retry-after` of the same
    /// seconds; a prompt larger than the whole quota is told to wait for a day.
    pub fn token_rate_exceeded(api_version: &str, retry_after_s: u64) -> ErrorReply {
        rate_exceeded("token", api_version, retry_after_s)
    }

    /// 429: the deployment's requests per minute (judged over 1 or 10 seconds) are spent.
    pub fn call_rate_exceeded(api_version: &str, retry_after_s: u64) -> ErrorReply {
        rate_exceeded("call", api_version, retry_after_s)
    }

    /// 429: the region is full, whatever the quota. Asks to retry only where `retry-after` does.
    pub fn high_demand(retry_after_s: Option<u64>) -> ErrorReply {
        let wait = retry_after_s
            .map_or_else(String::new, |seconds| format!("Please retry after {seconds} seconds. "));
        let message = format!(
            "The system is currently experiencing high demand and cannot process your request. \
             Your request exceeds the maximum usage size allowed during peak load. {wait}For \
             improved latency reliability, consider switching to Provisioned Throughput."
        );
        plain(429, "429", &message)
    }

    /// 429: the provisioned throughput is fully used; comes with a small `retry-after-ms`.
    pub fn provisioned_full() -> ErrorReply {
        plain(
            429,
            "429",
            "The provisioned throughput utilization of this deployment has reached 100%. Please \
             retry after the time given in the response headers.",
        )
    }
}

const BACKEND_FAILED: &str =
    "Backend returned unexpected response. Please contact Microsoft for help.";
const UNAVAILABLE: &str =
    "The service is temporarily unable to process your request. Please try again later.";

fn rate_exceeded(dimension: &str, api_version: &str, retry_after_s: u64) -> ErrorReply {
    let message = format!(
        "Requests to the ChatCompletions_Create Operation under Azure OpenAI API version \
         {api_version} have exceeded {dimension} rate limit of your current OpenAI S0 pricing \
         tier. Please retry after {retry_after_s} seconds. Please go here: \
         https://aka.ms/oai/quotaincrease if you would like to further increase the default rate \
         limit."
    );
    plain(429, "429", &message)
}

fn plain(status: u16, code: &str, message: &str) -> ErrorReply {
    let (code, message) = (code.to_owned(), message.to_owned());
    let error = AzureErrorDetail { code, message, ..AzureErrorDetail::default() };
    ErrorReply::json(status, &AzureError { error })
}
