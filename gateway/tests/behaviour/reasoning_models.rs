//! What OpenAI's and Azure's models that reason are asked, from client and config, in words that they take: as LiteLLM
//! asks them, under every personality.

#![expect(clippy::expect_used, reason = "helpers of tests")]

use crate::support::*;
use gateway::config::Config;
use gateway::litellm::{self, Dummies};
use gateway::policy;
use serde_json::{Map, Value, json};

/// A config of one deployment with those parameters.
fn with(params: &Value, settings: &Value, personality: &str) -> Config {
    let mut params = params.clone();
    let own = params.as_object_mut().expect("parameters");
    own.insert("api_base".to_owned(), json!("https://a/v1"));
    own.insert("api_key".to_owned(), json!("sk-upstream"));
    let file = json!({
        "model_list": [{ "model_name": "model", "litellm_params": params }],
        "litellm_settings": settings,
        "router_settings": { "num_retries": 0 },
    });
    let config = litellm::read(&file, &Dummies).expect("a valid config").config;
    Config { personality: policy::find(personality).expect("a personality"), ..config }
}

/// Status, header of what was left out, and what arrived besides model and messages.
async fn asked(
    (params, settings): (&Value, &Value),
    said: &Value,
    personality: &str,
) -> (u16, String, Option<Map<String, Value>>, String) {
    let lab = Lab::new();
    lab.upstream("a", &[answer("hi")]).gateway(with(params, settings, personality));
    let mut body = json!({"model":"model","messages":[{"role":"user","content":"hello"}]});
    body.as_object_mut().expect("an object").extend(said.as_object().expect("members").clone());
    let got = lab.chat(&body.to_string()).await;
    let dropped = got.headers.get("x-brownout-dropped-params");
    let dropped = dropped.map(|value| value.to_str().expect("text").to_owned());
    let sent = lab.sent.lock().expect("no poison").first().map(|sent| {
        let mut body: Map<String, Value> = serde_json::from_str(&sent.body).expect("JSON");
        body.retain(|name, _| !["model", "messages"].contains(&name.as_str()));
        body
    });
    (got.status, dropped.unwrap_or_default(), sent, got.body)
}

const PERSONALITIES: [&str; 2] = ["litellm-1.106", "brownout"];

/// What arrives, and what is named as left out, where that is allowed.
async fn arrives(params: Value, said: Value, expected: Value, dropped: &str) {
    for personality in PERSONALITIES {
        let settings = json!({ "drop_params": true });
        let (status, named, sent, body) = asked((&params, &settings), &said, personality).await;
        assert_eq!(status, 200, "{params} {said}: {body}");
        assert_eq!(sent.map(Value::Object), Some(expected.clone()), "{params} {said}");
        assert_eq!(named, dropped, "{params} {said}");
    }
}

#[tokio::test(start_paused = true)]
async fn the_bound_of_an_answer_has_another_name() {
    let bound = json!({ "max_tokens": 100 });
    let renamed = json!({ "max_completion_tokens": 100 });
    for model in [
        "openai/gpt-5",
        "gpt-5-mini",
        "openai/o3-mini",
        "o1",
        "azure/gpt-5",
        "azure/o_series/any",
        "azure/gpt5_series/any",
    ] {
        let own = json!({ "model": model, "max_tokens": 100 });
        arrives(own, json!({}), renamed.clone(), "").await;
        arrives(json!({ "model": model }), bound.clone(), renamed.clone(), "").await;
        let both = json!({ "max_tokens": 100, "max_completion_tokens": 7 });
        let newer = json!({ "max_completion_tokens": 7 });
        arrives(json!({ "model": model }), both, newer, "").await;
    }
    let base = json!({ "model": "azure/own-name", "base_model": "azure/gpt-5" });
    arrives(base, bound.clone(), renamed, "").await;
    for model in ["openai/gpt-4o", "openai/gpt-5-chat-latest", "groq/gpt-5", "azure/own-name"] {
        arrives(json!({ "model": model }), bound.clone(), bound.clone(), "").await;
    }
}

