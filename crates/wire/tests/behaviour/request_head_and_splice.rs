//! A gateway reads a request's head and changes its model without touching any other byte.

use bytes::Bytes;
use proptest::prelude::*;
use serde_json::{Map, Value, json};
use wire::openai::{RequestHead, splice_model, upstream_body};

const BODY: &str = r#"{ "messages": [{"role":"user","content":"say \"model\": \"x\""}],
  "model" : "gpt-4o", "stream":true, "stream_options":{"include_usage":true},
  "max_tokens": 10, "num_retries": 2, "timeout": 1.5, "fallbacks": ["b", "c"], "user": "kim" }"#;

#[test]
fn the_head_is_read() {
    let head = RequestHead::scan(BODY.as_bytes()).unwrap();
    assert_eq!(head.model.as_deref(), Some("gpt-4o"));
    assert!(head.stream && head.include_usage && !head.disable_fallbacks);
    assert_eq!((head.max_tokens, head.num_retries, head.timeout_s), (Some(10), Some(2), Some(1.5)));
    assert_eq!(head.user.as_deref(), Some("kim"));
    assert_eq!(&BODY[head.fallbacks.unwrap()], r#"["b", "c"]"#);
    assert!(BODY[head.messages.unwrap()].starts_with(r#"[{"role""#));
}

#[test]
fn the_newer_bound_wins_in_any_order() {
    for body in [
        r#"{"max_tokens":1,"max_completion_tokens":2}"#,
        r#"{"max_completion_tokens":2,"max_tokens":1}"#,
        r#"{"max_completion_tokens":2,"max_tokens":null}"#,
    ] {
        assert_eq!(RequestHead::scan(body.as_bytes()).unwrap().max_tokens, Some(2), "{body}");
    }
}

#[test]
fn only_the_model_s_bytes_change() {
    let body = Bytes::from_static(BODY.as_bytes());
    let head = RequestHead::scan(&body).unwrap();
    let spliced = splice_model(&body, &head, "my \"4o\"");
    assert_eq!(spliced, BODY.replace(r#""gpt-4o""#, r#""my \"4o\"""#));
    let same = splice_model(&body, &head, "gpt-4o");
    assert_eq!(same.as_ptr(), body.as_ptr(), "no copy where nothing changes");
}

#[test]
fn a_body_without_a_model_gets_one() {
    for (body, expected) in [
        (r#" {"n":1}"#, r#" {"model":"m","n":1}"#),
        ("{ }", r#"{"model":"m" }"#),
        (r#"{"timeout":3}"#, r#"{"model":"m"}"#),
    ] {
        let body = Bytes::from_static(body.as_bytes());
        let head = RequestHead::scan(&body).unwrap();
        assert_eq!(upstream_body(&body, &head, "m"), expected);
    }
}

#[test]
fn a_model_named_with_escapes_is_still_found() {
    let body = Bytes::from_static(br#"{"mod\u0065l":"gpt\u002d4o"}"#);
    let head = RequestHead::scan(&body).unwrap();
    assert_eq!(head.model.as_deref(), Some("gpt-4o"));
    assert_eq!(splice_model(&body, &head, "m"), r#"{"mod\u0065l":"m"}"#);
}

#[test]
fn bad_bodies_are_refused_with_the_place() {
    let refusal = |body: &[u8]| RequestHead::scan(body).unwrap_err().to_string();
    insta::assert_snapshot!(refusal(b"{\"model\":\"a\",\n \"stream\": tru}"), @"request body is not a JSON object: expected ident at byte 28");
    insta::assert_snapshot!(refusal(b"[]"), @"request body is not a JSON object: invalid type: sequence, expected an object at byte 0");
    insta::assert_snapshot!(refusal(b""), @"request body is not a JSON object: EOF while parsing a value at byte 0");
    insta::assert_snapshot!(refusal(b"{} {}"), @"request body is not a JSON object: trailing characters at byte 3");
    insta::assert_snapshot!(refusal(b"{\"a\":\"\xff\"}"), @"request body is not a JSON object: invalid UTF-8 at byte 6");
    insta::assert_snapshot!(refusal(br#"{"model":3}"#), @"`model` at byte 9 must be a string");
    insta::assert_snapshot!(refusal(br#"{"stream":"yes"}"#), @"`stream` at byte 10 must be a boolean");
    insta::assert_snapshot!(refusal(br#"{"model":"a","model":"b"}"#), @"request body names `model` twice, again at byte 21; send it once");
}

#[test]
fn nesting_costs_no_stack() {
    let body = format!("{{\"x\":{}{}}}", "[".repeat(500_000), "]".repeat(500_000));
    assert!(RequestHead::scan(body.as_bytes()).is_ok());
}

#[test]
fn a_thousand_repetitions_are_still_one_refusal() {
    let body = format!("{{{}}}", vec![r#""stream":true"#; 1_000].join(","));
    let refusal = RequestHead::scan(body.as_bytes()).unwrap_err().to_string();
    assert!(refusal.contains("names `stream` twice"), "{refusal}");
}

proptest! {
    #[test]
    fn what_is_left_is_the_same_object_without_the_gateway_s_members(
        members in prop::collection::vec(member(), 0..10),
        pretty in any::<bool>(),
    ) {
        let request = Value::Object(members.into_iter().collect());
        let text = if pretty { serde_json::to_string_pretty(&request) } else { serde_json::to_string(&request) };
        let body = Bytes::from(text.unwrap());
        let head = RequestHead::scan(&body).unwrap();
        let sent: Map<String, Value> = serde_json::from_slice(&upstream_body(&body, &head, "new")).unwrap();
        let mut expected = request.as_object().unwrap().clone();
        expected.retain(|name, _| !["timeout", "num_retries", "fallbacks", "cache"].contains(&name.as_str()));
        expected.insert("model".to_owned(), json!("new"));
        prop_assert_eq!(sent, expected);
    }

    #[test]
    fn no_bytes_make_it_panic(body in prop::collection::vec(any::<u8>(), 0..60)) {
        let _ = RequestHead::scan(&body);
    }
}

fn member() -> impl Strategy<Value = (String, Value)> {
    prop::sample::select(vec![
        ("model", json!("gpt-4o")),
        ("timeout", json!(3)),
        ("num_retries", json!(2)),
        ("fallbacks", json!([{"a": ["}, \"b\" ,"]}])),
        ("cache", json!({"no-cache": true})),
        ("n", json!(1)),
        ("messages", json!([{"role": "user", "content": ", \"timeout\": 3,"}])),
        ("metadata", json!({"timeout": 3, "model": "inner"})),
        ("stream", json!(false)),
    ])
    .prop_map(|(name, value)| (name.to_owned(), value))
}
