//! Clients of Anthropic's come to `/v1/messages`: to Anthropic's deployments requests and answers go
//! through as they are, to those that speak chat completions they are translated; errors are in
//! Anthropic's words. The upstream's bytes are written by hand, after the providers' references.

#![expect(clippy::expect_used, reason = "helpers of tests")]

use std::sync::Arc;

use crate::support::*;
use gateway::config::{Config, Deployment, Secret};
use serde_json::{Value, json};
use vocab::Protocol;

const PATH: &str = "/v1/messages";

fn claude() -> Deployment {
    Deployment {
        protocol: Protocol::Anthropic,
        model: Arc::from("claude-opus-4-6"),
        base_path: Arc::from(""),
        api_key: Some(Secret::new("sk-ant")),
        ..deployment("claude")
    }
}

fn both(strategy: &'static str) -> Config {
    config(strategy, vec![claude(), deployment("openai")])
}

fn asking(members: &Value) -> String {
    let mut body =
        json!({"model":"model","max_tokens":50,"messages":[{"role":"user","content":"hello"}]});
    let members = members.as_object().expect("members").clone();
    body.as_object_mut().expect("an object").extend(members);
    body.to_string()
}

fn message() -> Value {
    json!({"id":"msg_1","type":"message","role":"assistant","model":"claude-opus-4-6","content":[{"type":"text","text":"hi"}],"stop_reason":"end_turn","stop_sequence":null,"usage":{"input_tokens":7,"output_tokens":2,"service_tier":"standard"}})
}

fn event(data: &Value) -> String {
    format!("event: {}\ndata: {data}\n\n", data["type"].as_str().expect("a type"))
}

fn events() -> Vec<String> {
    let mut begun = message();
    begun["content"] = json!([]);
    begun["stop_reason"] = json!(null);
    let delta = |text: &str| json!({"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":text}});
    [
        json!({"type":"message_start","message":begun}),
        json!({"type":"content_block_start","index":0,"content_block":{"type":"text","text":""}}),
        json!({"type":"ping"}),
        delta("Hel"),
        delta("lo"),
        json!({"type":"content_block_stop","index":0}),
        json!({"type":"message_delta","delta":{"stop_reason":"end_turn","stop_sequence":null},"usage":{"output_tokens":2}}),
        json!({"type":"message_stop"}),
    ]
    .iter()
    .map(event)
    .collect()
}

fn say(frames: &[String]) -> Vec<Step> {
    frames.iter().cloned().map(Step::Say).collect()
}

const PAUSE: Step = Step::Wait(std::time::Duration::from_millis(9));

fn sent(lab: &Lab) -> Vec<Sent> {
    lab.sent.lock().expect("no poison").clone()
}

fn data(body: &str) -> Vec<Value> {
    let data = body.lines().filter_map(|line| line.strip_prefix("data: "));
    data.map(|data| serde_json::from_str(data).expect("JSON")).collect()
}

#[tokio::test(start_paused = true)]
async fn at_anthropic_everything_goes_through_as_it_is() {
    let lab = Lab::new();
    lab.upstream(
        "claude",
        &[Act::Reply(200, vec![("request-id", "req_1")], message().to_string())],
    );
    lab.gateway(config("least-busy", vec![claude()]));
    let members = json!({
        "metadata": {"user_id":"u-1"}, "thinking": {"type":"adaptive"}, "top_k": 3, "a_member_of_tomorrow": {"x": 1},
        "system": [{"type":"text","text":"be brief","cache_control":{"type":"ephemeral"}}]
    });
    let headers = [
        ("anthropic-beta", "one,two"),
        ("anthropic-version", "2023-06-01"),
        ("x-api-key", "client"),
    ];
    let got = lab.post(PATH, &headers, &asking(&members)).await;
    assert_eq!((got.status, got.json()), (200, message()));
    assert_eq!(got.header("llm_provider-request-id"), "req_1");
    let sent = sent(&lab).remove(0);
    let mut expected: Value = serde_json::from_str(&asking(&members)).expect("JSON");
    expected["model"] = json!("claude-opus-4-6");
    assert_eq!(serde_json::from_str::<Value>(&sent.body).expect("JSON"), expected);
    assert_eq!(sent.path, PATH);
    assert_eq!(sent.headers["anthropic-beta"], "one,two");
    assert_eq!(sent.headers["x-api-key"], "sk-ant", "the client's key stays here");
    assert_eq!(sent.headers.get_all("anthropic-version").iter().count(), 1);
}

#[tokio::test(start_paused = true)]
async fn tokens_are_counted_where_that_can_be_asked() {
    let lab = Lab::new();
    let count = json!({"input_tokens":12});
    lab.upstream("claude", &[Act::Reply(200, vec![], count.to_string())])
        .upstream("openai", &[answer("x")]);
    lab.gateway(config("least-busy", vec![deployment("openai"), claude()]));
    let got = lab.post("/v1/messages/count_tokens", &[], &asking(&json!({}))).await;
    assert_eq!((got.status, got.json()), (200, count));
    assert_eq!(sent(&lab)[0].path, "/v1/messages/count_tokens");
}