#[tokio::test(start_paused = true)]
async fn what_such_a_model_does_not_take_is_left_out_and_named_where_that_is_allowed() {
    let said = json!({ "temperature": 0.2, "top_p": 0.5, "presence_penalty": 1, "seed": 7 });
    for model in ["openai/gpt-5", "openai/o3", "azure/gpt-5", "azure/o4-mini"] {
        let dropped = "presence_penalty, top_p, temperature";
        arrives(json!({ "model": model }), said.clone(), json!({ "seed": 7 }), dropped).await;
        let usual = json!({ "temperature": 1 });
        arrives(json!({ "model": model }), usual.clone(), usual, "").await;
    }
    let stop = json!({ "stop": ["END"], "logit_bias": { "1": 2 } });
    arrives(json!({ "model": "openai/gpt-5" }), stop.clone(), json!({}), "logit_bias, stop").await;
    arrives(json!({ "model": "openai/o3" }), stop.clone(), stop, "").await;
    // One that rests unless it is told to think, and one that thinks unless it is told to rest.
    let warm = json!({ "temperature": 0.2 });
    let resting = json!({ "temperature": 0.2, "reasoning_effort": "none" });
    let thinking = json!({ "temperature": 0.2, "reasoning_effort": "low" });
    let low = json!({ "reasoning_effort": "low" });
    let named = |model: &str| json!({ "model": model });
    arrives(named("openai/gpt-5.1-2025-11-13"), warm.clone(), warm.clone(), "").await;
    arrives(named("openai/gpt-5.1"), thinking, low, "temperature").await;
    arrives(named("openai/gpt-5.5"), warm, json!({}), "temperature").await;
    arrives(named("openai/gpt-5.5"), resting.clone(), resting, "").await;
}

#[tokio::test(start_paused = true)]
async fn what_such_a_model_does_not_take_is_refused_by_name_and_never_sent() {
    for personality in PERSONALITIES {
        for (model, param, value) in [
            ("openai/gpt-5", "temperature", json!(0.2)),
            ("azure/o3-mini", "temperature", json!(0.2)),
            ("openai/gpt-5", "stop", json!("END")),
            ("openai/gpt-4o", "thinking", json!({ "type": "enabled", "budget_tokens": 1024 })),
            ("azure/gpt-4o", "thinking", json!({ "type": "enabled", "budget_tokens": 1024 })),
            ("openai/gpt-4o", "reasoning_effort", json!("low")),
            ("azure/gpt-4o", "reasoning_effort", json!("low")),
            ("openai/gpt-5-chat-latest", "reasoning_effort", json!("low")),
            ("openai/gpt-4.1-mini", "verbosity", json!("low")),
        ] {
            let by_client = (json!({ "model": model }), json!({ param: value }));
            let by_config = (json!({ "model": model, param: value }), json!({}));
            for (params, said) in [by_client, by_config] {
                let (status, _, sent, body) =
                    asked((&params, &json!({})), &said, personality).await;
                assert_eq!((status, sent), (400, None), "{params} {said}: {body}");
                assert!(body.contains(&format!("`{param}` ")), "{body}");
            }
        }
    }
}

#[tokio::test(start_paused = true)]
async fn anthropics_word_on_thinking_is_left_out_at_openai_and_goes_through_elsewhere() {
    let thinking = json!({ "thinking": { "type": "enabled", "budget_tokens": 1024 } });
    for model in ["openai/gpt-4o", "azure/gpt-4o", "openai/gpt-5"] {
        arrives(json!({ "model": model }), thinking.clone(), json!({}), "thinking").await;
    }
    arrives(json!({ "model": "deepseek/r" }), thinking.clone(), thinking, "").await;
    // What is meant for the provider alone is nobody else's to judge.
    let own = json!({ "model": "openai/gpt-5", "extra_body": { "temperature": 0.2 } });
    arrives(own, json!({}), json!({ "temperature": 0.2 }), "").await;
}

