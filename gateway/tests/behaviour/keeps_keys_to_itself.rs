//! What a provider repeats of the key that it was called with reaches no client, and its cookies do not
//! either: not in the text of an error, not in a header, not in the event that ends a stream.

use crate::support::*;

const KEY: &str = "sk-upstream";

fn echo(status: u16) -> Act {
    let headers = vec![
        ("x-debug-auth", "Bearer sk-upstream"),
        ("set-cookie", "session=1"),
        ("x-request-id", "req-1"),
    ];
    let body = format!(
        r#"{{"error":{{"message":"Incorrect API key provided: {KEY}.","type":"{KEY}","param":"{KEY}","code":null}}}}"#
    );
    Act::Reply(status, headers, body)
}

fn silent_about_it(got: &Got) {
    let headers: Vec<String> =
        got.headers.iter().map(|(name, value)| format!("{name}: {value:?}")).collect();
    let headers = headers.join("\n");
    assert!(!got.body.contains(KEY), "{}", got.body);
    assert!(!headers.contains(KEY) && !headers.contains("set-cookie"), "{headers}");
}

#[tokio::test(start_paused = true)]
async fn refusals_are_told_without_the_key() {
    for config in [litellm(&["a"]), priority(&["a"]), litellm(&["a", "b"]), priority(&["a", "b"])] {
        for status in [400, 401, 403, 429, 500] {
            let lab = Lab::new();
            lab.upstream("a", &[echo(status)]).upstream("b", &[echo(status)]);
            lab.gateway(config.clone());
            silent_about_it(&lab.chat(PLAIN).await);
            silent_about_it(&lab.chat(STREAM).await);
        }
    }
}

#[tokio::test(start_paused = true)]
async fn good_answers_are_passed_on_without_the_key_in_a_header() {
    let lab = Lab::new();
    let Act::Reply(status, mut headers, body) = answer("yes") else { unreachable!() };
    headers.extend([("x-debug-auth", "sk-upstream"), ("set-cookie", "a=b")]);
    lab.upstream("a", &[Act::Reply(status, headers, body)]);
    lab.gateway(litellm(&["a"]));
    let got = lab.chat(PLAIN).await;
    assert_eq!((got.status, got.header("llm_provider-x-request-id")), (200, "req-1"));
    silent_about_it(&got);
}

#[tokio::test(start_paused = true)]
async fn an_error_in_a_stream_is_told_without_the_key() {
    let event = format!(
        "data: {{\"error\":{{\"message\":\"bad key {KEY}\",\"type\":\"{KEY}\",\"param\":null,\"code\":500}}}}\n\n"
    );
    for config in [litellm(&["a"]), priority(&["a"])] {
        let lab = Lab::new();
        lab.upstream("a", &[stream_then(3, &[Step::Say(event.clone())])]);
        lab.gateway(config);
        let got = lab.chat(STREAM).await;
        assert!(!got.body.contains(KEY), "{}", got.body);
    }
}

#[tokio::test(start_paused = true)]
async fn credentials_that_stand_in_headers_and_in_the_body_are_keys_too() {
    let said = r#"{"error":{"message":"bad header AUTHSECRET22, bad member HF-SECRET-33, bad tier STANDARD-44","type":"x","param":null,"code":null}}"#;
    let file = serde_json::json!({ "model_list": [{ "model_name": "model", "litellm_params": {
        "model": "openai/m", "api_base": "https://a", "api_key": "sk-own-key",
        "extra_headers": { "Authorization": "Bearer AUTHSECRET22" },
        "extra_body": { "within": { "hf_token": "HF-SECRET-33", "tier": "STANDARD-44" } },
    } }] });
    let config = gateway::litellm::read(&file, &gateway::litellm::Dummies).map(|read| read.config);
    let lab = Lab::new();
    lab.upstream("a", &[Act::Reply(400, vec![], said.to_owned())]);
    lab.gateway(config.unwrap_or_else(|errors| unreachable!("{errors:?}")));
    let got = lab.chat(PLAIN).await;
    assert!(!got.body.contains("SECRET") && got.body.contains("STANDARD-44"), "{}", got.body);
}
