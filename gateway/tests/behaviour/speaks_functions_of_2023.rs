//! Clients that call functions in the spelling of 2023 (`functions`, `function_call`): the deployments that know only
//! tools are asked for those, and the client gets `function_call`, plain and streamed.

#![expect(clippy::expect_used, reason = "helpers of tests")]

use std::sync::Arc;

use crate::support::*;
use gateway::config::Deployment;
use serde_json::{Value, json};
use vocab::Protocol;

fn at(protocol: Protocol) -> Deployment {
    Deployment { protocol, base_path: Arc::from(""), model: Arc::from("m"), ..deployment("there") }
}

fn asking(choice: &Value, stream: bool) -> String {
    let function = json!({"name":"weather","description":"d","parameters":{"type":"object"}});
    json!({
        "model": "model", "stream": stream, "functions": [function], "function_call": choice,
        "messages": [
            {"role":"user","content":"and in Rome?"},
            {"role":"assistant","content":null,"function_call":{"name":"weather","arguments":"{\"city\":\"Rome\"}"}},
            {"role":"function","name":"weather","content":"sunny"},
            {"role":"user","content":"and in Oslo?"}
        ]
    })
    .to_string()
}

fn forced() -> Value {
    json!({"name":"weather"})
}

fn sent(lab: &Lab) -> Value {
    let sent = lab.sent.lock().expect("no poison");
    serde_json::from_str(&sent[0].body).expect("JSON")
}

fn chunks(got: &Got) -> Vec<Value> {
    let data = got.body.lines().filter_map(|line| line.strip_prefix("data: "));
    data.filter_map(|data| serde_json::from_str(data).ok()).collect()
}

/// Two calls, of which a client of 2023 knows one.
fn messages_of_anthropic() -> Act {
    let call = |id: &str, city: &str| json!({"type":"tool_use","id":id,"name":"weather","input":{"city":city}});
    let reply = json!({"id":"msg_1","type":"message","role":"assistant","model":"m","content":[call("t1","Oslo"),call("t2","Bergen")],"stop_reason":"tool_use","stop_sequence":null,"usage":{"input_tokens":7,"output_tokens":2}});
    Act::Reply(200, vec![], reply.to_string())
}

#[tokio::test(start_paused = true)]
async fn functions_become_tools_and_calls_come_back_as_function_call() {
    let lab = Lab::new();
    lab.upstream("there", &[messages_of_anthropic()]);
    lab.gateway(config("least-busy", vec![at(Protocol::Anthropic)]));
    let got = lab.chat(&asking(&forced(), false)).await;
    assert_eq!(got.status, 200, "{}", got.body);
    let choice = &got.json()["choices"][0];
    assert_eq!(choice["finish_reason"], "function_call");
    let call = json!({"name":"weather","arguments":"{\"city\":\"Oslo\"}"});
    assert_eq!(
        (&choice["message"]["function_call"], choice["message"].get("tool_calls")),
        (&call, None)
    );
    let sent = sent(&lab);
    assert_eq!(sent["tools"][0]["name"], "weather");
    assert_eq!(sent["tool_choice"], json!({"type":"tool","name":"weather"}));
    let (called, outcome) =
        (&sent["messages"][1]["content"][0], &sent["messages"][2]["content"][0]);
    assert_eq!((&called["type"], &called["input"]), (&json!("tool_use"), &json!({"city":"Rome"})));
    assert_eq!((&outcome["type"], &outcome["content"]), (&json!("tool_result"), &json!("sunny")));
    assert_eq!(called["id"], outcome["tool_use_id"]);
}

