//! A prompt has exactly as many words as planned and carries its marks through every dialect.

use std::time::Duration;

use loadgen::Intent;
use loadgen::body::BodyWriter;
use loadgen::config::{Dialect, TokenSpread, Workload};
use loadgen::workload::push_prompt;
use proptest::prelude::*;
use serde_json::Value;
use vocab::mark::{answer_length, prompt_id};
use vocab::{At, PromptId, RequestId};

fn intent(request: u64, prompt: u64, words: u32) -> Intent {
    Intent {
        request: RequestId(request),
        phase: 0,
        intended: At::after_start(Duration::from_secs(1)),
        stream: true,
        prompt: PromptId(prompt),
        prompt_tokens: words,
        answer_tokens: 57,
        leave_after: None,
    }
}

fn workload(max_tokens: Option<u32>, repeat_share: f64) -> Workload {
    Workload {
        name: "chat".to_owned(),
        stream_share: 1.0,
        prompt_tokens: TokenSpread::Constant(4),
        answer_tokens: TokenSpread::Constant(57),
        max_tokens,
        repeat_share,
    }
}

fn body(dialect: Dialect, intent: &Intent, workload: &Workload) -> String {
    let body = BodyWriter::new(dialect, "gpt-4o", workload).write(intent);
    String::from_utf8(body.to_vec()).unwrap()
}

#[test]
fn openai_bodies_are_these_bytes() {
    let golden = concat!(
        r#"{"model":"gpt-4o","messages":[{"role":"user","#,
        r#""content":"[[brownout:000007]] [[answer:57]] pearl flint"}]"#,
    );
    let streamed = r#","stream":true,"stream_options":{"include_usage":true}}"#;
    let asked = intent(7, 7, 4);
    for dialect in [Dialect::OpenAi, Dialect::Azure] {
        let body = body(dialect, &asked, &workload(None, 0.0));
        assert_eq!(body, format!("{golden}{streamed}"));
    }
    let plain = Intent { stream: false, ..asked };
    let capped = body(Dialect::OpenAi, &plain, &workload(Some(64), 0.0));
    assert_eq!(capped, format!(r#"{golden},"max_tokens":64}}"#));
    let repeated = Intent { request: RequestId(9), stream: false, ..asked };
    let shared = body(Dialect::OpenAi, &repeated, &workload(None, 0.5));
    assert_eq!(shared, format!(r#"{golden},"user":"9"}}"#));
}

#[test]
fn anthropic_bodies_always_bound_the_answer() {
    let read = |intent: &Intent, workload: &Workload| -> Value {
        serde_json::from_str(&body(Dialect::Anthropic, intent, workload)).unwrap()
    };
    let default = read(&intent(7, 7, 4), &workload(None, 0.5));
    assert_eq!(default["max_tokens"], 4096);
    assert_eq!(default["stream"], true);
    assert_eq!(default["metadata"]["user_id"], "7");
    assert_eq!(default.get("stream_options"), None);
    let long = Intent { answer_tokens: 9000, ..intent(7, 7, 4) };
    assert_eq!(read(&long, &workload(None, 0.0))["max_tokens"], 9000);
    assert_eq!(read(&long, &workload(Some(64), 0.0))["max_tokens"], 64);
}

#[test]
fn one_prompt_id_is_one_text() {
    let text = |prompt| {
        let mut text = String::new();
        push_prompt(&mut text, PromptId(prompt), 40, 57);
        text
    };
    assert_eq!(text(7), text(7));
    assert_ne!(text(7).split_once("]] ").unwrap().1, text(8).split_once("]] ").unwrap().1);
}

proptest! {
    #[test]
    fn prompts_have_their_words_and_marks(
        id in 0..u64::MAX / 2, words in 0u32..500, answer in 1u32..100_000,
        model in "\\PC{0,20}|\"\\\\\n", dialect in 0usize..3,
    ) {
        let dialect = [Dialect::OpenAi, Dialect::Azure, Dialect::Anthropic][dialect];
        let asked = Intent { answer_tokens: answer, ..intent(id, id, words) };
        let body = BodyWriter::new(dialect, &model, &workload(None, 0.0)).write(&asked);
        let parsed: Value = serde_json::from_slice(&body).unwrap();
        prop_assert_eq!(parsed["model"].as_str(), Some(model.as_str()));
        let text = parsed["messages"][0]["content"].as_str().unwrap();
        prop_assert_eq!(text.split(' ').count(), words.max(2) as usize);
        prop_assert_eq!(prompt_id(&body), Some(PromptId(id)));
        prop_assert_eq!(answer_length(&body), Some(answer));
    }
}
