//! What LiteLLM 1.106.2 calls a failure, provider by provider and stage by stage, and what follows from the
//! name: attempts, status, `error.type`, cooldown. Seen on its real proxy against fakes of the providers.

#![expect(clippy::expect_used, reason = "helpers of tests")]

use gateway::config::{Config, Deployment};
use vocab::Protocol;

use crate::support::*;

const ERROR_WITH_WORD: &str = r#"{"error":{"message":"Overloaded now","code":"overloaded"}}"#;
const ERROR_WITH_NUMBER: &str = r#"{"error":{"message":"Overloaded now","code":503}}"#;
const ERROR_WITHOUT_CODE: &str = r#"{"error":{"message":"Overloaded now","type":"x"}}"#;
const ERROR_OF_RATE: &str = r#"{"error":{"message":"Rate limit reached","code":"too_many"}}"#;
const HALF: &str = r#"{"id":"c","choices":[{"index":0,"mess"#;

/// One deployment of `protocol` at the host `a`.
fn one(protocol: Protocol) -> Config {
    let mut config = litellm(&["a"]);
    config.deployments = vec![Deployment { protocol, ..deployment("a") }];
    config
}

fn whole(body: &str) -> Act {
    Act::Reply(200, vec![], body.to_owned())
}

/// Class as the message begins with it, status, type, attempts.
async fn met(protocol: Protocol, act: Act, body: &str) -> (String, u16, String, usize) {
    let lab = Lab::new();
    lab.upstream("a", &[act]).gateway(one(protocol));
    let got = lab.chat(body).await;
    let error = &got.json()["error"];
    let message = error["message"].as_str().expect("a text");
    let class = message.split(':').next().unwrap_or_default().replace("litellm.", "");
    let kind = error["type"].as_str().unwrap_or("null").to_owned();
    (class, got.status, kind, lab.hosts().len())
}

