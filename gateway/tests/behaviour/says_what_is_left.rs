//! Under our own behaviour an answer says what it cost, and what its group may still be asked in this minute.

use crate::support::*;

#[tokio::test(start_paused = true)]
async fn a_group_with_limits_says_what_is_left_of_them() {
    let lab = Lab::new();
    let mut config = priority(&["a", "b", "c"]);
    (config.deployments[0].rpm, config.deployments[0].tpm) = (Some(10), Some(1_000));
    config.deployments[1].rpm = Some(5);
    lab.upstream("a", &[answer("yes"), stream(1)]).gateway(config);
    let left = |got: &Got| {
        let header = |name: &str| got.header(&format!("x-ratelimit-{name}")).to_owned();
        ["limit-requests", "remaining-requests", "limit-tokens", "remaining-tokens"].map(header)
    };
    let got = lab.chat(PLAIN).await;
    assert_eq!(left(&got), ["15", "14", "1000", "995"], "five tokens were used");
    let got = lab.chat(STREAM).await;
    assert_eq!(left(&got)[..2], ["15", "13"]);
}

#[tokio::test(start_paused = true)]
async fn without_limits_and_prices_nothing_is_said() {
    let lab = Lab::new();
    lab.upstream("a", &[answer("yes")]).gateway(priority(&["a"]));
    let got = lab.chat(PLAIN).await;
    let names = got.headers.keys().map(http::HeaderName::as_str);
    let said: Vec<&str> = names.filter(|n| n.contains("ratelimit") || n.contains("cost")).collect();
    assert!(said.is_empty(), "{said:?}");
}

#[tokio::test(start_paused = true)]
async fn an_answer_with_a_price_says_what_it_cost() {
    let lab = Lab::new();
    let mut config = priority(&["a"]);
    config.deployments[0].input_cost_per_token = Some(0.001);
    config.deployments[0].output_cost_per_token = Some(0.01);
    lab.upstream("a", &[answer("yes")]).gateway(config);
    let got = lab.chat(PLAIN).await;
    assert_eq!(got.header("x-litellm-response-cost"), "0.023");
    assert_eq!(got.header("x-litellm-model-id"), "a");
}
