//! Everything besides chat: the Responses API, completions, embeddings, moderations, counting
//! tokens, lists of models.

use crate::support::{PROTOCOLS, Seen, World, deployment, rule, send};
use http::Method;
use serde_json::{Value, json};
use vocab::Protocol;

async fn post(protocol: Protocol, path: &str, body: Value) -> Seen {
    let world = World::new(vec![deployment(protocol, 1)], vec![]);
    let own = world.config.deployments[0].clone();
    world.call(0, send(&own, Method::POST, path, body.to_string()), 1).await
}

#[tokio::test(start_paused = true)]
async fn responses_as_a_whole() {
    let tool = json!({ "type": "function", "name": "look", "parameters": {
        "type": "object", "properties": { "at": { "type": "string" } } } });
    let body = json!({ "model": "gpt-4o", "input": "hello there [[answer:2]]", "instructions": "be brief",
        "reasoning": { "effort": "minimal", "summary": "auto" } });
    let mut text = post(Protocol::OpenAi, "/v1/responses", body).await.body();
    text += "\n\n";
    let body =
        json!({ "model": "gpt-4o", "input": "look", "tools": [tool], "max_output_tokens": 16 });
    text += &post(Protocol::OpenAi, "/v1/responses", body).await.body();
    insta::assert_snapshot!("responses-plain", text);
}

#[tokio::test(start_paused = true)]
async fn responses_as_streams() {
    let tool = json!({ "type": "function", "name": "look", "parameters": {
        "type": "object", "properties": { "at": { "type": "string" } } } });
    for (name, body) in [
        ("text", json!({ "input": "hello [[answer:2]]" })),
        ("calls", json!({ "input": "look [[calls:2]]", "tools": [tool] })),
        (
            "thoughts",
            json!({ "input": "[[thinking:2]] [[answer:1]]", "reasoning": { "summary": "auto" } }),
        ),
        ("cut", json!({ "input": "[[answer:50]]", "max_output_tokens": 16 })),
        ("refusal", json!({ "input": "[[refuse]]" })),
    ] {
        let mut body = body;
        body["model"] = "gpt-4o".into();
        body["stream"] = true.into();
        let seen = post(Protocol::OpenAi, "/v1/responses", body).await;
        let events = seen.body();
        let names: Vec<&str> =
            events.lines().filter_map(|line| line.strip_prefix("event: ")).collect();
        let numbers: Vec<u64> = events
            .lines()
            .filter_map(|line| line.strip_prefix("data: "))
            .map(|data| {
                serde_json::from_str::<Value>(data).unwrap()["sequence_number"].as_u64().unwrap()
            })
            .collect();
        assert_eq!(numbers, (0..names.len() as u64).collect::<Vec<_>>(), "{name}");
        insta::assert_snapshot!(format!("responses-stream-{name}"), events);
    }
    let azure = json!({ "model": "gpt-4o", "input": "[[answer:1]]", "stream": true });
    for path in ["/openai/v1/responses", "/openai/responses?api-version=2025-04-01-preview"] {
        let seen = post(Protocol::Azure, path, azure.clone()).await;
        assert!(seen.body().contains("event: response.completed"), "{path}");
    }
}

#[tokio::test(start_paused = true)]
async fn completions() {
    let body = json!({ "model": "gpt-4o", "prompt": "once upon [[answer:2]]" });
    let mut text = post(Protocol::OpenAi, "/v1/completions", body).await.body();
    let body = json!({ "model": "gpt-4o", "prompt": ["a", "b [[answer:1]]"], "stream": true,
        "stream_options": { "include_usage": true } });
    text += "\n\n";
    text += &post(Protocol::OpenAi, "/v1/completions", body).await.body();
    insta::assert_snapshot!("completions", text);
}

#[tokio::test(start_paused = true)]
async fn embeddings() {
    let path = "/openai/deployments/gpt-4o/embeddings?api-version=2024-10-21";
    let body = json!({ "input": ["one two", "three"], "dimensions": 4 });
    let floats = post(Protocol::Azure, path, body).await.json();
    assert_eq!(floats["usage"]["prompt_tokens"], 3);
    assert_eq!(floats["data"][1]["index"], 1);
    let numbers = floats["data"][0]["embedding"].as_array().unwrap();
    assert!(numbers.iter().all(|number| number.as_f64().unwrap().abs() == 0.5));
    let body = json!({ "model": "gpt-4o", "input": "one two", "dimensions": 4, "encoding_format": "base64" });
    let packed = post(Protocol::OpenAi, "/v1/embeddings", body).await.json();
    assert_eq!(packed["data"][0]["embedding"].as_str().unwrap().len(), 24);
    let body = json!({ "model": "gpt-4o", "input": "one two" });
    let usual = post(Protocol::OpenAi, "/v1/embeddings", body).await.json();
    assert_eq!(usual["data"][0]["embedding"].as_array().unwrap().len(), 1536);
}