#[tokio::test(start_paused = true)]
async fn a_failure_has_the_name_that_its_provider_and_its_stage_give_it() {
    use Protocol::{Anthropic, Azure, OpenAi};
    let server = "internal_server_error";
    let request = "invalid_request_error";
    let python = "'>=' not supported between instances of 'str' and 'int'";
    let cut = || Act::Stream(vec![Step::Say(HALF.to_owned()), Step::Cut]);
    let stalled = || Act::Stream(vec![Step::Say(HALF.to_owned()), Step::Stall]);
    let cases = [
        // No answer.
        (OpenAi, Act::Reset, ("InternalServerError", 500, server, 3)),
        (Azure, Act::Reset, ("APIConnectionError", 500, server, 3)),
        // LiteLLM's own client takes a new connection at once, so that each of three attempts is sent twice.
        (Anthropic, Act::Reset, ("InternalServerError", 500, server, 6)),
        (OpenAi, Act::Hang, ("Timeout", 408, request, 3)),
        // Whole answers that break, fall silent, or are none.
        (OpenAi, cut(), ("InternalServerError", 500, server, 3)),
        (Azure, cut(), ("APIConnectionError", 500, server, 3)),
        (Anthropic, cut(), ("InternalServerError", 500, server, 3)),
        (OpenAi, stalled(), ("Timeout", 408, request, 3)),
        (Azure, stalled(), ("Timeout", 408, request, 3)),
        (Anthropic, stalled(), ("Timeout", 408, request, 3)),
        (OpenAi, whole(HALF), ("InternalServerError", 500, server, 3)),
        (Azure, whole(HALF), ("APIError", 500, server, 3)),
        (Anthropic, whole(HALF), ("APIConnectionError", 500, server, 3)),
        // Errors under a 200.
        (OpenAi, whole(ERROR_WITH_WORD), (python, 500, server, 1)),
        (Azure, whole(ERROR_WITH_WORD), (python, 500, server, 1)),
        (Anthropic, whole(ERROR_WITH_WORD), ("InternalServerError", 500, server, 3)),
        (OpenAi, whole(ERROR_WITH_NUMBER), ("ServiceUnavailableError", 503, server, 3)),
        (OpenAi, whole(ERROR_WITHOUT_CODE), ("BadRequestError", 422, request, 1)),
        (Azure, whole(ERROR_WITHOUT_CODE), ("BadRequestError", 400, request, 1)),
        (OpenAi, whole(ERROR_OF_RATE), ("RateLimitError", 429, "throttling_error", 3)),
        (Azure, whole(ERROR_OF_RATE), (python, 500, server, 1)),
        // Refusals.
        (OpenAi, refusal(402, &[]), ("APIError", 402, request, 1)),
        (Anthropic, refusal(402, &[]), ("PaymentRequiredError", 402, request, 1)),
        (OpenAi, refusal(403, &[]), ("APIError", 403, "permission_error", 3)),
        (Azure, refusal(403, &[]), ("APIError", 403, "permission_error", 3)),
        (Anthropic, refusal(403, &[]), ("PermissionDeniedError", 403, "permission_error", 1)),
        (OpenAi, refusal(401, &[]), ("AuthenticationError", 401, "authentication_error", 1)),
        (OpenAi, refusal(409, &[]), ("APIError", 409, request, 3)),
        (Anthropic, refusal(409, &[]), ("BadRequestError", 409, request, 3)),
        (OpenAi, refusal(422, &[]), ("BadRequestError", 422, "server_error", 1)),
        (Azure, refusal(422, &[]), ("BadRequestError", 422, request, 1)),
        (OpenAi, refusal(500, &[]), ("InternalServerError", 500, server, 3)),
        (Azure, refusal(500, &[]), ("APIError", 500, server, 3)),
        (OpenAi, refusal(504, &[]), ("Timeout", 504, server, 3)),
        (OpenAi, refusal(529, &[]), ("APIError", 529, server, 3)),
        (Anthropic, refusal(529, &[]), ("InternalServerError", 500, server, 3)),
    ];
    for (protocol, act, (class, status, kind, attempts)) in cases {
        let said = format!("{protocol} {act:?}");
        let expected = (class.to_owned(), status, kind.to_owned(), attempts);
        assert_eq!(met(protocol, act, PLAIN).await, expected, "{said}");
    }
}

#[tokio::test(start_paused = true)]
async fn an_error_event_at_the_head_of_a_stream_is_the_error_of_its_words() {
    let event = |data: &str| {
        Act::Stream(vec![Step::Say(format!("event: error\ndata: {data}\n\n")), Step::Stall])
    };
    let overloaded =
        r#"{"type":"error","error":{"type":"overloaded_error","message":"Overloaded"}}"#;
    let connection = ("APIConnectionError", 500, "null");
    let cases = [
        (Protocol::OpenAi, ERROR_WITH_WORD, connection),
        (Protocol::OpenAi, ERROR_OF_RATE, ("RateLimitError", 429, "throttling_error")),
        (Protocol::Azure, ERROR_OF_RATE, connection),
        (Protocol::Anthropic, overloaded, ("InternalServerError", 500, "internal_server_error")),
    ];
    for (protocol, data, (class, status, kind)) in cases {
        let expected = (class.to_owned(), status, kind.to_owned(), 1);
        assert_eq!(met(protocol, event(data), STREAM).await, expected, "{protocol} {data}");
    }
}

#[tokio::test(start_paused = true)]
async fn an_error_within_a_stream_says_nothing_of_fallbacks() {
    let lab = Lab::new();
    let event = Step::Say("data: {\"error\":{\"message\":\"busy\"}}\n\n".to_owned());
    lab.upstream("a", &[Act::Stream(vec![event])]).gateway(litellm(&["a"]));
    let message = lab.chat(STREAM).await.json()["error"]["message"].clone();
    assert_eq!(message, "litellm.APIConnectionError: APIConnectionError: OpenAIException - busy");
}

