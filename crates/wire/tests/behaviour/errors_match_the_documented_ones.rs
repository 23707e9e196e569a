//! Authored errors equal the documented bodies, and whatever a provider or an edge sends is read.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use serde_json::Value;
use wire::{
    ErrorReply,
    anthropic::{self, ErrorKind},
    azure::{AzureError, FilterResults, Severity},
    bedrock::{self, ErrorName, StreamException},
    gemini::{self, QuotaSpent, RpcStatus},
    openai::{ApiError, Dimension, ErrorDetail, RateLimited},
};

macro_rules! fixture {
    ($name:literal) => {
        include_bytes!(concat!("../../fixtures/", $name, ".json"))
    };
}

const TOKENS: RateLimited<'_> = RateLimited {
    dimension: Dimension::Tokens,
    model: "gpt-4o",
    limit: 30_000,
    used: 29_500,
    requested: 1_200,
    try_again_ms: 1_400,
};

#[test]
fn openai_s() {
    same(
        400,
        &ApiError::context_length_exceeded(128_000, 130_512),
        fixture!("openai/error_context_length"),
    );
    same(401, &ApiError::invalid_api_key("sk-ab*****yz"), fixture!("openai/error_invalid_api_key"));
    same(403, &ApiError::unsupported_country(), fixture!("openai/error_unsupported_country"));
    same(404, &ApiError::model_not_found("gpt-9"), fixture!("openai/error_model_not_found"));
    let unsupported = ApiError::unsupported_parameter("max_tokens", "max_completion_tokens");
    same(400, &unsupported, fixture!("openai/error_unsupported_parameter"));
    same(429, &TOKENS.reply(), fixture!("openai/error_rate_limit_tokens"));
    let too_large = RateLimited { requested: 30_601, ..TOKENS };
    same(429, &too_large.reply(), fixture!("openai/error_rate_limit_too_large"));
    same(429, &ApiError::insufficient_quota(), fixture!("openai/error_insufficient_quota"));
    same(500, &ApiError::server_error(), fixture!("openai/error_server"));
    same(503, &ApiError::overloaded(), fixture!("openai/error_overloaded"));
}

#[test]
fn azure_s() {
    let medium = Some(Severity { filtered: true, severity: "medium".to_owned() });
    let violent = FilterResults { violence: medium, ..FilterResults::all_safe() };
    same(400, &AzureError::content_filter(violent), fixture!("azure/error_content_filter"));
    same(401, &AzureError::access_denied(), fixture!("azure/error_access_denied"));
    same(404, &AzureError::resource_not_found(), fixture!("azure/error_resource_not_found"));
    same(404, &AzureError::deployment_not_found(), fixture!("azure/error_deployment_not_found"));
    let spent = AzureError::token_rate_exceeded("2024-08-01-preview", 45);
    same(429, &spent, fixture!("azure/error_token_rate"));
    same(429, &AzureError::high_demand(Some(20)), fixture!("azure/error_high_demand"));
}

#[test]
fn anthropic_s() {
    let documented: [&[u8]; 10] = [
        fixture!("anthropic/error_invalid_request"),
        fixture!("anthropic/error_authentication"),
        fixture!("anthropic/error_billing"),
        fixture!("anthropic/error_permission"),
        fixture!("anthropic/error_not_found"),
        fixture!("anthropic/error_request_too_large"),
        fixture!("anthropic/error_rate_limit"),
        fixture!("anthropic/error_api"),
        fixture!("anthropic/error_timeout"),
        fixture!("anthropic/error_overloaded"),
    ];
    for (kind, documented) in ErrorKind::ALL.into_iter().zip(documented) {
        let message = match kind {
            ErrorKind::InvalidRequest => ErrorKind::prompt_too_long(200_251, 200_000),
            other => other.usual_message().to_owned(),
        };
        same(kind.status(), &kind.reply(&message, "req_011CSHoEeqs5C35K2UUqR7Fy"), documented);
        let read = anthropic::ErrorDetail::read(documented).unwrap();
        assert_eq!((read.kind.as_str(), read.message), (kind.name(), message));
        assert_eq!(read.request_id.as_deref(), Some("req_011CSHoEeqs5C35K2UUqR7Fy"));
    }
    let spend = anthropic::ErrorDetail::read(fixture!("anthropic/error_spend_limit")).unwrap();
    assert_eq!(spend.code.as_deref(), Some("enforced_spend_limit_reached"));
    assert_eq!(ErrorKind::of_status(503), ErrorKind::Api);
    assert_eq!(ErrorKind::of_status(418), ErrorKind::InvalidRequest);
}

