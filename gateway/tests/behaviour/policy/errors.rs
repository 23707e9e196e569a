//! Providers' refusals and their classes: words first, status second.

use gateway::decisions::{ErrorClass, Failure, TEXT_MAX, Trouble, classify};
use std::time::Duration;

use http::HeaderMap;
use proptest::prelude::*;
use vocab::Protocol::{self, Anthropic, Azure, Bedrock, Gemini, OpenAi};

fn read(protocol: Protocol, status: u16, body: &str) -> Failure {
    classify(protocol, status, &HeaderMap::new(), body.as_bytes(), 0)
}

/// An error as OpenAI writes it.
fn openai(kind: &str, code: &str, message: &str) -> String {
    format!(r#"{{"error":{{"message":"{message}","type":"{kind}","code":"{code}"}}}}"#)
}

/// An error as Anthropic writes it.
fn anthropic(kind: &str, message: &str) -> String {
    format!(r#"{{"type":"error","error":{{"type":"{kind}","message":"{message}"}}}}"#)
}

/// Protocol, status and body of an answer; its class, and the client's status.
type Row = (Protocol, u16, String, ErrorClass, u16);

fn check(rows: impl IntoIterator<Item = Row>) {
    for (protocol, status, body, class, client) in rows {
        let failure = read(protocol, status, &body);
        assert_eq!((failure.class, failure.status), (class, client), "{protocol} {status} {body}");
        assert_eq!(failure.upstream_status, Some(status));
    }
}

const INVALID: &str = "invalid_request_error";

#[test]
fn openai_by_words_and_by_status() {
    check([
        (OpenAi, 400, openai(INVALID, "", "Bad."), ErrorClass::BadRequest, 400),
        (OpenAi, 500, openai("server_error", "", "Oops."), ErrorClass::InternalServer, 500),
        (OpenAi, 502, "<html>Bad Gateway</html>".into(), ErrorClass::BadGateway, 502),
        (OpenAi, 503, openai("", "", "Overloaded."), ErrorClass::ServiceUnavailable, 503),
        (OpenAi, 504, "<html>".into(), ErrorClass::Timeout, 504),
        (OpenAi, 429, openai("requests", "", "Slow down."), ErrorClass::RateLimit, 429),
        (OpenAi, 500, openai("", "", "Rate limit reached"), ErrorClass::RateLimit, 429),
        (OpenAi, 500, openai("", "rate_limit_exceeded", ""), ErrorClass::RateLimit, 429),
        (OpenAi, 500, openai("", "", "upstream said 429"), ErrorClass::RateLimit, 429),
        (OpenAi, 500, openai("", "", "order 14290 failed"), ErrorClass::InternalServer, 500),
        (
            OpenAi,
            401,
            openai(INVALID, "", "Incorrect API key provided: sk-x"),
            ErrorClass::Authentication,
            401,
        ),
        (OpenAi, 401, openai(INVALID, "", "No."), ErrorClass::BadRequest, 401),
        (
            OpenAi,
            400,
            openai(INVALID, "", "This model's maximum context length is 8 tokens."),
            ErrorClass::ContextWindow,
            400,
        ),
        (
            OpenAi,
            400,
            openai(INVALID, "content_policy_violation", "No."),
            ErrorClass::ContentPolicy,
            400,
        ),
        (OpenAi, 404, openai(INVALID, "model_not_found", "No model."), ErrorClass::NotFound, 404),
        (OpenAi, 408, openai("", "", "Request timed out."), ErrorClass::Timeout, 408),
        (OpenAi, 402, openai("", "", "Pay."), ErrorClass::Api, 402),
        (OpenAi, 302, String::new(), ErrorClass::Api, 500),
    ]);
}

#[test]
fn the_others_by_words_and_by_status() {
    check([
        (
            Azure,
            400,
            openai("", "content_filter", "triggering Azure OpenAI's content management policy"),
            ErrorClass::ContentPolicy,
            400,
        ),
        (Azure, 404, openai("", "DeploymentNotFound", "No deployment."), ErrorClass::NotFound, 404),
        (Azure, 401, openai("", "401", "Access denied."), ErrorClass::Authentication, 401),
        (
            Anthropic,
            529,
            anthropic("overloaded_error", "Overloaded"),
            ErrorClass::InternalServer,
            529,
        ),
        (
            Anthropic,
            400,
            anthropic(INVALID, "prompt is too long: 9 tokens > 8"),
            ErrorClass::ContextWindow,
            400,
        ),
        (Anthropic, 400, anthropic(INVALID, "max_tokens: required"), ErrorClass::BadRequest, 400),
        (Anthropic, 429, anthropic("rate_limit_error", "Slow."), ErrorClass::RateLimit, 429),
        (Anthropic, 403, anthropic("permission_error", "No."), ErrorClass::PermissionDenied, 403),
        (Gemini, 400, openai("", "", "API key not valid."), ErrorClass::Authentication, 401),
        (Bedrock, 400, "{\"message\":\"ThrottlingException\"}".into(), ErrorClass::RateLimit, 429),
        (Bedrock, 500, "{}".into(), ErrorClass::ServiceUnavailable, 500),
    ]);
}

#[test]
fn the_providers_own_words_reach_the_client() {
    let failure = read(
        OpenAi,
        400,
        r#"{"error":{"message":"Bad n","type":"invalid_request_error","param":"n","code":null}}"#,
    );
    assert_eq!(failure.message, "Bad n");
    assert_eq!(failure.kind.as_deref(), Some("invalid_request_error"));
    assert_eq!(failure.param.as_deref(), Some("n"));
    assert_eq!(read(OpenAi, 502, "<html>").message, "the provider answered with status 502");
}

#[test]
fn retry_after_in_all_spellings() {
    let now = 1_767_225_600; // 2026-01-01T00:00:00Z
    for (headers, exact_ms, whole_s) in [
        (vec![("retry-after", "7")], Some(7_000), Some(7)),
        (vec![("retry-after", "1.5")], Some(1_500), None),
        (vec![("retry-after", "7"), ("retry-after-ms", "250")], Some(250), Some(7)),
        // LiteLLM drops the fraction of the second that is under way.
        (vec![("retry-after", "Thu, 01 Jan 2026 00:00:20 GMT")], Some(20_000), Some(19)),
        (vec![("retry-after", "Wed, 31 Dec 2025 23:59:00 GMT")], None, None),
        (vec![("retry-after", "-3")], None, None),
        (vec![("retry-after", "soon")], None, None),
        (vec![], None, None),
    ] {
        let map: HeaderMap = headers
            .iter()
            .map(|&(name, value)| {
                let name = http::HeaderName::from_static(name);
                (name, http::HeaderValue::from_static(value))
            })
            .collect();
        let failure = classify(OpenAi, 429, &map, b"", now);
        assert_eq!(failure.retry_after, exact_ms.map(Duration::from_millis), "{headers:?}");
        assert_eq!(failure.retry_after_whole, whole_s.map(Duration::from_secs), "{headers:?}");
    }
}

#[test]
fn broken_connections_have_a_class_and_a_word() {
    for (trouble, class, reason) in [
        (Trouble::Connect, ErrorClass::ApiConnection, "connect"),
        (Trouble::Timeout, ErrorClass::Timeout, "timeout"),
        (Trouble::Stalled, ErrorClass::ApiConnection, "stalled"),
        (Trouble::Truncated, ErrorClass::ApiConnection, "truncated"),
    ] {
        let failure = Failure::broken(trouble, "as it happens");
        assert_eq!((failure.class, failure.reason.as_str()), (class, reason));
        assert_eq!(failure.upstream_status, None);
    }
}

proptest! {
    #[test]
    fn no_body_is_too_strange(
        body in prop::collection::vec(any::<u8>(), 0..300),
        status in 300u16..600,
        repeats in 1usize..200,
    ) {
        let body = body.repeat(repeats);
        for protocol in [OpenAi, Azure, Anthropic, Gemini, Bedrock] {
            let failure = classify(protocol, status, &HeaderMap::new(), &body, 0);
            prop_assert!((400..600).contains(&failure.status));
            prop_assert!(failure.message.len() <= TEXT_MAX);
        }
    }

    #[test]
    fn long_messages_are_cut_between_characters(length in 0usize..20_000) {
        let failure = Failure::broken(Trouble::Malformed, &"ß".repeat(length));
        prop_assert!(failure.message.len() <= TEXT_MAX);
    }
}

#[test]
fn a_status_without_words_has_a_class_and_a_reason() {
    for (status, class, reason) in [
        (400, ErrorClass::BadRequest, "bad_request"),
        (401, ErrorClass::Authentication, "unauthorized"),
        (402, ErrorClass::Api, "error"),
        (403, ErrorClass::PermissionDenied, "forbidden"),
        (404, ErrorClass::NotFound, "not_found"),
        (408, ErrorClass::Timeout, "timeout"),
        (422, ErrorClass::UnprocessableEntity, "unprocessable"),
        (429, ErrorClass::RateLimit, "rate_limited"),
        (500, ErrorClass::InternalServer, "server_error"),
        (502, ErrorClass::BadGateway, "bad_gateway"),
        (503, ErrorClass::ServiceUnavailable, "unavailable"),
        (504, ErrorClass::Timeout, "timeout"),
        (529, ErrorClass::InternalServer, "overloaded"),
        (599, ErrorClass::Api, "error"),
    ] {
        let failure = read(Anthropic, status, "{}");
        let seen = (failure.class, failure.status, failure.reason.as_str());
        assert_eq!(seen, (class, status, reason));
    }
    for status in [302, 399, 600] {
        assert_eq!(read(Anthropic, status, "{}").status, 500, "{status} is no status of an error");
    }
    let too_long = read(Anthropic, 400, "prompt is too long");
    assert_eq!(too_long.reason.as_str(), "context_window");
    let refused = read(Anthropic, 400, "content filtering policy");
    assert_eq!(refused.reason.as_str(), "content_policy");
}

#[test]
fn each_class_has_the_name_of_litellms_exception_and_a_status() {
    for (class, name, status) in [
        (ErrorClass::BadRequest, "BadRequestError", 400),
        (ErrorClass::ContextWindow, "ContextWindowExceededError", 400),
        (ErrorClass::ContentPolicy, "ContentPolicyViolationError", 400),
        (ErrorClass::Authentication, "AuthenticationError", 401),
        (ErrorClass::PermissionDenied, "PermissionDeniedError", 403),
        (ErrorClass::NotFound, "NotFoundError", 404),
        (ErrorClass::Timeout, "Timeout", 408),
        (ErrorClass::UnprocessableEntity, "UnprocessableEntityError", 422),
        (ErrorClass::RateLimit, "RateLimitError", 429),
        (ErrorClass::InternalServer, "InternalServerError", 500),
        (ErrorClass::BadGateway, "BadGatewayError", 502),
        (ErrorClass::ServiceUnavailable, "ServiceUnavailableError", 503),
        (ErrorClass::ApiConnection, "APIConnectionError", 500),
        (ErrorClass::Api, "APIError", 500),
    ] {
        assert_eq!((class.name(), class.status()), (name, status), "{class:?}");
    }
}

/// The class of a body of these words, where the status says nothing.
fn said(protocol: Protocol, words: &str) -> ErrorClass {
    read(protocol, 418, words).class
}

#[test]
fn every_phrase_that_gives_a_class_away_does() {
    use ErrorClass::{Authentication, ContentPolicy, ContextWindow, InternalServer, RateLimit};
    for (protocol, class, phrases) in [
        (Bedrock, ErrorClass::Timeout, &["Timed out"][..]),
        (Gemini, ErrorClass::Timeout, &["Request timed out", "The read operation timed out"]),
        (OpenAi, RateLimit, &["Service tier capacity exceeded", "429", "rate limit"]),
        (
            OpenAi,
            ContextWindow,
            &[
                "This model's maximum context length is",
                "This model's maximum context limit",
                "is longer than the model's context length",
                "Input tokens exceed the configured limit",
                "exceed context limit",
                "exceeds the maximum number of tokens allowed",
            ],
        ),
        (
            OpenAi,
            ContentPolicy,
            &[
                "Your request was rejected as a result of the safety system",
                "Invalid prompt: violating our usage policy",
                "invalid_request_error content_policy_violation",
            ],
        ),
        (
            Azure,
            ContentPolicy,
            &["ResponsibleAIPolicyViolation", "content management policy", "content_filter_policy"],
        ),
        (Azure, RateLimit, &["429"]),
        (Anthropic, ContextWindow, &["Prompt is too long", "prompt: length"]),
        (Anthropic, Authentication, &["Invalid API key"]),
        (Anthropic, ContentPolicy, &["content filtering policy"]),
        (Anthropic, InternalServer, &["Overloaded"]),
        (Gemini, ContextWindow, &["400 Request payload size exceeds"]),
        (Gemini, Authentication, &["API key not valid."]),
        (Gemini, ErrorClass::BadRequest, &["403"]),
        (Gemini, ContentPolicy, &["The response was blocked."]),
        (Gemini, RateLimit, &["Quota exceeded for", "Resource exhausted"]),
        (Gemini, InternalServer, &["The model is overloaded."]),
        (
            Bedrock,
            ContextWindow,
            &[
                "too many tokens",
                "Input is too long",
                "Prompt is too long",
                "too many input tokens",
                "expected maxLength:",
            ],
        ),
        (Bedrock, ErrorClass::BadRequest, &["Malformed input request"]),
        (
            Bedrock,
            Authentication,
            &["Unable to locate credentials", "security token included in the request is invalid"],
        ),
        (Bedrock, ErrorClass::PermissionDenied, &["AccessDeniedException"]),
        (Bedrock, RateLimit, &["ThrottlingException"]),
    ] {
        for phrase in phrases {
            assert_eq!(said(protocol, phrase), class, "{protocol}: {phrase}");
        }
    }
}

#[test]
fn half_a_phrase_gives_nothing_away() {
    for phrase in [
        "1429",
        "4290",
        "code_429",
        "429_code",
        "rate of limits",
        "rates limit",
        "content_policy_violation",
        "model_not_found",
        "invalid prompt",
        "violating our usage policy",
        "incorrect api key provided",
    ] {
        assert_eq!(said(OpenAi, phrase), ErrorClass::Api, "{phrase}");
    }
    assert_eq!(said(Bedrock, "no phrase at all"), ErrorClass::Api);
    for phrase in ["(429)", "1429 429", "rate-limit", "rate_limit", "rate  limit", "ratelimit"] {
        assert_eq!(said(OpenAi, phrase), ErrorClass::RateLimit, "{phrase}");
    }
}

#[test]
fn words_are_searched_and_quoted_up_to_a_bound_and_no_further() {
    let at_the_end = format!("{}rate limit", " ".repeat(TEXT_MAX - 10));
    assert_eq!(said(OpenAi, &at_the_end), ErrorClass::RateLimit);
    assert_eq!(said(OpenAi, &format!(" {at_the_end}")), ErrorClass::Api);
    let quoted = Failure::broken(Trouble::Malformed, &"x".repeat(TEXT_MAX + 1)).message;
    assert_eq!(quoted.len(), TEXT_MAX);
}

#[test]
fn what_words_give_away_has_a_status_of_its_own_whatever_the_providers() {
    for (words, status) in [
        ("exceed context limit", 400),
        ("request was rejected as a result of the safety system", 400),
        ("rate limit", 429),
    ] {
        for upstream in [302, 413, 500] {
            assert_eq!(read(OpenAi, upstream, words).status, status, "{upstream}: {words}");
        }
    }
}

#[test]
fn whatever_breaks_a_connection_is_an_error_of_it_except_for_silence() {
    for (trouble, word) in [
        (Trouble::Connect, "connect"),
        (Trouble::Stalled, "stalled"),
        (Trouble::Reset, "reset"),
        (Trouble::Cut, "cut"),
        (Trouble::Truncated, "truncated"),
        (Trouble::Malformed, "malformed"),
        (Trouble::ErrorEvent, "error_event"),
    ] {
        let failure = Failure::broken(trouble, "");
        assert_eq!((failure.class, failure.status), (ErrorClass::ApiConnection, 500), "{word}");
        assert_eq!(failure.reason.as_str(), word);
    }
}

#[test]
fn a_providers_words_are_cut_wherever_they_stand() {
    let long = "x".repeat(TEXT_MAX + 1);
    let body = format!(r#"{{"error":{{"message":"{long}","type":"{long}","param":"{long}"}}}}"#);
    let failure = read(OpenAi, 500, &body);
    let lengths = [Some(failure.message.len()), failure.kind.map(|kind| kind.len())];
    assert_eq!(lengths, [Some(TEXT_MAX); 2]);
    assert_eq!(failure.param.map(|param| param.len()), Some(TEXT_MAX));
}