/// Requests at a pair of which the first is sick, until the first left the rotation; at most eight.
async fn requests_until_cooled(protocol: Protocol, act: Act, body: &str) -> Option<usize> {
    let lab = Lab::new();
    let mut config = config("cost-based-routing", vec![]);
    let sick = Deployment { protocol, input_cost_per_token: Some(0.1), ..deployment("sick") };
    config.deployments = vec![sick, deployment("well")];
    // Retries that wait for a silent one would leave the minute of the counters.
    config.router.num_retries = 0;
    let well = if body == STREAM { stream(3) } else { answer("yes") };
    lab.upstream("sick", &[act]).upstream("well", &[well]).gateway(config);
    for request in 1..=8 {
        lab.chat(body).await;
        if lab.decided().iter().any(|line| line.starts_with("sick cooldown")) {
            return Some(request);
        }
    }
    None
}

#[tokio::test(start_paused = true)]
async fn a_dead_provider_cools_at_openai_and_anthropic_and_never_at_azure() {
    for (protocol, cools) in
        [(Protocol::OpenAi, Some(5)), (Protocol::Anthropic, Some(5)), (Protocol::Azure, None)]
    {
        assert_eq!(requests_until_cooled(protocol, Act::Reset, PLAIN).await, cools, "{protocol}");
        assert_eq!(requests_until_cooled(protocol, Act::Reset, STREAM).await, cools, "{protocol}");
    }
    let refused = requests_until_cooled(Protocol::OpenAi, Act::Refuse, PLAIN).await;
    assert_eq!(refused, Some(5), "a refused connection is a server error like any other");
    let stalled = Act::Stream(vec![Step::Say(HALF.to_owned()), Step::Stall]);
    assert_eq!(requests_until_cooled(Protocol::OpenAi, stalled, PLAIN).await, Some(5));
    let broken_stream = stream_then(3, &[Step::Cut]);
    assert_eq!(requests_until_cooled(Protocol::OpenAi, broken_stream, STREAM).await, None);
}

#[tokio::test(start_paused = true)]
async fn an_unpaid_bill_cools_at_once_beside_a_sibling() {
    assert_eq!(requests_until_cooled(Protocol::OpenAi, refusal(402, &[]), PLAIN).await, Some(1));
    let lab = Lab::new();
    lab.upstream("a", &[refusal(402, &[])]).gateway(litellm(&["a"]));
    assert_eq!((lab.chat(PLAIN).await.status, lab.chat(PLAIN).await.status), (402, 402), "alone");
}

#[tokio::test(start_paused = true)]
async fn a_sibling_is_asked_after_a_403_and_the_one_that_said_so_is_not_asked_again() {
    for status in [401, 403] {
        let lab = Lab::new();
        let mut config = config("cost-based-routing", vec![]);
        let bad = Deployment { input_cost_per_token: Some(0.1), ..deployment("bad") };
        config.deployments = vec![bad, deployment("good")];
        // With one failure allowed a 401 does not cool at once, and the cheap one would be picked again.
        config.router.allowed_fails = Some(1);
        lab.upstream("bad", &[refusal(status, &[])]).upstream("good", &[answer("yes")]);
        lab.gateway(config);
        assert_eq!((lab.chat(PLAIN).await.status, lab.hosts()), (200, hosts(&["bad", "good"])));
    }
    let lab = Lab::new();
    lab.upstream("a", &[refusal(403, &[])]).upstream("b", &[refusal(403, &[])]);
    lab.gateway(litellm(&["a", "b"]));
    assert_eq!(lab.chat(PLAIN).await.status, 403, "nobody is left: the provider's own error");
    assert_eq!(lab.hosts().len(), 3);
}

fn hosts(names: &[&str]) -> Vec<String> {
    names.iter().map(|&name| name.to_owned()).collect()
}