#[test]
fn bedrock_s() {
    let throttled = fixture!("bedrock/error_throttling");
    let usual = |name: ErrorName| name.reply(name.usual_message());
    same(429, &usual(ErrorName::Throttling), throttled);
    same(424, &usual(ErrorName::ModelError), fixture!("bedrock/error_model_error"));
    let detail = |header, body| bedrock::ErrorDetail::read(header, body).name;
    let coral = "ThrottlingException:http://internal.amazon.com/coral/com.amazon.bedrock/";
    assert_eq!(detail(Some(coral), throttled), "ThrottlingException");
    assert_eq!(detail(None, br#"{"__type":"com.amazon.coral#AccessDenied"}"#), "AccessDenied");
    assert_eq!(detail(None, b"<html>"), "");
    for name in ErrorName::ALL {
        assert_eq!(usual(name).status, name.status());
        assert!(name.name().ends_with("Exception"));
    }
    for status in [502, 504, 529, 418] {
        assert_eq!(ErrorName::of_status(status), None);
    }
    assert_eq!(ErrorName::of_status(429), Some(ErrorName::Throttling));
    assert_eq!(StreamException::of_status(503), StreamException::ServiceUnavailable);
}

#[test]
fn gemini_s() {
    let spent = QuotaSpent {
        metric: "generate_content_free_tier_requests",
        id: "GenerateRequestsPerMinutePerProjectPerModel-FreeTier",
        limit: 20,
        model: "gemini-3.6-flash",
        retry_ms: 36_429,
    };
    same(429, &gemini::ApiError::quota(&spent).reply(), fixture!("gemini/error_quota_minute"));
    same(400, &gemini::ApiError::invalid_key().reply(), fixture!("gemini/error_invalid_key"));
    same(503, &gemini::ApiError::of_code(503).reply(), fixture!("gemini/error_overloaded"));
    let read = RpcStatus::read(fixture!("gemini/error_invalid_key")).unwrap();
    assert_eq!(read.reason(), Some("API_KEY_INVALID"));
    assert_eq!(RpcStatus::read(br#"[{"error":{"code":503}}]"#).unwrap().code, 503);
    let later = br#"{"error":{"details":[{"@type":"type.googleapis.com/a.New","x":1}]}}"#;
    assert_eq!(RpcStatus::read(later).unwrap().details, [gemini::Detail::Unknown]);
    assert_eq!(RpcStatus::read(b"<html>"), None);
    for code in 400..600 {
        let error = gemini::ApiError::of_code(code).error;
        assert!(!error.message.is_empty() && !error.status.is_empty());
    }
}

#[test]
fn every_openai_shape_is_read() {
    let read = |body: &[u8]| ErrorDetail::read(body);
    let filtered = read(fixture!("azure/error_content_filter")).unwrap();
    assert_eq!(filtered.inner_code.as_deref(), Some("ResponsibleAIPolicyViolation"));
    assert_eq!((filtered.param.as_deref(), filtered.kind), (Some("prompt"), None));
    let edge = read(fixture!("azure/error_edge")).unwrap();
    assert_eq!(edge.code.as_deref(), Some("401"));
    assert!(edge.message.starts_with("Unauthorized."));
    assert_eq!(read(br#"{"error":"boom"}"#).unwrap().message, "boom");
    assert_eq!(
        read(br#"{"error":{"message":"m","code":429}}"#).unwrap().code.as_deref(),
        Some("429")
    );
    assert_eq!(read(br#"{"error":{"code":null}}"#).unwrap(), ErrorDetail::default());
    for none in [&b"<html>"[..], b"{}", b"[]", br#"{"error":null}"#, b"{\"error\""] {
        assert_eq!(read(none), None);
    }
}

#[test]
fn every_status_has_an_answer_in_each_provider_s_words() {
    for status in 400..600 {
        for reply in [
            ApiError::of_status(status),
            AzureError::of_status(status),
            ErrorKind::of_status(status).reply_under(status, "m", "req_1"),
        ] {
            assert_eq!(reply.status, status);
            if reply.content_type == ErrorReply::JSON {
                assert!(
                    ErrorDetail::read(&reply.body).is_some_and(|error| !error.message.is_empty())
                );
            } else {
                assert!(reply.body.starts_with(b"<html>"));
            }
            let text = String::from_utf8(reply.body.to_vec()).unwrap().to_lowercase();
            let claims_limit = text.contains("rate limit") || text.contains("rate_limit");
            assert!(status == 429 || !claims_limit, "{status} would be taken for a 429");
        }
    }
}

#[test]
fn an_error_within_a_stream_is_one_frame() {
    let mut frame = bytes::BytesMut::new();
    ApiError::reply(500, "server_error", None, "x").write_frame(&mut frame);
    insta::assert_snapshot!(String::from_utf8(frame.to_vec()).unwrap(), @r#"data: {"error":{"message":"x","type":"server_error","param":null,"code":null}}"#);
}

fn same(status: u16, authored: &ErrorReply, documented: &[u8]) {
    assert_eq!(authored.status, status);
    let json = |body: &[u8]| serde_json::from_slice::<Value>(body).unwrap();
    assert_eq!(json(&authored.body), json(documented));
}
