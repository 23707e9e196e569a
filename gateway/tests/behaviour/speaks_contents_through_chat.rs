//! Clients of Google's, and the deployment speaks OpenAI's chat completions, or Anthropic's Messages that these are
//! translated to: requests arrive in the provider's words, answers, counts and refusals come back in Google's. The
//! upstreams' bytes are written by hand, after the providers' references.

#![expect(clippy::expect_used, reason = "helpers of tests")]

use std::sync::Arc;

use crate::support::*;
use gateway::config::{Config, Deployment};
use serde_json::{Value, json};
use vocab::Protocol;

const WHOLE: &str = "/v1beta/models/model:generateContent";
const EVENTS: &str = "/v1beta/models/model:streamGenerateContent?alt=sse";
const COUNT: &str = "/v1beta/models/model:countTokens";

fn at(protocol: Protocol) -> Deployment {
    let model = match protocol {
        Protocol::Anthropic => "claude-sonnet-4-5",
        _ => "own-model",
    };
    Deployment {
        protocol,
        base_path: Arc::from(""),
        model: Arc::from(model),
        ..deployment("there")
    }
}

fn only(protocol: Protocol) -> Config {
    config("least-busy", vec![at(protocol)])
}

fn says(protocol: Protocol) -> Act {
    let body = match protocol {
        Protocol::Anthropic => {
            json!({"id":"msg_1","type":"message","role":"assistant","model":"claude","content":[{"type":"thinking","thinking":"hm","signature":"si+g/"},{"type":"redacted_thinking","data":"zz"},{"type":"text","text":"hi"},{"type":"tool_use","id":"toolu_1","name":"look","input":{"at":1}}],"stop_reason":"tool_use","usage":{"input_tokens":7,"output_tokens":2,"cache_read_input_tokens":3}})
        }
        _ => {
            json!({"id":"c1","object":"chat.completion","created":1,"model":"gpt-4o-2024","choices":[{"index":0,"message":{"role":"assistant","content":"hi"},"finish_reason":"length"}],"usage":{"prompt_tokens":10,"completion_tokens":5,"total_tokens":15,"completion_tokens_details":{"reasoning_tokens":3}}})
        }
    };
    Act::Reply(200, vec![], body.to_string())
}

fn sent(lab: &Lab) -> Vec<Sent> {
    lab.sent.lock().expect("no poison").clone()
}

fn asking(members: &Value) -> String {
    let mut body = json!({"contents":[{"role":"user","parts":[{"text":"hello"}]}]});
    let members = members.as_object().expect("members").clone();
    body.as_object_mut().expect("an object").extend(members);
    body.to_string()
}

async fn arrives(protocol: Protocol, members: &Value) -> (Got, Value) {
    let lab = Lab::new();
    lab.upstream("there", &[says(protocol)]).gateway(only(protocol));
    let got = lab.post(WHOLE, &[], &asking(members)).await;
    assert_eq!(got.status, 200, "{protocol}: {}", got.body);
    let body = serde_json::from_str(&sent(&lab)[0].body).expect("JSON");
    (got, body)
}

