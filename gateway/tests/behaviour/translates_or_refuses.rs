//! What a client asks for is said in the provider's words, or refused by its name; nothing is dropped in
//! silence. An upstream that records compares what was asked with what arrived.

#![expect(clippy::expect_used, reason = "helpers of tests")]

use std::sync::Arc;

use crate::support::*;
use gateway::config::{Config, Deployment};
use proptest::prelude::*;
use serde_json::{Map, Value, json};
use vocab::Protocol;

fn claude(model: &str) -> Deployment {
    Deployment {
        protocol: Protocol::Anthropic,
        model: Arc::from(model),
        base_path: Arc::from(""),
        ..deployment("claude")
    }
}

fn only(model: &str) -> Config {
    config("least-busy", vec![claude(model)])
}

fn message(content: &Value, stop_reason: &str) -> Act {
    let reply = json!({"id":"msg_1","type":"message","role":"assistant","model":"m","content":content,"stop_reason":stop_reason,"stop_sequence":null,"usage":{"input_tokens":7,"output_tokens":2}});
    Act::Reply(200, vec![], reply.to_string())
}

fn hi() -> Act {
    message(&json!([{"type":"text","text":"hi"}]), "end_turn")
}

fn chat() -> Act {
    answer("hi")
}

/// A request with other members beside its message.
fn asking(members: &Value) -> String {
    let mut body = json!({"model":"model","messages":[{"role":"user","content":"hello"}]});
    let members = members.as_object().expect("members").clone();
    body.as_object_mut().expect("an object").extend(members);
    body.to_string()
}

fn bodies(lab: &Lab) -> Vec<Value> {
    let sent = lab.sent.lock().expect("no poison");
    sent.iter().map(|sent| serde_json::from_str(&sent.body).expect("JSON")).collect()
}

/// What arrives at the model of that name.
async fn arrives(model: &str, body: &str) -> Value {
    let lab = Lab::new();
    lab.upstream("claude", &[hi()]).gateway(only(model));
    let got = lab.chat(body).await;
    assert_eq!(got.status, 200, "{}", got.body);
    bodies(&lab).remove(0)
}

/// Members that Anthropic cannot be asked for.
fn beyond_anthropic() -> Vec<(&'static str, Value)> {
    let audio = json!({"format":"mp3","voice":"alloy"});
    vec![
        ("n", json!(2)),
        ("seed", json!(7)),
        ("frequency_penalty", json!(0.5)),
        ("presence_penalty", json!(-0.5)),
        ("logit_bias", json!({"50256":-100})),
        ("logprobs", json!(true)),
        ("top_logprobs", json!(3)),
        ("modalities", json!(["text", "audio"])),
        ("audio", audio),
        ("prediction", json!({"type":"content","content":"x"})),
        ("store", json!(true)),
        ("verbosity", json!("low")),
        ("prompt_cache_key", json!("k")),
        ("service_tier", json!("flex")),
        ("stop", json!([" "])),
        ("reasoning_effort", json!("extreme")),
        ("tool_choice", json!({"type":"custom","custom":{"name":"c"}})),
        ("a_member_of_tomorrow", json!(1)),
    ]
}

#[tokio::test(start_paused = true)]
async fn what_cannot_be_said_is_refused_by_its_name_and_not_sent() {
    for (name, value) in beyond_anthropic() {
        for config in [only("claude-3-opus"), config("priority", vec![claude("claude-3-opus")])] {
            let lab = Lab::new();
            lab.upstream("claude", &[hi()]).gateway(config);
            let got = lab.chat(&asking(&json!({ name: value }))).await;
            let error = got.json()["error"].clone();
            assert_eq!((got.status, &error["param"]), (400, &json!(name)), "{error}");
            assert_eq!(error["type"], "invalid_request_error");
            let said = error["message"].as_str().expect("text");
            assert!(said.contains(name) && said.contains("Anthropic"), "{said}");
            assert_eq!(lab.hosts().len(), 0, "{name}");
        }
    }
}

/// Of whose model nothing is known.
fn any() -> Deployment {
    Deployment { model: Arc::from("own-model"), ..deployment("openai") }
}