#[tokio::test(start_paused = true)]
async fn whoever_wants_no_thoughts_gets_the_fewest_that_a_model_knows() {
    let messages = json!({"model":"model","max_tokens":9,"messages":[{"role":"user","content":"hi"}],"thinking":{"type":"disabled"}});
    let contents = json!({"contents":[{"parts":[{"text":"hi"}]}],"generationConfig":{"thinkingConfig":{"thinkingBudget":0}}});
    let converse = json!({"messages":[{"role":"user","content":[{"text":"hi"}]}],"additionalModelRequestFields":{"thinking":{"type":"disabled"}}});
    let fronts = [
        ("/v1/messages", messages, "thinking"),
        ("/v1beta/models/model:generateContent", contents, "generationConfig.thinkingConfig"),
        ("/bedrock/model/model/converse", converse, "additionalModelRequestFields.thinking"),
    ];
    for (model, effort, named) in [
        ("openai/gpt-5", json!("minimal"), false),
        ("openai/gpt-5-mini-2025-08-07", json!("minimal"), false),
        ("openai/gpt-5.1", json!("none"), false),
        ("openai/gpt-5.5", json!("none"), false),
        ("openai/gpt-4o", json!(null), false),
        ("groq/llama-3.3-70b-versatile", json!(null), false),
        ("openai/o3", json!(null), true),
        ("openai/gpt-5-pro", json!(null), true),
    ] {
        for (path, body, member) in &fronts {
            let lab = Lab::new();
            let params = json!({ "model": model });
            lab.upstream("a", &[answer("hi")]).gateway(with(&params, &json!({}), "brownout"));
            let got = lab.post(path, &[], &body.to_string()).await;
            assert_eq!(got.status, 200, "{model} {path}: {}", got.body);
            let sent: Value =
                serde_json::from_str(&lab.sent.lock().expect("no poison")[0].body).expect("JSON");
            assert_eq!(sent["reasoning_effort"], effort, "{model} {path}: {sent}");
            let dropped = got.headers.get("x-brownout-dropped-params");
            let dropped = dropped.map(|value| value.to_str().expect("a text"));
            assert_eq!(dropped, named.then_some(*member), "{model} {path}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_model_of_openais_that_does_not_reason_is_not_told_how_hard_to_think() {
    let said = json!({ "reasoning_effort": "low", "seed": 7 });
    for model in ["openai/gpt-4o", "gpt-4.1-mini", "azure/gpt-4o", "openai/gpt-5-chat-latest"] {
        let named = json!({ "model": model });
        arrives(named, said.clone(), json!({ "seed": 7 }), "reasoning_effort").await;
    }
    let base = json!({ "model": "azure/own-name", "base_model": "azure/gpt-4o" });
    arrives(base, said.clone(), json!({ "seed": 7 }), "reasoning_effort").await;
    // Of a name that nobody knows nothing is known.
    for model in ["openai/own-model", "azure/own-name", "groq/gpt-4o", "openai/o3"] {
        arrives(json!({ "model": model }), said.clone(), said.clone(), "").await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_word_on_thinking_is_refused_under_the_name_that_the_client_wrote() {
    let thinking = json!({ "type": "enabled", "budget_tokens": 1024 });
    let messages = json!({"model":"model","max_tokens":2000,"messages":[{"role":"user","content":"hi"}],"thinking":thinking});
    let contents = json!({"contents":[{"parts":[{"text":"hi"}]}],"generationConfig":{"thinkingConfig":{"thinkingBudget":1024}}});
    let converse = json!({"messages":[{"role":"user","content":[{"text":"hi"}]}],"additionalModelRequestFields":{"thinking":thinking}});
    for (path, body, named) in [
        ("/v1/messages", messages, "`thinking`"),
        ("/v1beta/models/model:generateContent", contents, "`generationConfig.thinkingConfig`"),
        ("/bedrock/model/model/converse", converse, "`additionalModelRequestFields.thinking`"),
    ] {
        let lab = Lab::new();
        let params = json!({ "model": "openai/gpt-4o" });
        lab.upstream("a", &[answer("hi")]).gateway(with(&params, &json!({}), "brownout"));
        let got = lab.post(path, &[], &body.to_string()).await;
        assert_eq!(got.status, 400, "{path}: {}", got.body);
        assert!(got.body.contains(named), "{path}: {}", got.body);
        assert!(lab.sent.lock().expect("no poison").is_empty(), "{path}");
    }
}

#[tokio::test(start_paused = true)]
async fn what_else_is_said_of_thinking_is_named_where_it_cannot_be_said() {
    let gemini = json!({ "model": "gemini/gemini-2.5-flash" });
    for (params, path) in [
        (json!({ "model": "openai/o3" }), "/v1/messages"),
        (gemini.clone(), "/v1/messages"),
        (gemini, "/v1/chat/completions"),
    ] {
        let ask = async |more: Value| {
            let lab = Lab::new();
            lab.upstream("a", &[answer("hi")]).gateway(with(&params, &json!({}), "brownout"));
            let mut thinking = json!({ "type": "enabled", "budget_tokens": 1024 });
            let own = thinking.as_object_mut().expect("an object");
            own.extend(more.as_object().expect("members").clone());
            let body = json!({"model":"model","max_tokens":2000,"messages":[{"role":"user","content":"hi"}],"thinking":thinking});
            let got = lab.post(path, &[], &body.to_string()).await;
            let sent = lab.sent.lock().expect("no poison").first().map(|sent| sent.body.clone());
            (got, sent)
        };
        let (got, sent) = ask(json!({ "interleaved": true })).await;
        assert!(got.status == 400 && sent.is_none(), "{params} {path}: {}", got.body);
        assert!(got.body.contains("`thinking.interleaved`"), "{params} {path}: {}", got.body);
        let (got, sent) = ask(json!({ "display": "omitted" })).await;
        assert!(!sent.expect("it is sent").contains("omitted"), "{params} {path}");
        let named = got.headers.get("x-brownout-dropped-params");
        assert!(got.status != 200 || named.is_some_and(|named| named == "thinking.display"));
    }
}