#[tokio::test(start_paused = true)]
async fn moderations() {
    let body = json!({ "input": ["peace", "war [[flagged]]"] });
    let seen = post(Protocol::OpenAi, "/v1/moderations", body).await.json();
    assert_eq!(seen["results"][0]["flagged"], false);
    assert_eq!(seen["results"][1]["categories"]["violence"], true);
}

#[tokio::test(start_paused = true)]
async fn speech_is_as_long_as_its_text_and_in_the_form_that_is_asked_for() {
    let speak = async |form: Value, text: String, speed: f64| {
        let mut body =
            json!({ "model": "gpt-4o", "input": text, "voice": "alloy", "speed": speed });
        if !form.is_null() {
            body["response_format"] = form;
        }
        post(Protocol::OpenAi, "/v1/audio/speech", body).await
    };
    for (form, media, begins, bytes) in [
        (Value::Null, "audio/mpeg", &[0xff, 0xf3, 0x44][..], 3_168),
        ("mp3".into(), "audio/mpeg", &[0xff, 0xf3, 0x44][..], 3_168),
        ("opus".into(), "audio/opus", b"OggS", 3_200),
        ("aac".into(), "audio/aac", &[0xff, 0xf1], 3_200),
        ("flac".into(), "audio/flac", b"fLaC", 3_200),
        ("wav".into(), "audio/wav", b"RIFF", 44 + 38_400),
        ("pcm".into(), "audio/pcm", &[0, 0], 38_400),
    ] {
        let seen = speak(form.clone(), "two words".to_owned(), 1.0).await;
        assert_eq!((seen.status, seen.header("content-type")), (200, Some(media)), "{form}");
        assert!(seen.raw.starts_with(begins), "{form}");
        assert_eq!(seen.raw.len(), bytes, "{form}");
    }
    let halved = speak("pcm".into(), "two words".to_owned(), 2.0).await;
    assert_eq!(halved.raw.len(), 19_200);
    let long = speak("wav".into(), "a ".repeat(2000), 0.25).await;
    assert_eq!(long.raw.len(), 44 + 30 * 48_000, "half a minute at most");
    let azure = "/openai/deployments/gpt-4o/audio/speech?api-version=2024-10-21";
    let body = json!({ "input": "two words", "voice": "alloy" });
    let seen = post(Protocol::Azure, azure, body).await;
    assert_eq!((seen.status, seen.header("content-type")), (200, Some("audio/mpeg")));
}

#[tokio::test(start_paused = true)]
async fn speech_that_cannot_be_is_refused_by_the_member_at_fault() {
    let whole = json!({ "model": "gpt-4o", "input": "hello", "voice": "alloy" });
    for (member, value) in [
        ("voice", None),
        ("input", None),
        ("input", Some(json!("a".repeat(4097)))),
        ("speed", Some(json!(5))),
        ("response_format", Some(json!("midi"))),
        ("stream_format", Some(json!("sse"))),
    ] {
        let mut body = whole.clone();
        match value {
            Some(value) => body[member] = value,
            None => drop(body.as_object_mut().unwrap().shift_remove(member)),
        }
        let seen = post(Protocol::OpenAi, "/v1/audio/speech", body).await;
        assert_eq!((seen.status, &seen.json()["error"]["param"]), (400, &json!(member)));
    }
}