#[tokio::test(start_paused = true)]
async fn errors_carry_the_timeout_and_answers_the_model() {
    let lab = Lab::new();
    let good = Deployment { group: "good".into(), ..deployment("good") };
    let mut config = litellm(&["a"]);
    config.deployments.push(good);
    lab.upstream("a", &[refusal(400, &[])]).upstream("good", &[answer("yes")]).gateway(config);
    let bad = lab.chat(PLAIN).await;
    assert_eq!(bad.header("x-litellm-timeout"), "5.0");
    for absent in ["x-litellm-model-id", "x-litellm-model-group", "x-litellm-attempted-retries"] {
        assert_eq!(bad.header(absent), "", "{absent}");
    }
    let good = lab.chat(&PLAIN.replace("\"model\":\"model\"", "\"model\":\"good\"")).await;
    assert_eq!(good.header("x-litellm-model-name"), "openai/gpt-4o");
    assert_eq!((good.header("x-litellm-timeout"), good.header("x-litellm-model-id")), ("", "good"));
}

#[tokio::test(start_paused = true)]
async fn the_error_says_what_became_of_the_fallbacks() {
    let lab = Lab::new();
    let mut config = litellm(&["a"]);
    lab.upstream("a", &[refusal(400, &[])]).gateway(config.clone());
    let said = |got: Got| got.json()["error"]["message"].as_str().expect("a text").to_owned();
    let none = said(lab.chat(PLAIN).await);
    insta::assert_snapshot!(none, @r"
    litellm.BadRequestError: OpenAIException - Invalid value.

    LiteLLM: model group 'model' failed with the error above. No fallback was attempted.
    ");
    config.router.fallbacks.insert("other".into(), vec!["model".into()]);
    let lab = Lab::new();
    lab.upstream("a", &[refusal(400, &[])]).gateway(config);
    insta::assert_snapshot!(said(lab.chat(PLAIN).await), @r"
    litellm.BadRequestError: OpenAIException - Invalid value.

    LiteLLM: model group 'model' failed with the error above and no fallback model group was found for it, so the request was not retried on another model. Fallbacks are configured for: other. Add a fallbacks entry for that model group (Router fallbacks or proxy router_settings.fallbacks) to retry on another model.
    ");
}

#[tokio::test(start_paused = true)]
async fn a_filtered_answer_goes_to_the_fallbacks_for_content_policies_and_else_to_the_client() {
    let filtered = whole(
        r#"{"id":"c","choices":[{"index":0,"message":{"content":"half"},"finish_reason":"content_filter"}]}"#,
    );
    for (table, expected) in [("model", hosts(&["a", "backup"])), ("other", hosts(&["a"]))] {
        let lab = Lab::new();
        let mut config = with_backup(litellm(&["a"]));
        config.router.content_policy_fallbacks.insert(table.into(), vec!["backup".into()]);
        lab.upstream("a", std::slice::from_ref(&filtered)).upstream("backup", &[answer("yes")]);
        lab.gateway(config);
        assert_eq!((lab.chat(PLAIN).await.status, lab.hosts()), (200, expected), "{table}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_reset_in_the_flush_of_the_first_frames_overtakes_them_most_times() {
    let burst = || Act::Stream(vec![role(), Step::Cut]);
    let (mut lost, mut arrived) = (0, 0);
    for n in 0..60 {
        let lab = Lab::new();
        lab.upstream("a", &[burst()]).gateway(litellm(&["a"]));
        let call_id = n.to_string();
        let headers = [("x-litellm-call-id", call_id.as_str())];
        match lab.post("/v1/chat/completions", &headers, STREAM).await.status {
            200 => arrived += 1,
            500 => lost += 1,
            other => panic!("{other}"),
        }
    }
    assert!((36..=57).contains(&lost) && arrived > 0, "{lost} lost, {arrived} arrived");
}
