//! Bedrock's errors: a name in a header, a message in the body.

#![expect(missing_docs, reason = "fields are Bedrock's own, under the names of its reference")]

use serde::Serialize;
use serde_json::Value;

use crate::{ErrorReply, error_reply::to_json};

/// The documented names, and those of the gate in front of every AWS service.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ErrorName {
    /// 400.
    Validation,
    /// 400: an account's quota, which waiting does not raise.
    ServiceQuotaExceeded,
    /// 400: the `Authorization` header lacks a part.
    IncompleteSignature,
    /// 403: not allowed, or no access to the model was granted.
    AccessDenied,
    /// 403: neither a signature nor a token.
    MissingAuthenticationToken,
    /// 403: the signature is wrong, or too old, or from the future.
    InvalidSignature,
    /// 403: a temporary key is past its time.
    ExpiredToken,
    /// 403: nobody knows this key.
    UnrecognizedClient,
    /// 404.
    ResourceNotFound,
    /// 404: no operation has this path.
    UnknownOperation,
    /// 408.
    ModelTimeout,
    /// 424: the model broke.
    ModelError,
    /// 429.
    Throttling,
    /// 429: the model is still being loaded.
    ModelNotReady,
    /// 500.
    InternalServer,
    /// 503.
    ServiceUnavailable,
}

/// What an error says, read from a header and a body.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ErrorDetail {
    /// The kind, such as `ThrottlingException`; empty if nothing names it.
    pub name: String,
    pub message: String,
}

impl ErrorName {
    /// All names, by status.
    pub const ALL: [Self; 16] = [
        Self::Validation,
        Self::ServiceQuotaExceeded,
        Self::IncompleteSignature,
        Self::AccessDenied,
        Self::MissingAuthenticationToken,
        Self::InvalidSignature,
        Self::ExpiredToken,
        Self::UnrecognizedClient,
        Self::ResourceNotFound,
        Self::UnknownOperation,
        Self::ModelTimeout,
        Self::ModelError,
        Self::Throttling,
        Self::ModelNotReady,
        Self::InternalServer,
        Self::ServiceUnavailable,
    ];

    /// The name, as SDKs know it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Validation => "ValidationException",
            Self::ServiceQuotaExceeded => "ServiceQuotaExceededException",
            Self::IncompleteSignature => "IncompleteSignatureException",
            Self::AccessDenied => "AccessDeniedException",
            Self::MissingAuthenticationToken => "MissingAuthenticationTokenException",
            Self::InvalidSignature => "InvalidSignatureException",
            Self::ExpiredToken => "ExpiredTokenException",
            Self::UnrecognizedClient => "UnrecognizedClientException",
            Self::ResourceNotFound => "ResourceNotFoundException",
            Self::UnknownOperation => "UnknownOperationException",
            Self::ModelTimeout => "ModelTimeoutException",
            Self::ModelError => "ModelErrorException",
            Self::Throttling => "ThrottlingException",
            Self::ModelNotReady => "ModelNotReadyException",
            Self::InternalServer => "InternalServerException",
            Self::ServiceUnavailable => "ServiceUnavailableException",
        }
    }

    /// The HTTP status it comes with.
    pub const fn status(self) -> u16 {
        match self {
            Self::Validation | Self::ServiceQuotaExceeded | Self::IncompleteSignature => 400,
            Self::AccessDenied
            | Self::MissingAuthenticationToken
            | Self::InvalidSignature
            | Self::ExpiredToken
            | Self::UnrecognizedClient => 403,
            Self::ResourceNotFound | Self::UnknownOperation => 404,
            Self::ModelTimeout => 408,
            Self::ModelError => 424,
            Self::Throttling | Self::ModelNotReady => 429,
            Self::InternalServer => 500,
            Self::ServiceUnavailable => 503,
        }
    }

    /// The name that comes with `status`, or `None` where Bedrock has none (502, 504, 529, …): the
    /// edge then answers, and says no name.
    pub fn of_status(status: u16) -> Option<Self> {
        match status {
            // 401 is no status of AWS's; the gate says 403 to whoever has no valid key.
            401 => Some(Self::UnrecognizedClient),
            403 => Some(Self::AccessDenied),
            404 => Some(Self::ResourceNotFound),
            413 => Some(Self::Validation),
            _ => Self::ALL.into_iter().find(|name| name.status() == status),
        }
    }

    /// What the provider usually says.
    pub const fn usual_message(self) -> &'static str {
        match self {
            Self::Validation => "The provided request is not valid.",
            Self::ServiceQuotaExceeded => {
                "Your request exceeds the service quota for your account."
            }
            Self::IncompleteSignature => {
                "Authorization header requires 'Credential' parameter. Authorization header \
                 requires 'Signature' parameter. Authorization header requires 'SignedHeaders' \
                 parameter."
            }
            Self::AccessDenied => "You don't have access to the model with the specified model ID.",
            Self::MissingAuthenticationToken => "Missing Authentication Token",
            Self::InvalidSignature => {
                "The request signature we calculated does not match the signature you provided. \
                 Check your AWS Secret Access Key and signing method. Consult the service \
                 documentation for details."
            }
            Self::ExpiredToken => "The security token included in the request is expired",
            Self::UnrecognizedClient => "The security token included in the request is invalid.",
            Self::ResourceNotFound => "The specified resource could not be found.",
            Self::UnknownOperation => "The requested operation is not recognized by the service.",
            Self::ModelTimeout => {
                "Model has timed out in processing the request. Try your request again."
            }
            Self::ModelError => {
                "The system encountered an unexpected error during processing. Try your request \
                 again."
            }
            Self::Throttling => "Too many requests, please wait before trying again.",
            Self::ModelNotReady => {
                "Model is not ready for inference. Please wait and try your request again."
            }
            Self::InternalServer => {
                "The system encountered an unexpected error during processing. Try your request \
                 again."
            }
            Self::ServiceUnavailable => "Bedrock is unable to process your request.",
        }
    }

    /// The answer. Its name travels in the header [`super::ERROR_TYPE`], which the caller adds with
    /// [`Self::name`].
    pub fn reply(self, message: &str) -> ErrorReply {
        let resource = matches!(self, Self::ModelError);
        let body = to_json(&Body {
            message,
            original_status_code: resource.then_some(500),
            resource_name: resource.then_some("fake"),
        });
        ErrorReply { status: self.status(), content_type: ErrorReply::JSON, body }
    }
}

impl ErrorDetail {
    /// Reads an error. `header` is the value of [`super::ERROR_TYPE`]; without one, `__type` or
    /// `code` of the body name the kind.
    pub fn read(header: Option<&str>, body: &[u8]) -> Self {
        let body: Value = serde_json::from_slice(body).unwrap_or_default();
        let text = |name| body.get(name).and_then(Value::as_str);
        let name = header.or_else(|| text("__type")).or_else(|| text("code")).unwrap_or_default();
        let name = name.split(':').next().unwrap_or_default();
        let name = name.rsplit('#').next().unwrap_or_default();
        let message = text("message").or_else(|| text("Message")).unwrap_or_default();
        Self { name: name.to_owned(), message: message.to_owned() }
    }
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Body<'m> {
    message: &'m str,
    #[serde(skip_serializing_if = "Option::is_none")]
    original_status_code: Option<u16>,
    #[serde(skip_serializing_if = "Option::is_none")]
    resource_name: Option<&'m str>,
}