#[tokio::test(start_paused = true)]
async fn every_other_protocol_is_told_the_same() {
    for (protocol, tool, outcome) in [
        (
            Protocol::Gemini,
            "/tools/0/functionDeclarations/0/name",
            "/contents/2/parts/0/functionResponse/name",
        ),
        (
            Protocol::Bedrock,
            "/toolConfig/tools/0/toolSpec/name",
            "/messages/2/content/0/toolResult/toolUseId",
        ),
        (Protocol::Ollama, "/tools/0/function/name", "/messages/2/tool_name"),
    ] {
        let lab = Lab::new();
        lab.upstream("there", &[Act::Reply(500, vec![], "{}".to_owned())]);
        let mut config = config("least-busy", vec![at(protocol)]);
        config.router.num_retries = 0;
        lab.gateway(config);
        // Ollama forces no call.
        let body = asking(&json!("auto"), false);
        lab.chat(&body).await;
        let sent = sent(&lab);
        assert_eq!(sent.pointer(tool), Some(&json!("weather")), "{protocol}: {sent}");
        assert!(sent.pointer(outcome).is_some(), "{protocol}: {sent}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_stream_grows_a_function_call() {
    let line = |message: Value| {
        Step::Say(format!("{}\n", json!({"model":"m","message":message,"done":false})))
    };
    let call = |city: &str| json!({"function":{"name":"weather","arguments":{"city":city}}});
    let last = json!({"model":"m","message":{"role":"assistant","content":""},"done":true,"done_reason":"stop","prompt_eval_count":5,"eval_count":2});
    let lab = Lab::new();
    lab.upstream(
        "there",
        &[Act::Stream(vec![
            line(json!({"role":"assistant","content":"let me see"})),
            line(
                json!({"role":"assistant","content":"","tool_calls":[call("Oslo"),call("Bergen")]}),
            ),
            Step::Say(format!("{last}\n")),
        ])],
    );
    lab.gateway(config("priority", vec![at(Protocol::Ollama)]));
    let body = asking(&json!("auto"), true);
    let got = lab.chat(&body).await;
    assert!(got.done(), "{}", got.body);
    let chunks = chunks(&got);
    let calls: Vec<&Value> =
        chunks.iter().filter_map(|chunk| chunk.pointer("/choices/0/delta/function_call")).collect();
    assert_eq!(calls, [&json!({"name":"weather","arguments":"{\"city\":\"Oslo\"}"})]);
    let ends: Vec<&Value> = chunks
        .iter()
        .filter_map(|chunk| chunk.pointer("/choices/0/finish_reason"))
        .filter(|end| !end.is_null())
        .collect();
    assert_eq!(ends, [&json!("function_call")]);
    assert!(!got.body.contains("tool_calls"), "{}", got.body);
    assert_eq!(got.words(), "let me see");
}

#[tokio::test(start_paused = true)]
async fn both_spellings_at_once_are_refused() {
    let lab = Lab::new();
    lab.upstream("there", &[messages_of_anthropic()]);
    lab.gateway(config("least-busy", vec![at(Protocol::Anthropic)]));
    let body = asking(&forced(), false).replacen(
        '{',
        r#"{"tools":[{"type":"function","function":{"name":"f"}}],"#,
        1,
    );
    let got = lab.chat(&body).await;
    assert_eq!((got.status, &got.json()["error"]["param"]), (400, &json!("functions")));
    assert!(lab.hosts().is_empty());
}

#[tokio::test(start_paused = true)]
async fn functions_that_the_config_adds_come_back_in_the_same_spelling() {
    let lab = Lab::new();
    lab.upstream("there", &[messages_of_anthropic()]);
    let asking: Value = serde_json::from_str(&asking(&json!("auto"), false)).expect("JSON");
    let mut there = at(Protocol::Anthropic);
    there.additions.defaults.insert("functions".to_owned(), asking["functions"].clone());
    lab.gateway(config("least-busy", vec![there]));
    let got = lab.chat(PLAIN).await;
    let choice = &got.json()["choices"][0];
    assert_eq!(choice["finish_reason"], "function_call", "{}", got.body);
    assert_eq!(choice["message"]["function_call"]["name"], "weather");
    assert_eq!(choice["message"].get("tool_calls"), None);
}