#[tokio::test(start_paused = true)]
async fn speech_meets_faults_as_other_answers_do() {
    let body = json!({ "model": "gpt-4o", "input": "two words", "voice": "alloy", "response_format": "pcm" });
    for (name, params, status, bytes, broke) in [
        ("error", json!(503), 503, None, None),
        ("reset", Value::Null, 0, None, Some("closed")),
        ("truncate_json", Value::Null, 200, Some(19_200), None),
        ("short_body", Value::Null, 200, Some(19_200), Some("body")),
        ("slow_headers", Value::Null, 200, Some(38_400), None),
    ] {
        let world =
            World::new(vec![deployment(Protocol::OpenAi, 1)], vec![rule("f", name, params)]);
        let own = world.config.deployments[0].clone();
        let call = send(&own, Method::POST, "/v1/audio/speech", body.to_string());
        let seen = world.call(0, call, 1).await;
        assert_eq!((seen.status, seen.broke), (status, broke), "{name}");
        if let Some(bytes) = bytes {
            assert_eq!(seen.raw.len(), bytes, "{name}");
            assert_eq!(seen.header("content-type"), Some("audio/pcm"), "{name}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn images_are_as_many_as_are_asked_for_and_in_the_form_of_their_model() {
    let draw = async |body: Value| post(Protocol::OpenAi, "/v1/images/generations", body).await;
    let two = json!({ "model": "gpt-4o", "prompt": "a fox", "n": 2, "size": "1024x1024" });
    let seen = draw(two.clone()).await.json();
    assert_eq!(seen["data"].as_array().map(Vec::len), Some(2));
    assert!(seen["data"][1]["url"].as_str().is_some_and(|url| url.ends_with("-1.png")));
    let mut coded = two.clone();
    coded["response_format"] = json!("b64_json");
    let seen = draw(coded).await.json();
    assert!(seen["data"][0]["b64_json"].as_str().is_some_and(|png| png.starts_with("iVBOR")));
    let azure = "/openai/deployments/gpt-4o/images/generations?api-version=2024-10-21";
    assert_eq!(post(Protocol::Azure, azure, json!({ "prompt": "a fox" })).await.status, 200);
    for (member, value) in [("n", json!(11)), ("response_format", json!("svg")), ("seed", json!(1))]
    {
        let mut body = two.clone();
        body[member] = value;
        assert_eq!(draw(body).await.status, 400, "{member}");
    }
}

#[tokio::test(start_paused = true)]
async fn transcriptions_are_as_long_as_their_file_and_in_the_form_that_is_asked_for() {
    let transcribe = async |path: &str, fields: &[(&str, &str)]| {
        let world = World::new(vec![deployment(Protocol::OpenAi, 1)], vec![]);
        let own = world.config.deployments[0].clone();
        let mut body = String::new();
        for (name, value) in fields {
            body += &format!(
                "--line\r\ncontent-disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n"
            );
        }
        body += "--line--\r\n";
        let mut call = send(&own, Method::POST, path, body);
        let form = "multipart/form-data; boundary=line".parse().expect("a value");
        call.headers_mut().insert("content-type", form);
        world.call(0, call, 1).await
    };
    let sound = "x".repeat(32_000);
    let whole = [("model", "gpt-4o"), ("file", sound.as_str())];
    for path in ["/v1/audio/transcriptions", "/v1/audio/translations"] {
        let seen = transcribe(path, &whole).await;
        assert_eq!(seen.json()["text"], "the quick brown fox jumps");
        assert_eq!(seen.json()["usage"]["seconds"], 2);
    }
    for (form, media, begins) in [
        ("text", "text/plain; charset=utf-8", "the quick"),
        ("srt", "text/plain; charset=utf-8", "1\n00:00:00,000 --> 00:00:02,000\nthe"),
        ("vtt", "text/vtt; charset=utf-8", "WEBVTT\n\n00:00:00.000 --> 00:00:02.000\nthe"),
        ("verbose_json", "application/json", "{\"task\":\"transcribe\""),
    ] {
        let fields = [whole[0], whole[1], ("response_format", form)];
        let seen = transcribe("/v1/audio/transcriptions", &fields).await;
        assert_eq!((seen.status, seen.header("content-type")), (200, Some(media)), "{form}");
        assert!(seen.body().starts_with(begins), "{form}: {}", seen.body());
    }
    for fields in [&whole[..1], &whole[1..]] {
        assert_eq!(transcribe("/v1/audio/transcriptions", fields).await.status, 400);
    }
}

#[tokio::test(start_paused = true)]
async fn counting_tokens() {
    let body = json!({ "model": "gpt-4o", "system": "be brief",
        "messages": [{ "role": "user", "content": "one two three" }] });
    let seen = post(Protocol::Anthropic, "/v1/messages/count_tokens", body).await;
    assert_eq!((seen.status, seen.body().as_str()), (200, r#"{"input_tokens":5}"#));
}

#[tokio::test(start_paused = true)]
async fn vertex_counts_the_tokens_of_the_model_that_the_body_names() {
    const PATH: &str =
        "/v1/projects/p/locations/l/publishers/anthropic/models/count-tokens:rawPredict";
    let messages = json!([{ "role": "user", "content": "one two three" }]);
    for (named, status) in [(json!("gpt-4o"), 200), (json!("gpt-9"), 404), (Value::Null, 400)] {
        let body = json!({ "anthropic_version": "vertex-2023-10-16", "model": named, "messages": messages });
        let seen = post(Protocol::Anthropic, PATH, body).await;
        assert_eq!(seen.status, status, "{named}: {}", seen.body());
        if status == 200 {
            assert_eq!(seen.body(), r#"{"input_tokens":3}"#);
        }
    }
}

#[tokio::test(start_paused = true)]
async fn one_model_and_heads() {
    for protocol in PROTOCOLS {
        let world = World::new(vec![deployment(protocol, 1)], vec![]);
        let own = world.config.deployments[0].clone();
        let prefix = if protocol == Protocol::Azure { "/openai/v1" } else { "/v1" };
        let get = |method, path: String| send(&own, method, &path, "");
        let one = world.call(0, get(Method::GET, format!("{prefix}/models/gpt-4o")), 1).await;
        assert_eq!(one.json()["id"], "gpt-4o");
        let none = world.call(0, get(Method::GET, format!("{prefix}/models/gpt-9")), 1).await;
        assert_eq!(none.status, 404);
        for path in ["/v1/models".to_owned(), format!("{prefix}/models/gpt-4o")] {
            let head = world.call(0, get(Method::HEAD, path), 1).await;
            assert_eq!((head.status, head.body().as_str()), (200, ""));
        }
    }
}
