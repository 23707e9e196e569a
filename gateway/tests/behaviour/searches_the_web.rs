//! A search of the web that a chat completion asks for, where the provider has one: Anthropic's tool, on Vertex AI too, and
//! Google's. Nobody else is asked.

#![expect(clippy::expect_used, reason = "helpers of tests")]

use crate::support::*;
use gateway::config::Config;
use gateway::litellm::{self, Dummies};
use serde_json::{Map, Value, json};

const CLAUDE: &str = "anthropic/claude-sonnet-4-5";
const GEMINI: &str = "gemini/gemini-2.5-flash";

fn with(model: &str) -> Config {
    let mut params = json!({ "model": model, "api_base": "https://a", "api_key": "sk-upstream" });
    if model.starts_with("bedrock") {
        params["aws_region_name"] = json!("us-east-1");
        params["aws_access_key_id"] = json!("key");
        params["aws_secret_access_key"] = json!("secret");
    }
    let file = json!({
        "model_list": [{ "model_name": "model", "litellm_params": params }],
        "router_settings": { "num_retries": 0 },
    });
    litellm::read(&file, &Dummies).expect("a valid config").config
}

/// The answer, what was named as left out, and what arrived.
async fn asked(model: &str, said: &Value) -> (Got, String, Option<Value>) {
    let lab = Lab::new();
    lab.upstream("a", &[answer("hi")]).gateway(with(model));
    let mut body = json!({"model":"model","messages":[{"role":"user","content":"hello"}]});
    body.as_object_mut().expect("an object").extend(said.as_object().expect("members").clone());
    let got = lab.chat(&body.to_string()).await;
    let dropped = got.headers.get("x-brownout-dropped-params");
    let dropped = dropped.map_or("", |value| value.to_str().expect("text")).to_owned();
    let sent = lab
        .sent
        .lock()
        .expect("no poison")
        .first()
        .map(|sent| serde_json::from_str(&sent.body).expect("JSON"));
    (got, dropped, sent)
}

async fn tools(model: &str, said: &Value) -> Value {
    let (got, _, sent) = asked(model, said).await;
    sent.unwrap_or_else(|| unreachable!("{}", got.body))["tools"].clone()
}

/// Refused under that name, and left out and named where that is allowed.
async fn refused(model: &str, options: &Value, path: &str, left: &Value) {
    let mut said = json!({ "web_search_options": options });
    let (got, _, sent) = asked(model, &said).await;
    let error: Value = serde_json::from_str(&got.body).expect("JSON");
    assert_eq!((got.status, &error["error"]["param"]), (400, &json!(path)), "{model}: {error}");
    assert!(sent.is_none(), "{model}");
    said["drop_params"] = json!(true);
    let (got, dropped, sent) = asked(model, &said).await;
    let tools = sent.unwrap_or_else(|| unreachable!("{}", got.body))["tools"].clone();
    assert_eq!(&tools, left, "{model} {path}");
    assert!(got.status != 200 || dropped == path, "{model}: {dropped}");
}

#[tokio::test(start_paused = true)]
async fn anthropic_searches_as_often_as_a_size_says_from_where_the_user_is() {
    let search = |more: Value| {
        let mut tool: Map<String, Value> =
            json!({ "type": "web_search_20250305", "name": "web_search" })
                .as_object()
                .expect("an object")
                .clone();
        tool.extend(more.as_object().expect("members").clone());
        Value::Object(tool)
    };
    let place = json!({ "city": "Bern", "country": "CH" });
    for (options, more) in [
        (json!({}), json!({})),
        (json!({ "search_context_size": "low" }), json!({ "max_uses": 1 })),
        (json!({ "search_context_size": "medium" }), json!({ "max_uses": 5 })),
        (json!({ "search_context_size": "high" }), json!({ "max_uses": 10 })),
        (
            json!({ "user_location": { "type": "approximate", "approximate": place } }),
            json!({ "user_location": { "type": "approximate", "city": "Bern", "country": "CH" } }),
        ),
    ] {
        let said = json!({ "web_search_options": options });
        assert_eq!(tools(CLAUDE, &said).await, json!([search(more)]), "{options}");
    }
    let function = json!({ "type": "function", "function": { "name": "f" } });
    let both = json!({ "web_search_options": {}, "tools": [function], "tool_choice": "required" });
    let tools = tools(CLAUDE, &both).await;
    assert_eq!((&tools[0]["name"], &tools[1]), (&json!("f"), &search(json!({}))));
}

#[tokio::test(start_paused = true)]
async fn google_searches_and_takes_no_settings() {
    let google = json!([{ "googleSearch": {} }]);
    for options in [json!({}), json!({ "search_context_size": "medium" })] {
        assert_eq!(tools(GEMINI, &json!({ "web_search_options": options })).await, google);
    }
    let place = json!({ "user_location": { "approximate": { "city": "Bern" } } });
    refused(GEMINI, &place, "web_search_options.user_location", &google).await;
    let function = json!({ "type": "function", "function": { "name": "f" } });
    let both = json!({ "web_search_options": {}, "tools": [function] });
    let (got, _, sent) = asked(GEMINI, &both).await;
    assert!(got.status == 400 && sent.is_none(), "{}", got.body);
    assert!(got.body.contains("`web_search_options` stands beside `tools`"), "{}", got.body);
}

#[tokio::test(start_paused = true)]
async fn what_nobody_knows_of_a_search_is_refused_under_its_path() {
    let search = json!([{ "type": "web_search_20250305", "name": "web_search" }]);
    for (options, path) in [
        (json!({ "depth": 3 }), "web_search_options.depth"),
        (json!({ "search_context_size": "huge" }), "web_search_options.search_context_size"),
    ] {
        refused(CLAUDE, &options, path, &search).await;
    }
    for model in [
        "bedrock/converse/amazon.nova-lite-v1:0",
        "bedrock/invoke/anthropic.claude-sonnet-4-5-20250929-v1:0",
        "ollama_chat/llama3",
    ] {
        refused(model, &json!({}), "web_search_options", &Value::Null).await;
    }
}