#[tokio::test(start_paused = true)]
async fn who_can_be_asked_is_asked_first() {
    for (name, value) in beyond_anthropic() {
        for strategy in ["least-busy", "priority"] {
            let lab = Lab::new();
            lab.upstream("claude", &[hi()]).upstream("openai", &[chat()]);
            lab.gateway(config(strategy, vec![claude("claude-3-opus"), any()]));
            assert_eq!(lab.chat(&asking(&json!({ name: value }))).await.status, 200, "{name}");
            assert_eq!(lab.hosts(), ["openai"], "{name}");
            assert_eq!(bodies(&lab)[0][name], value, "{name}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_fallback_that_can_be_asked_is_asked_next() {
    for strategy in ["least-busy", "priority"] {
        let lab = Lab::new();
        lab.upstream("claude", &[hi()]).upstream("backup", &[chat()]);
        lab.gateway(with_backup(config(strategy, vec![claude("claude")])));
        assert_eq!(lab.chat(&asking(&json!({"n":2}))).await.status, 200);
        assert_eq!(lab.hosts(), ["backup"], "{strategy}");
    }
}

#[tokio::test(start_paused = true)]
async fn values_that_ask_for_nothing_are_no_reason_to_refuse() {
    let idle = json!({
        "n": 1, "seed": null, "functions": [], "frequency_penalty": 0, "presence_penalty": 0.0,
        "logit_bias": {}, "logprobs": false, "modalities": ["text"], "audio": null, "store": false,
        "response_format": {"type":"text"}, "reasoning_effort": "none", "tools": null,
        "parallel_tool_calls": true, "unknown": null
    });
    let sent = arrives("claude", &asking(&idle)).await;
    let expected =
        json!({"model":"claude","max_tokens":4096,"messages":[{"role":"user","content":"hello"}]});
    assert_eq!(sent, expected);
}

#[tokio::test(start_paused = true)]
async fn drop_params_drops_and_says_so_once_nobody_can_be_asked() {
    let asked = json!({"n":2,"seed":7,"top_p":0.5,"drop_params":true});
    let lab = Lab::new();
    lab.upstream("claude", &[hi()]).gateway(only("claude"));
    let got = lab.chat(&asking(&asked)).await;
    assert_eq!((got.status, got.header("x-brownout-dropped-params")), (200, "n, seed"));
    let sent = &bodies(&lab)[0];
    assert_eq!((sent.get("n"), sent.get("seed"), &sent["top_p"]), (None, None, &json!(0.5)));

    let lab = Lab::new();
    lab.upstream("claude", &[hi()]).upstream("openai", &[chat()]);
    lab.gateway(config("least-busy", vec![claude("claude"), deployment("openai")]));
    let got = lab.chat(&asking(&asked)).await;
    assert_eq!((lab.hosts(), got.header("x-brownout-dropped-params")), (vec!["openai".into()], ""));
    assert_eq!((&bodies(&lab)[0]["n"], &bodies(&lab)[0]["seed"]), (&json!(2), &json!(7)));
}

#[tokio::test(start_paused = true)]
async fn messages_are_never_dropped() {
    let audio = json!({"type":"input_audio","input_audio":{"data":"AAAA","format":"wav"}});
    let file = json!({"type":"file","file":{"file_id":"file-1"}});
    let video = json!({"type":"video_url","video_url":{"url":"https://v"}});
    let coarse = json!({"type":"image_url","image_url":{"url":"https://p","detail":"low"}});
    for part in [audio, file, video, coarse] {
        let lab = Lab::new();
        lab.upstream("claude", &[hi()]).gateway(only("claude"));
        let content = json!([{"type":"text","text":"listen"}, part]);
        let asked = json!({"drop_params":true,"messages":[{"role":"user","content":content}]});
        let got = lab.chat(&asking(&asked)).await;
        let error = &got.json()["error"];
        assert_eq!((got.status, &error["param"]), (400, &json!("messages[0].content[1]")));
        assert_eq!(lab.hosts().len(), 0);
    }
}

#[tokio::test(start_paused = true)]
async fn members_of_the_gateway_reach_no_provider() {
    let ours = json!({
        "num_retries": 0, "timeout": 9, "stream_timeout": 9, "fallbacks": [], "tags": ["canary"],
        "guardrails": ["canary"], "caching": true, "cache": {"no-cache": true}, "mock_tool_calls": [],
        "mock_response": "canary", "litellm_call_id": "canary",
        "litellm_session_id": "canary", "litellm_metadata": {"a": "canary"}, "api_key": "canary",
        "api_base": "https://canary", "input_cost_per_token": 1, "langfuse_secret_key": "canary",
        "metadata": {"tags": ["canary"], "trace_id": "canary"}, "drop_params": false,
        "additional_drop_params": [], "extra_headers": {"x": "canary"}, "priority": 1, "no-log": true
    });
    let body = asking(&ours).replace("mock_response", "mock\\u005fresponse");
    let lab = Lab::new();
    lab.upstream("claude", &[hi()]).upstream("openai", &[chat()]);
    let other = Deployment { group: Arc::from("other"), ..claude("claude") };
    lab.gateway(config("least-busy", vec![deployment("openai"), other]));
    assert_eq!(lab.chat(&body).await.status, 200);
    let to_claude = body.replace(r#""model":"model""#, r#""model":"other""#);
    assert_eq!(lab.chat(&to_claude).await.status, 200);
    let messages = json!([{"role":"user","content":"hello"}]);
    assert_eq!(
        bodies(&lab),
        [
            json!({"model":"gpt-4o","messages":messages}),
            json!({"model":"claude","max_tokens":4096,"messages":messages})
        ]
    );
    let kept = asking(&json!({"store":true,"metadata":{"ticket":"7"}}));
    assert_eq!(lab.chat(&kept).await.status, 200);
    assert_eq!(bodies(&lab)[2]["metadata"], json!({"ticket":"7"}), "OpenAI's own");
}

#[tokio::test(start_paused = true)]
async fn additional_drop_params_are_left_out_everywhere() {
    let lab = Lab::new();
    lab.upstream("openai", &[chat()]).gateway(litellm(&["openai"]));
    let body = asking(&json!({"additional_drop_params":["seed"],"seed":7,"n":1}));
    assert_eq!(lab.chat(&body).await.status, 200);
    let messages = json!([{"role":"user","content":"hello"}]);
    assert_eq!(bodies(&lab)[0], json!({"model":"gpt-4o","messages":messages,"n":1}));
    let sent = arrives("claude", &body).await;
    assert_eq!(sent, json!({"model":"claude","max_tokens":4096,"messages":messages}));
}

/// The answer to a request for JSON, plain or streamed.
fn schema(strict: bool) -> Value {
    let schema = json!({"type":"object","properties":{"city":{"type":"string"}},"required":["city"],"additionalProperties":false});
    json!({"type":"json_schema","json_schema":{"name":"place","strict":strict,"schema":schema}})
}

#[tokio::test(start_paused = true)]
async fn json_that_was_promised_comes_as_json() {
    let wanted = schema(true);
    let body = asking(&json!({ "response_format": wanted }));
    let sent = arrives("claude-sonnet-4-5-20250929", &body).await;
    let format = json!({"type":"json_schema","schema":wanted["json_schema"]["schema"]});
    assert_eq!((&sent["output_config"]["format"], sent.get("tools")), (&format, None));

    for format in [schema(false), schema(true), json!({"type":"json_object"})] {
        let lab = Lab::new();
        let call = json!([{"type":"tool_use","id":"toolu_1","name":"answer_in_json","input":{"city":"Rome"}}]);
        lab.upstream("claude", &[message(&call, "tool_use")]).gateway(only("claude-3-5-haiku"));
        let got = lab.chat(&asking(&json!({ "response_format": format }))).await;
        let sent = &bodies(&lab)[0];
        assert_eq!(sent["tool_choice"]["name"], "answer_in_json");
        let schema = format.pointer("/json_schema/schema").cloned();
        let open = json!({"type":"object","additionalProperties":true});
        assert_eq!(sent["tools"][0]["input_schema"], schema.unwrap_or(open));
        let choice = &got.json()["choices"][0];
        assert_eq!(choice["message"]["content"], r#"{"city":"Rome"}"#);
        assert_eq!(
            (&choice["finish_reason"], choice["message"].get("tool_calls")),
            (&json!("stop"), None)
        );
    }
}

#[tokio::test(start_paused = true)]
async fn streamed_json_comes_as_words() {
    let event = |data: Value| {
        Step::Say(format!("event: {}\ndata: {data}\n\n", data["type"].as_str().expect("a type")))
    };
    let piece = |json: &str| {
        event(
            json!({"type":"content_block_delta","index":0,"delta":{"type":"input_json_delta","partial_json":json}}),
        )
    };
    let steps = vec![
        event(
            json!({"type":"message_start","message":{"id":"msg_1","type":"message","role":"assistant","model":"m","content":[],"stop_reason":null,"stop_sequence":null,"usage":{"input_tokens":7,"output_tokens":1}}}),
        ),
        event(
            json!({"type":"content_block_start","index":0,"content_block":{"type":"tool_use","id":"toolu_1","name":"answer_in_json","input":{}}}),
        ),
        piece("{\"city\":"),
        piece("\"Rome\"}"),
        event(json!({"type":"content_block_stop","index":0})),
        event(
            json!({"type":"message_delta","delta":{"stop_reason":"tool_use","stop_sequence":null},"usage":{"output_tokens":2}}),
        ),
        event(json!({"type":"message_stop"})),
    ];
    let lab = Lab::new();
    lab.upstream("claude", &[Act::Stream(steps)]).gateway(only("claude-3-5-haiku"));
    let got =
        lab.chat(&asking(&json!({"stream":true,"response_format":{"type":"json_object"}}))).await;
    assert_eq!((got.words().as_str(), got.done()), (r#"{"city":"Rome"}"#, true));
    assert!(
        got.body.contains(r#""finish_reason":"stop""#) && !got.body.contains("tool_calls"),
        "{}",
        got.body
    );
}

#[tokio::test(start_paused = true)]
async fn a_form_beside_tools_is_refused_where_one_would_silence_the_other() {
    let tool = json!({"type":"function","function":{"name":"weather","strict":true}});
    let both = json!({"response_format":schema(true),"tools":[tool]});
    let lab = Lab::new();
    lab.upstream("claude", &[hi()]).gateway(only("claude-3-5-haiku"));
    let got = lab.chat(&asking(&both)).await;
    assert_eq!((got.status, &got.json()["error"]["param"]), (400, &json!("response_format")));
    let sent = arrives("claude-opus-4-6", &asking(&both)).await;
    assert!(
        sent["output_config"]["format"].is_object() && sent["tools"][0]["strict"] == true,
        "{sent}"
    );
}

#[tokio::test(start_paused = true)]
async fn efforts_become_thoughts() {
    for (model, effort, thinking, max_tokens) in [
        ("claude-3-7-sonnet", "low", json!({"type":"enabled","budget_tokens":1024}), 5120),
        ("claude-sonnet-4-20250514", "high", json!({"type":"enabled","budget_tokens":4096}), 8192),
        ("claude-opus-4-6", "medium", json!({"type":"adaptive","display":"summarized"}), 4096),
    ] {
        let sent = arrives(model, &asking(&json!({ "reasoning_effort": effort }))).await;
        assert_eq!(
            (&sent["thinking"], &sent["max_tokens"]),
            (&thinking, &json!(max_tokens)),
            "{model}"
        );
    }
    let bounded = json!({"reasoning_effort":"high","max_tokens":2000});
    let sent = arrives("claude-3-7-sonnet", &asking(&bounded)).await;
    assert_eq!(sent["thinking"]["budget_tokens"], 1999, "thoughts are within the client's bound");
    let own = json!({"type":"enabled","budget_tokens":3000});
    let sent = arrives("claude-3-7-sonnet", &asking(&json!({ "thinking": own }))).await;
    assert_eq!((&sent["thinking"], &sent["max_tokens"]), (&own, &json!(7096)));
}

#[tokio::test(start_paused = true)]
async fn thoughts_come_back_and_can_be_sent_again() {
    let lab = Lab::new();
    let thought = json!({"type":"thinking","thinking":"hm","signature":"sig"});
    let hidden = json!({"type":"redacted_thinking","data":"xx"});
    let text = json!({"type":"text","text":"so"});
    lab.upstream("claude", &[message(&json!([thought, hidden, text]), "end_turn")]);
    lab.gateway(only("claude-sonnet-4"));
    let said = lab.chat(PLAIN).await.json()["choices"][0]["message"].clone();
    assert_eq!((&said["reasoning_content"], &said["content"]), (&json!("hm"), &json!("so")));
    let next = json!({"messages":[{"role":"user","content":"hello"}, said, {"role":"user","content":"go on"}]});
    assert_eq!(lab.chat(&asking(&next)).await.status, 200);
    assert_eq!(bodies(&lab)[1]["messages"][1]["content"], json!([thought, hidden, text]));
}

#[tokio::test(start_paused = true)]
async fn documents_caches_names_and_strictness_go_along() {
    let cut = json!({"type":"ephemeral"});
    let body = asking(&json!({
        "messages": [
            {"role":"system","content":[{"type":"text","text":"be brief","cache_control":cut}]},
            {"role":"user","name":"Ann","content":[
                {"type":"text","text":"read","cache_control":cut},
                {"type":"file","file":{"filename":"a.pdf","file_data":"data:application/pdf;base64,AAAA"}},
                {"type":"image_url","image_url":{"url":"https://pics/1.png","detail":"high"}}]}
        ],
        "tools": [
            {"type":"function","function":{"name":"f","strict":true,"parameters":{"type":"object"}},"cache_control":cut},
            {"type":"web_search_20250305","name":"web_search","max_uses":2}],
        "service_tier": "default", "top_k": 5, "user": "u-1"
    }));
    insta::assert_json_snapshot!(arrives("claude-sonnet-4", &body).await);
}

#[tokio::test(start_paused = true)]
async fn anthropics_own_tools_are_known_in_litellms_spelling() {
    let screen = json!({"display_width_px": 100, "display_height_px": 200, "other": 1});
    let own = json!({"type":"computer_20241022","name":"computer","display_width_px":100,"display_height_px":200});
    for (written, expected) in [
        (
            json!({"type":"computer_20241022","function":{"name":"computer","parameters":screen}}),
            &own,
        ),
        (json!({"type":"computer_20241022","function":{"parameters":screen}}), &own),
        (
            json!({"type":"bash_20250124","function":{"name":"bash"}}),
            &json!({"type":"bash_20250124","name":"bash"}),
        ),
    ] {
        let sent = arrives("claude-sonnet-4", &asking(&json!({ "tools": [written] }))).await;
        assert_eq!(&sent["tools"][0], expected);
    }
}

#[tokio::test(start_paused = true)]
async fn a_fallback_can_be_asked_something_else() {
    for strategy in ["least-busy", "priority"] {
        let lab = Lab::new();
        lab.upstream("model", &[refusal(500, &[])]).upstream("backup", &[chat()]);
        let mut config = with_backup(config(strategy, vec![deployment("model")]));
        config.router.fallbacks.clear();
        config.router.num_retries = 0;
        lab.gateway(config);
        let other = json!([{"role":"user","content":"shorter"}]);
        let body = asking(
            &json!({"temperature":1,"fallbacks":[{"model":"backup","messages":other,"temperature":0}]}),
        );
        assert_eq!(lab.chat(&body).await.status, 200);
        let sent = bodies(&lab);
        assert_eq!(sent[0]["messages"][0]["content"], "hello");
        assert_eq!(sent.last(), Some(&json!({"model":"gpt-4o","messages":other,"temperature":0})));
    }
}

/// One member with a value of its own, and where Anthropic has it.
fn members() -> Vec<(&'static str, Value, &'static str)> {
    let named =
        json!({"type":"function","function":{"name":"canary","parameters":{"type":"object"}}});
    vec![
        ("max_tokens", json!(3311), "/max_tokens"),
        ("temperature", json!(0.125), "/temperature"),
        ("top_p", json!(0.375), "/top_p"),
        ("stop", json!(["canary-stop"]), "/stop_sequences"),
        ("tools", json!([named]), "/tools/0/name"),
        ("user", json!("canary-user"), "/metadata/user_id"),
        ("stream", json!(false), "/stream"),
        ("top_k", json!(31), "/top_k"),
        ("thinking", json!({"type":"enabled","budget_tokens":2048}), "/thinking/budget_tokens"),
        ("container", json!("canary-box"), "/container"),
        ("cache_control", json!({"type":"ephemeral"}), "/cache_control/type"),
    ]
}

fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .start_paused(true)
        .build()
        .expect("a runtime")
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, ..ProptestConfig::default() })]

    /// Whatever members come together, each arrives or one of them is named.
    #[test]
    fn every_member_arrives_or_is_named(
        sayable in prop::sample::subsequence(members(), 0..6),
        unsayable in prop::sample::subsequence(beyond_anthropic(), 0..3),
    ) {
        let mut asked = Map::new();
        asked.extend(sayable.iter().map(|(name, value, _)| ((*name).to_owned(), value.clone())));
        asked.extend(unsayable.iter().map(|(name, value)| ((*name).to_owned(), value.clone())));
        let (status, error, sent) = runtime().block_on(async {
            let lab = Lab::new();
            lab.upstream("claude", &[hi()]).gateway(only("claude-sonnet-4"));
            let got = lab.chat(&asking(&Value::Object(asked))).await;
            (got.status, got.json()["error"]["param"].clone(), bodies(&lab))
        });
        let names: Vec<&str> = unsayable.iter().map(|(name, _)| *name).collect();
        // Where both are asked for, the refused value of a name stands for it.
        if names.is_empty() {
            prop_assert_eq!(status, 200, "{}", error);
            for (name, _, place) in &sayable {
                prop_assert!(sent[0].pointer(place).is_some(), "{} is missing: {}", name, sent[0]);
            }
        } else {
            prop_assert_eq!(status, 400);
            prop_assert!(names.contains(&error.as_str().unwrap_or_default()), "{}", error);
            prop_assert_eq!(sent.len(), 0);
        }
    }

    /// Every word of a conversation arrives, each once, in its order; instructions before all others.
    #[test]
    fn every_word_of_a_conversation_arrives_once(
        turns in prop::collection::vec((prop::sample::select(vec!["system", "user", "assistant"]), 1..3_usize), 1..8),
    ) {
        let mut count = 0;
        let mut expected = (Vec::new(), Vec::new());
        let mut messages = Vec::new();
        for (role, parts) in turns {
            let words: Vec<String> = (0..parts).map(|part| format!("w{}", count + part)).collect();
            count += parts;
            let content = match words.as_slice() {
                [one] => json!(one),
                many => many.iter().map(|text| json!({"type":"text","text":text})).collect(),
            };
            messages.push(json!({ "role": role, "content": content }));
            if role == "system" { expected.0.extend(words) } else { expected.1.extend(words) }
        }
        let sent = runtime().block_on(arrives("claude", &asking(&json!({ "messages": messages }))));
        let words = |value: &Value| -> Vec<String> {
            let text = value.to_string();
            let words = text.split(|c: char| !c.is_ascii_alphanumeric());
            let ours = |word: &&str| word.starts_with('w') && word[1..].parse::<u32>().is_ok();
            // An escaped line end stands before a word as `n`.
            words.map(|word| word.strip_prefix('n').unwrap_or(word)).filter(ours).map(str::to_owned).collect()
        };
        prop_assert_eq!(words(&sent["system"]), expected.0);
        prop_assert_eq!(words(&sent["messages"]), expected.1);
        let roles: Vec<&str> = sent["messages"].as_array().expect("turns").iter().map(|turn| turn["role"].as_str().expect("a role")).collect();
        prop_assert!(roles[0] == "user" && roles.windows(2).all(|pair| pair[0] != pair[1]), "{:?}", roles);
    }
}