#[tokio::test(start_paused = true)]
async fn streams_go_through_and_break_in_sight() {
    for strategy in ["least-busy", "priority"] {
        let lab = Lab::new();
        let error = event(
            &json!({"type":"error","error":{"type":"overloaded_error","message":"Overloaded"}}),
        );
        let broken = [say(&events()[..4]), vec![PAUSE], say(&[error])].concat();
        let cut = [say(&events()[..4]), vec![PAUSE]].concat();
        lab.upstream(
            "claude",
            &[Act::Stream(say(&events())), Act::Stream(broken), Act::Stream(cut)],
        );
        lab.gateway(config(strategy, vec![claude()]));
        let body = asking(&json!({"stream":true}));
        let got = lab.post(PATH, &[], &body).await;
        assert_eq!((got.status, got.body), (200, events().concat()));
        for _ in 0..2 {
            let got = lab.post(PATH, &[], &body).await;
            let (before, error) = got.body.rsplit_once("event: error\n").expect("an error event");
            assert_eq!(before, events()[..4].concat());
            let error = &data(error)[0];
            assert_eq!(error["type"], "error");
            assert!(
                error["error"]["type"].is_string() && error["error"]["message"].is_string(),
                "{error}"
            );
        }
    }
}

#[tokio::test(start_paused = true)]
async fn errors_and_refusals_are_in_anthropics_words() {
    let lab = Lab::new();
    let limited = json!({"type":"error","error":{"type":"rate_limit_error","message":"slow down"}});
    lab.upstream("claude", &[Act::Reply(429, vec![], limited.to_string())]);
    let mut config = config("least-busy", vec![claude()]);
    config.router.num_retries = 0;
    config.master_key = Some(Secret::new("sk-master"));
    lab.gateway(config);
    let key = [("x-api-key", "sk-master")];
    for (headers, body, status, kind) in [
        (&key[..], asking(&json!({})), 429, "rate_limit_error"),
        (&[], asking(&json!({})), 401, "authentication_error"),
        (&key, asking(&json!({"model":"nobody"})), 400, "invalid_request_error"),
        (&key, r#"{"model":"model","max_tokens":5}"#.to_owned(), 400, "invalid_request_error"),
    ] {
        let got = lab.post(PATH, headers, &body).await;
        let error = got.json();
        assert_eq!((got.status, &error["type"]), (status, &json!("error")), "{error}");
        assert_eq!(error["error"]["type"], kind, "{error}");
    }
}

#[tokio::test(start_paused = true)]
async fn who_speaks_chat_completions_is_asked_in_those_words() {
    let lab = Lab::new();
    lab.upstream("openai", &[answer("hi")]).gateway(config(
        "simple-shuffle",
        vec![Deployment { model: Arc::from("own-model"), ..deployment("openai") }],
    ));
    let members = json!({
        "system": [{"type":"text","text":"be"},{"type":"text","text":"brief","cache_control":{"type":"ephemeral"}}],
        "temperature": 0.5, "stop_sequences": ["END"], "metadata": {"user_id":"u-1"},
        "thinking": {"type":"enabled","budget_tokens":4096},
        "output_config": {"format":{"type":"json_schema","schema":{"type":"object"}}},
        "tools": [{"name":"weather","description":"d","input_schema":{"type":"object"}}],
        "tool_choice": {"type":"tool","name":"weather","disable_parallel_tool_use":true},
        "messages": [
            {"role":"user","content":[
                {"type":"text","text":"look"},
                {"type":"image","source":{"type":"base64","media_type":"image/png","data":"AAAA"}},
                {"type":"document","title":"a.pdf","source":{"type":"base64","media_type":"application/pdf","data":"BBBB"}}]},
            {"role":"assistant","content":[
                {"type":"thinking","thinking":"hm","signature":"s"},
                {"type":"text","text":"I see"},
                {"type":"tool_use","id":"toolu_1","name":"weather","input":{"city":"Rome"}}]},
            {"role":"user","content":[
                {"type":"tool_result","tool_use_id":"toolu_1","is_error":true,"content":[{"type":"text","text":"no"}]},
                {"type":"text","text":"and now?"}]}
        ]
    });
    assert_eq!(lab.post(PATH, &[], &asking(&members)).await.status, 200);
    let sent = sent(&lab).remove(0);
    assert_eq!(sent.path, "/v1/chat/completions");
    insta::assert_json_snapshot!(serde_json::from_str::<Value>(&sent.body).expect("JSON"));
}

#[tokio::test(start_paused = true)]
async fn answers_of_chat_completions_come_back_as_messages() {
    let lab = Lab::new();
    let reply = json!({"id":"chatcmpl-1","object":"chat.completion","created":1,"model":"gpt-4o-2024","choices":[{"index":0,"message":{"role":"assistant","content":"let me see","tool_calls":[{"id":"call_1","type":"function","function":{"name":"weather","arguments":"{\"city\":\"Rome\"}"}}]},"logprobs":null,"finish_reason":"tool_calls"}],"usage":{"prompt_tokens":9,"completion_tokens":4,"total_tokens":13,"prompt_tokens_details":{"cached_tokens":2,"audio_tokens":0}}});
    lab.upstream("openai", &[Act::Reply(200, vec![], reply.to_string())]);
    lab.gateway(litellm(&["openai"]));
    insta::assert_json_snapshot!(lab.post(PATH, &[], &asking(&json!({}))).await.json());
}

#[tokio::test(start_paused = true)]
async fn streams_of_chat_completions_come_back_as_events() {
    let chunk = |delta: Value, finish: Value| {
        let data = json!({"id":"c1","object":"chat.completion.chunk","created":1,"model":"gpt-4o","choices":[{"index":0,"delta":delta,"finish_reason":finish}]});
        Step::Say(format!("data: {data}\n\n"))
    };
    let no = || json!(null);
    let call = |index: u32, rest: Value| {
        let mut call = json!({ "index": index });
        call.as_object_mut()
            .expect("an object")
            .extend(rest.as_object().expect("an object").clone());
        json!({ "tool_calls": [call] })
    };
    let usage = json!({"id":"c1","object":"chat.completion.chunk","created":1,"model":"gpt-4o","choices":[],"usage":{"prompt_tokens":9,"completion_tokens":4,"total_tokens":13}});
    let steps = vec![
        chunk(json!({"role":"assistant","content":""}), no()),
        chunk(json!({"content":"Hel"}), no()),
        chunk(json!({"content":"lo"}), no()),
        chunk(
            call(
                0,
                json!({"id":"call_1","type":"function","function":{"name":"f","arguments":""}}),
            ),
            no(),
        ),
        chunk(call(0, json!({"function":{"arguments":"{\"a\":"}})), no()),
        chunk(call(0, json!({"function":{"arguments":"1}"}})), no()),
        chunk(json!({}), json!("tool_calls")),
        Step::Say(format!("data: {usage}\n\n")),
        Step::Say("data: [DONE]\n\n".to_owned()),
    ];
    let all = steps.len();
    for end in [all, all - 1] {
        let lab = Lab::new();
        lab.upstream("openai", &[Act::Stream(steps[..end].to_vec())])
            .gateway(priority(&["openai"]));
        let got = lab.post(PATH, &[], &asking(&json!({"stream":true}))).await;
        assert!(sent(&lab)[0].body.contains(r#""stream_options":{"include_usage":true}"#));
        let names: Vec<Value> =
            data(&got.body).into_iter().map(|data| data["type"].clone()).collect();
        let expected = [
            "message_start",
            "content_block_start",
            "content_block_delta",
            "content_block_delta",
            "content_block_stop",
            "content_block_start",
            "content_block_delta",
            "content_block_delta",
            "content_block_stop",
            "message_delta",
            "message_stop",
        ];
        assert_eq!(names, expected, "{}", got.body);
        let all = data(&got.body);
        assert_eq!(
            all[5]["content_block"],
            json!({"type":"tool_use","id":"call_1","name":"f","input":{}})
        );
        assert_eq!((&all[5]["index"], &all[7]["delta"]["partial_json"]), (&json!(1), &json!("1}")));
        assert_eq!(all[9]["delta"]["stop_reason"], "tool_use");
        assert_eq!(all[9]["usage"], json!({"input_tokens":9,"output_tokens":4}));
        assert_eq!(got.body.matches("[DONE]").count(), 0);
    }
}

#[tokio::test(start_paused = true)]
async fn what_chat_completions_cannot_say_is_asked_of_anthropic_or_refused() {
    let block = |block: Value| json!([{"role":"user","content":[block]}]);
    for (name, value, at) in [
        ("top_k", json!(3), "top_k"),
        ("mcp_servers", json!([{"type":"url"}]), "mcp_servers"),
        ("container", json!("c"), "container"),
        ("tools", json!([{"type":"web_search_20250305","name":"web_search"}]), "tools"),
        ("stop_sequences", json!(["1", "2", "3", "4", "5"]), "stop_sequences"),
        ("messages", block(json!({"type":"search_result","content":[]})), "messages[0].content[0]"),
    ] {
        let body = asking(&json!({ name: value }));
        for strategy in ["least-busy", "priority"] {
            let lab = Lab::new();
            let reply = Act::Reply(200, vec![], message().to_string());
            lab.upstream("claude", &[reply])
                .upstream("openai", &[answer("hi")])
                .gateway(both(strategy));
            assert_eq!(
                (lab.post(PATH, &[], &body).await.status, lab.hosts()),
                (200, vec!["claude".to_owned()])
            );
        }
        let lab = Lab::new();
        lab.upstream("openai", &[answer("hi")]).gateway(litellm(&["openai"]));
        let got = lab.post(PATH, &[], &body).await;
        let said = got.json()["error"]["message"].to_string();
        assert!(got.status == 400 && said.contains(at) && lab.hosts().is_empty(), "{name}: {said}");
    }
}