fn everything() -> Value {
    json!({
        "systemInstruction": {"parts":[{"text":"be"},{"text":"brief"}]},
        "generationConfig": {
            "temperature": 0.5, "topP": 0.9, "maxOutputTokens": 3000, "stopSequences": ["END"],
            "responseModalities": ["TEXT"], "thinkingConfig": {"thinkingBudget": 2048, "includeThoughts": true},
        },
        "safetySettings": [{"category":"HARM_CATEGORY_HARASSMENT","threshold":"BLOCK_NONE"}],
        "tools": [{"functionDeclarations":[
            {"name":"look","description":"d","parameters":{"type":"OBJECT","properties":{"at":{"type":"STRING","nullable":true}}}},
            {"name":"other","parametersJsonSchema":{"type":"object"}}]}],
        "toolConfig": {"functionCallingConfig":{"mode":"AUTO"}},
        "contents": [
            {"role":"user","parts":[{"text":"look"},{"inline_data":{"mime_type":"image/png","data":"AAAA"}}]},
            {"role":"model","parts":[
                {"text":"h","thought":true},
                {"text":"m","thought":true,"thoughtSignature":"eyJzaWduYXR1cmUiOiJzaStnLyJ9"},
                {"text":"of somebody else","thought":true,"thoughtSignature":"AAAA"},
                {"text":"I see"},
                {"functionCall":{"name":"look","args":{"at":"it"}}},
                {"functionCall":{"id":"call-2","name":"look","args":{}}, "thoughtSignature":"BBBB"}]},
            {"role":"user","parts":[
                {"functionResponse":{"name":"look","response":{"result":"one"}}},
                {"functionResponse":{"id":"call-2","name":"look","response":{"a":1,"b":2}}},
                {"text":"and now?"}]}
        ]
    })
}

#[tokio::test(start_paused = true)]
async fn a_request_with_everything_arrives_in_the_providers_words() {
    for protocol in [Protocol::OpenAi, Protocol::Anthropic] {
        let (_, body) = arrives(protocol, &everything()).await;
        insta::assert_json_snapshot!(format!("contents_at_{protocol}"), body);
    }
}

#[tokio::test(start_paused = true)]
async fn a_whole_answer_comes_back_as_candidates() {
    let (got, _) = arrives(Protocol::OpenAi, &json!({})).await;
    assert_eq!(
        got.json(),
        json!({
            "candidates": [{"content":{"parts":[{"text":"hi"}],"role":"model"},"finishReason":"MAX_TOKENS","index":0}],
            "usageMetadata": {"promptTokenCount":10,"candidatesTokenCount":2,"totalTokenCount":15,"thoughtsTokenCount":3},
            "modelVersion": "gpt-4o-2024", "responseId": "c1"
        })
    );
    let (got, _) = arrives(Protocol::Anthropic, &json!({})).await;
    let parts = got.json()["candidates"][0]["content"]["parts"].clone();
    let call = json!({"functionCall":{"id":"toolu_1","name":"look","args":{"at":1}}});
    let expected = json!([
        {"text":"hm","thought":true,"thoughtSignature":"eyJzaWduYXR1cmUiOiJzaStnLyJ9"},
        {"text":"","thought":true,"thoughtSignature":"eyJyZWRhY3RlZCI6Inp6In0="},
        {"text":"hi"}, call
    ]);
    assert_eq!(parts, expected);
    assert_eq!(got.json()["usageMetadata"]["cachedContentTokenCount"], 3);
    // What was thought goes back as it came, in whichever alphabet a client writes base64.
    let mut back = expected;
    back[1]["thoughtSignature"] = json!("eyJyZWRhY3RlZCI6Inp6In0");
    let contents = json!([
        {"role":"user","parts":[{"text":"hello"}]}, {"role":"model","parts":back},
        {"role":"user","parts":[{"functionResponse":{"id":"toolu_1","name":"look","response":{}}}]}
    ]);
    let tools = json!([{"functionDeclarations":[{"name":"look"}]}]);
    let (_, body) = arrives(Protocol::Anthropic, &json!({"contents":contents,"tools":tools})).await;
    assert_eq!(
        body["messages"][1]["content"].as_array().expect("blocks")[..2],
        [
            json!({"type":"thinking","thinking":"hm","signature":"si+g/"}),
            json!({"type":"redacted_thinking","data":"zz"})
        ]
    );
}

