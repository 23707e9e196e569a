//! The personality `brownout` where an answer is none: one that says nothing, and not why, is a failure of its attempt; one
//! that the provider's filter stopped goes where the config says that such answers go, as long as the client has nothing
//! of it.

use crate::support::*;
use gateway::config::Config;

/// A whole chat completion of these choices.
fn choices(choices: &str) -> Act {
    let body = format!(
        r#"{{"id":"c","object":"chat.completion","created":1,"model":"m","choices":[{choices}]}}"#
    );
    Act::Reply(200, Vec::new(), body)
}

/// A choice of this message and this end.
fn choice(message: &str, finish: &str) -> String {
    format!(r#"{{"index":0,"message":{message},"finish_reason":{finish}}}"#)
}

/// Bodies that say nothing, and not why.
fn nothing() -> Vec<Act> {
    let messages = [
        r#"{"role":"assistant","content":null}"#,
        r#"{"role":"assistant","content":""}"#,
        r#"{"role":"assistant"}"#,
        r#"{"role":"assistant","content":null,"tool_calls":[],"refusal":null}"#,
        "null",
    ];
    let mut acts = vec![choices("")];
    acts.extend(messages.map(|message| choices(&choice(message, "null"))));
    acts
}

fn streamed(steps: &[Step]) -> Act {
    Act::Stream([steps, &[Step::Say("data: [DONE]\n\n".to_owned())]].concat())
}

/// The same as streams.
fn nothing_streamed() -> Vec<Act> {
    let frame = |choices: &str| {
        Step::Say(format!(
            "data: {{\"id\":\"c\",\"object\":\"chat.completion.chunk\",\"created\":1,\"model\":\"m\",\"choices\":[{choices}]}}\n\n"
        ))
    };
    vec![
        streamed(&[]),
        streamed(&[frame("")]),
        streamed(&[role()]),
        streamed(&[role(), chunk("{}", "null")]),
        streamed(&[role(), chunk(r#"{"content":""}"#, "null")]),
        Act::Stream(vec![frame("")]),
    ]
}

async fn asked(config: Config, first: &Act, body: &str) -> (Got, Lab) {
    let well = if body == STREAM { stream(1) } else { answer("yes") };
    let lab = Lab::new();
    lab.upstream("first", std::slice::from_ref(first));
    lab.upstream("second", std::slice::from_ref(&well)).upstream("backup", &[well]);
    lab.gateway(config);
    let got = lab.chat(body).await;
    (got, lab)
}

#[tokio::test(start_paused = true)]
async fn an_answer_that_says_nothing_is_asked_of_somebody_else() {
    for (acts, body) in [(nothing(), PLAIN), (nothing_streamed(), STREAM)] {
        for act in acts {
            let (got, lab) = asked(priority(&["first", "second"]), &act, body).await;
            assert_eq!(got.status, 200, "{act:?}");
            assert_eq!(got.header("x-litellm-model-id"), "second", "{act:?}: {}", got.body);
            assert_eq!(lab.hosts(), ["first", "second"], "{act:?}");
            let (got, lab) = asked(with_backup(priority(&["first"])), &act, body).await;
            assert_eq!(got.status, 200, "{act:?}");
            assert_eq!(lab.hosts().last().map(String::as_str), Some("backup"), "{act:?}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn where_nobody_says_anything_the_client_is_told() {
    for (acts, body) in [(nothing(), PLAIN), (nothing_streamed(), STREAM)] {
        for act in acts {
            let (got, _) = asked(priority(&["first"]), &act, body).await;
            assert!(got.status >= 500, "{act:?}: {} {}", got.status, got.body);
        }
    }
}

#[tokio::test(start_paused = true)]
async fn what_says_why_or_anything_else_than_words_is_an_answer() {
    let messages = [
        (r#"{"role":"assistant","content":""}"#, r#""stop""#),
        (r#"{"role":"assistant","content":null}"#, r#""length""#),
        (r#"{"role":"assistant","content":null,"refusal":"no"}"#, "null"),
        (r#"{"role":"assistant","content":null,"reasoning_content":"hm"}"#, "null"),
        (r#"{"role":"assistant","content":null,"tool_calls":[{"id":"1"}]}"#, "null"),
        (r#"{"role":"assistant","content":null,"audio":{"id":"a"}}"#, "null"),
        (r#"{"role":"assistant","content":"yes"}"#, "null"),
    ];
    for (message, finish) in messages {
        let act = choices(&choice(message, finish));
        let (got, lab) = asked(priority(&["first", "second"]), &act, PLAIN).await;
        assert_eq!((got.status, lab.hosts()), (200, vec!["first".to_owned()]), "{message}");
    }
    let act = streamed(&[role(), chunk("{}", r#""stop""#)]);
    let (got, lab) = asked(priority(&["first", "second"]), &act, STREAM).await;
    assert_eq!((got.done(), lab.hosts()), (true, vec!["first".to_owned()]));
}

#[tokio::test(start_paused = true)]
async fn texts_of_the_older_api_too() {
    let body = r#"{"model":"model","prompt":"hi"}"#;
    let reply = |choices: &str| {
        let body = format!(
            r#"{{"id":"c","object":"text_completion","created":1,"model":"m","choices":[{choices}]}}"#
        );
        Act::Reply(200, Vec::new(), body)
    };
    let said = r#"{"index":0,"text":"yes","finish_reason":null}"#;
    let unsaid = r#"{"index":0,"text":"","finish_reason":null}"#;
    for (first, asked) in [(said, vec!["first"]), (unsaid, vec!["first", "second"])] {
        let lab = Lab::new();
        lab.upstream("first", &[reply(first)]).upstream("second", &[reply(said)]);
        lab.gateway(priority(&["first", "second"]));
        let got = lab.post("/v1/completions", &[("x-litellm-call-id", "1")], body).await;
        assert_eq!((got.status, lab.hosts()), (200, asked.iter().map(|&id| id.into()).collect()));
    }
}

#[tokio::test(start_paused = true)]
async fn litellm_passes_on_what_says_nothing() {
    for act in nothing() {
        let (got, lab) = asked(litellm(&["first", "second"]), &act, PLAIN).await;
        assert_eq!((got.status, lab.hosts()), (200, vec!["first".to_owned()]), "{act:?}");
    }
}

/// A config whose `model` has siblings, a fallback, and one for what filters stop, or none for that.
fn for_policies(to: Option<&str>) -> Config {
    let mut config = with_backup(priority(&["first", "second"]));
    if let Some(to) = to {
        config.router.content_policy_fallbacks.insert("model".into(), vec![to.into()]);
    }
    config
}

/// Answers that a filter stopped: whole, streamed, and streamed after words.
fn filtered() -> [(Act, &'static str); 4] {
    let whole = |content: &str| {
        let message = format!(r#"{{"role":"assistant","content":{content}}}"#);
        choices(&choice(&message, r#""content_filter""#))
    };
    let end = chunk("{}", r#""content_filter""#);
    [
        (whole("null"), PLAIN),
        (whole(r#""half""#), PLAIN),
        (streamed(&[role(), end.clone()]), STREAM),
        (streamed(&[role(), word("half "), end]), STREAM),
    ]
}

#[tokio::test(start_paused = true)]
async fn a_filtered_answer_goes_to_content_policy_fallbacks_and_nowhere_else() {
    for (position, (act, body)) in filtered().into_iter().enumerate() {
        // What the client has of a stream, it has.
        let expected: &[&str] = if position == 3 { &["first"] } else { &["first", "backup"] };
        let (got, lab) = asked(for_policies(Some("backup")), &act, body).await;
        assert_eq!(
            (got.status, &*lab.hosts()),
            (200, expected_hosts(expected).as_slice()),
            "{act:?}"
        );
        let decided = lab.decided();
        assert!(!decided.iter().any(|line| line.contains("cooldown")), "{decided:?}");
        let (got, lab) = asked(for_policies(None), &act, body).await;
        assert_eq!((got.status, &*lab.hosts()), (200, expected_hosts(&["first"]).as_slice()));
        assert!(got.body.contains("content_filter"), "{}", got.body);
    }
}

fn expected_hosts(hosts: &[&str]) -> Vec<String> {
    hosts.iter().map(|&host| host.to_owned()).collect()
}

#[tokio::test(start_paused = true)]
async fn a_filtered_stream_of_litellm_is_passed_on() {
    let mut config = with_backup(litellm(&["first"]));
    config.router.content_policy_fallbacks.insert("model".into(), vec!["backup".into()]);
    let [_, _, (act, body), _] = filtered();
    let (got, lab) = asked(config, &act, body).await;
    assert_eq!((got.status, lab.hosts()), (200, expected_hosts(&["first"])));
}