#[tokio::test(start_paused = true)]
async fn several_answers_are_several_candidates() {
    let lab = Lab::new();
    let choice = |index: u32| json!({"index":index,"message":{"role":"assistant","content":format!("a{index}")},"finish_reason":"stop"});
    let reply = json!({"id":"c","object":"chat.completion","created":1,"model":"m","choices":[choice(0),choice(1)]});
    lab.upstream("there", &[Act::Reply(200, vec![], reply.to_string())])
        .gateway(only(Protocol::OpenAi));
    let body = asking(&json!({"generationConfig":{"candidateCount":2}}));
    let got = lab.post(WHOLE, &[], &body).await.json();
    assert_eq!(got["candidates"][1]["content"]["parts"][0]["text"], "a1");
    assert_eq!(serde_json::from_str::<Value>(&sent(&lab)[0].body).expect("JSON")["n"], 2);
    let got = lab.post(EVENTS, &[], &body).await;
    assert!(
        got.json()["error"]["message"]
            .as_str()
            .expect("a text")
            .contains("`generationConfig.candidateCount`")
    );
}

#[tokio::test(start_paused = true)]
async fn a_stream_comes_back_as_frames_with_whole_calls() {
    let lab = Lab::new();
    let call = |index: u32, rest: &str| {
        chunk(&format!(r#"{{"tool_calls":[{{"index":{index}{rest}}}]}}"#), "null")
    };
    let begun = |id: &str| {
        format!(r#","id":"{id}","type":"function","function":{{"name":"f","arguments":"{{\"a\""}}"#)
    };
    let rest = r#","function":{"arguments":":1}"}"#;
    let usage = r#"data: {"id":"c","object":"chat.completion.chunk","created":1,"model":"m","choices":[],"usage":{"prompt_tokens":3,"completion_tokens":2,"total_tokens":5}}"#;
    let steps = vec![
        role(),
        word("Hel"),
        word("lo"),
        call(0, &begun("c1")),
        call(0, rest),
        call(1, &begun("c2")),
        call(1, rest),
        chunk("{}", "\"tool_calls\""),
        Step::Say(format!("{usage}\n\n")),
        Step::Say("data: [DONE]\n\n".to_owned()),
    ];
    lab.upstream("there", &[Act::Stream(steps)]).gateway(only(Protocol::OpenAi));
    let got = lab.post(EVENTS, &[], &asking(&json!({}))).await;
    let frames = got.body.split("\r\n\r\n").filter_map(|frame| frame.strip_prefix("data: "));
    let frames: Vec<Value> = frames.map(|data| serde_json::from_str(data).expect("JSON")).collect();
    let parts: Vec<Value> =
        frames.iter().map(|frame| frame["candidates"][0]["content"]["parts"].clone()).collect();
    let whole = |id: &str| json!({"functionCall":{"id":id,"name":"f","args":{"a":1}}});
    let expected = [
        json!([{"text":"Hel"}]),
        json!([{"text":"lo"}]),
        json!([whole("c1")]),
        json!([whole("c2")]),
        json!([{"text":""}]),
    ];
    assert_eq!(parts, expected, "{}", got.body);
    let last = frames.last().expect("a frame");
    assert_eq!(last["candidates"][0]["finishReason"], "STOP");
    assert_eq!(last["usageMetadata"]["totalTokenCount"], 5);
    assert!(frames[..4].iter().all(|frame| frame["candidates"][0].get("finishReason").is_none()));
    let asked: Value = serde_json::from_str(&sent(&lab)[0].body).expect("JSON");
    assert_eq!(
        (&asked["stream"], &asked["stream_options"]["include_usage"]),
        (&json!(true), &json!(true))
    );
}

#[tokio::test(start_paused = true)]
async fn functions_and_forms_are_asked_for_as_google_means_them() {
    let declared = json!([{"functionDeclarations":[{"name":"a"},{"name":"b"}]}]);
    let with =
        |config: Value| json!({"tools":declared,"toolConfig":{"functionCallingConfig":config}});
    let (_, body) =
        arrives(Protocol::OpenAi, &with(json!({"mode":"ANY","allowedFunctionNames":["b"]}))).await;
    assert_eq!(body["tool_choice"], "required");
    assert_eq!(body["tools"].as_array().map(Vec::len), Some(1));
    assert_eq!(body["tools"][0]["function"]["name"], "b");
    let (_, body) = arrives(Protocol::OpenAi, &with(json!({"mode":"NONE"}))).await;
    assert_eq!(body["tool_choice"], "none");
    let (_, body) = arrives(Protocol::OpenAi, &with(json!({"mode":"VALIDATED"}))).await;
    assert_eq!(
        (&body["tool_choice"], &body["tools"][1]["function"]["strict"]),
        (&Value::Null, &json!(true))
    );
    let form = |schema: Value| json!({"generationConfig":{"responseMimeType":"application/json","responseSchema":schema}});
    let object = |required: Value| json!({"type":"OBJECT","properties":{"a":{"type":"STRING"}},"required":required});
    let (_, body) = arrives(Protocol::OpenAi, &form(object(json!(["a"])))).await;
    let schema = json!({"type":"object","properties":{"a":{"type":"string"}},"required":["a"],"additionalProperties":false});
    assert_eq!(
        body["response_format"]["json_schema"],
        json!({"name":"answer","strict":true,"schema":schema})
    );
    let (_, body) = arrives(Protocol::OpenAi, &form(object(json!([])))).await;
    assert_eq!(body["response_format"]["json_schema"]["strict"], false);
    let (_, body) = arrives(
        Protocol::OpenAi,
        &json!({"generationConfig":{"responseMimeType":"application/json"}}),
    )
    .await;
    assert_eq!(body["response_format"], json!({"type":"json_object"}));
    let thinking = |config: Value| json!({"generationConfig":{"thinkingConfig":config}});
    let effort = async |config: Value| {
        let (_, body) = arrives(Protocol::OpenAi, &thinking(config)).await;
        body["reasoning_effort"].clone()
    };
    assert_eq!(effort(json!({"thinkingLevel":"HIGH"})).await, "high");
    assert_eq!(effort(json!({"thinkingBudget":3000})).await, "medium");
    assert_eq!(effort(json!({"thinkingBudget":-1})).await, Value::Null);
    let (_, body) = arrives(Protocol::Anthropic, &thinking(json!({"thinkingBudget":3000}))).await;
    assert_eq!(body["thinking"], json!({"type":"enabled","budget_tokens":3000}));
}

#[tokio::test(start_paused = true)]
async fn what_cannot_be_said_is_refused_as_the_client_wrote_it() {
    let part = |part: Value| json!({"contents":[{"parts":[{"text":"a"}]},{"role":"user","parts":[{"text":"b"},part]}]});
    for (protocol, members, named) in [
        (Protocol::OpenAi, json!({"cachedContent":"cachedContents/1"}), "`cachedContent`"),
        (Protocol::OpenAi, json!({"tools":[{"googleSearch":{}}]}), "`tools`"),
        (Protocol::OpenAi, json!({"generationConfig":{"topK":4}}), "`generationConfig.topK`"),
        (
            Protocol::OpenAi,
            json!({"generation_config":{"response_logprobs":true}}),
            "`generationConfig.responseLogprobs`",
        ),
        (Protocol::OpenAi, json!({"unheard":1}), "`unheard`"),
        (
            Protocol::OpenAi,
            json!({"safetySettings":[{"category":"X","threshold":"BLOCK_LOW_AND_ABOVE"}]}),
            "`safetySettings`",
        ),
        (
            Protocol::OpenAi,
            part(json!({"fileData":{"fileUri":"gs://b/o.png","mimeType":"image/png"}})),
            "`contents[1].parts[1]`",
        ),
        (Protocol::OpenAi, part(json!({"executableCode":{"code":"1"}})), "`contents[1].parts[1]`"),
        (
            Protocol::OpenAi,
            part(json!({"text":"x","videoMetadata":{"fps":1}})),
            "`contents[1].parts[1]`",
        ),
        (
            Protocol::OpenAi,
            part(json!({"functionResponse":{"name":"f","response":{}}})),
            "`contents[1].parts[1]`",
        ),
        (
            Protocol::OpenAi,
            json!({"contents":[{"role":"system","parts":[]}]}),
            "`contents[0].role`",
        ),
        (Protocol::OpenAi, json!({"contents":[]}), "`contents`"),
        (Protocol::Anthropic, json!({"generationConfig":{"seed":4}}), "`generationConfig.seed`"),
        (
            Protocol::Anthropic,
            part(json!({"inlineData":{"mimeType":"audio/wav","data":"AA"}})),
            "`contents[1]`",
        ),
    ] {
        let lab = Lab::new();
        lab.upstream("there", &[says(protocol)]).gateway(only(protocol));
        let got = lab.post(WHOLE, &[], &asking(&members)).await;
        let error = got.json()["error"].clone();
        assert_eq!(
            (got.status, &error["status"]),
            (400, &json!("INVALID_ARGUMENT")),
            "{}",
            got.body
        );
        assert!(error["message"].as_str().expect("a text").contains(named), "{named}: {error}");
        assert!(lab.hosts().is_empty());
    }
    let dropped = json!({"drop_params":true,"generationConfig":{"topK":4,"seed":1}});
    let lab = Lab::new();
    lab.upstream("there", &[says(Protocol::OpenAi)]).gateway(only(Protocol::OpenAi));
    let got = lab.post(WHOLE, &[], &asking(&dropped)).await;
    assert_eq!(
        (got.status, got.header("x-brownout-dropped-params")),
        (200, "generationConfig.topK")
    );
}

#[tokio::test(start_paused = true)]
async fn tokens_are_counted_by_who_counts_and_estimated_where_nobody_does() {
    let lab = Lab::new();
    lab.upstream("there", &[Act::Reply(200, vec![], r#"{"input_tokens":31}"#.to_owned())]);
    lab.gateway(only(Protocol::Anthropic));
    let request =
        json!({"contents":[{"parts":[{"text":"hello"}]}],"generationConfig":{"maxOutputTokens":5}});
    let got = lab.post(COUNT, &[], &json!({ "generateContentRequest": request }).to_string()).await;
    assert_eq!((got.status, got.json()), (200, json!({"totalTokens":31})));
    assert_eq!(got.header("x-brownout-dropped-params"), "generationConfig.maxOutputTokens");
    let sent = sent(&lab);
    assert_eq!(sent[0].path, "/v1/messages/count_tokens");
    let asked: Value = serde_json::from_str(&sent[0].body).expect("JSON");
    let asked: Vec<&String> = asked.as_object().expect("an object").keys().collect();
    assert_eq!(asked, ["model", "messages"]);
    let lab = Lab::new();
    lab.upstream("there", &[says(Protocol::OpenAi)]).gateway(only(Protocol::OpenAi));
    let long = "word ".repeat(400);
    let picture = json!({"inlineData":{"mimeType":"image/png","data":"A".repeat(9000)}});
    let got = lab
        .post(COUNT, &[], &json!({"contents":[{"parts":[{"text":long},picture]}]}).to_string())
        .await;
    let tokens = got.json()["totalTokens"].as_u64().expect("a number");
    assert!((500..600).contains(&tokens), "{tokens}");
    assert_eq!(got.header("x-brownout-estimated"), "totalTokens");
    assert!(lab.hosts().is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_note_on_a_part_is_told_to_nobody_and_named() {
    for protocol in [Protocol::OpenAi, Protocol::Anthropic] {
        let part = json!({"text":"hello","partMetadata":{"mine":"NOTE"}});
        let contents = json!({"contents":[{"role":"user","parts":[part]}]});
        let (got, sent) = arrives(protocol, &contents).await;
        let named = got.header("x-brownout-dropped-params");
        assert_eq!(named, "contents[0].parts[0].partMetadata", "{protocol}");
        assert!(!sent.to_string().contains("NOTE"), "{protocol}: {sent}");
    }
}
