//! What providers say beside plain words reaches clients of every kind, whole and streamed: cited words, thoughts under
//! other names, tokens written to a cache, pictures, why nothing was said. Answers are written by hand, after the
//! providers' references.

use std::sync::Arc;
use std::time::Duration;

use crate::answers_by_hand::Comes::{Streamed, Whole};
use crate::answers_by_hand::Form::{Aws, Chat, Google, Messages, Responses};
use crate::answers_by_hand::*;
use crate::support::*;
use crate::translations_round_trip::at;
use gateway::config::Deployment;
use serde_json::{Value, json};
use vocab::Protocol;

#[tokio::test(start_paused = true)]
async fn words_that_bedrock_cites_are_words() {
    let web =
        json!({"title":"T","location":{"web":{"url":"https://a.example/","domain":"a.example"}}});
    let cited =
        json!({"citationsContent":{"content":[{"text":"TEXT"},{"text":"A"}],"citations":[web]}});
    let whole = converse(&json!([{"text":"so: "},cited]), "end_turn");
    let streamed = converses(
        &[
            piece(0, &json!({"text":"so: "})),
            block_ends(0),
            piece(1, &json!({"text":"TEXTA"})),
            piece(1, &json!({"citation":web})),
            block_ends(1),
        ],
        "end_turn",
    );
    let annotation = json!({"type":"url_citation","url_citation":{"start_index":4,"end_index":9,"title":"T","url":"https://a.example/"}});
    for form in [Chat, Messages, Responses, Google] {
        let got = told(at(Protocol::Bedrock), (form, Whole), &whole).await;
        assert!(got.body.contains("TEXTA"), "{form:?}: {}", got.body);
        let got = told(at(Protocol::Bedrock), (form, Streamed), &streamed).await;
        assert!(got.body.contains("TEXTA"), "{form:?}: {}", got.body);
    }
    let got = told(at(Protocol::Bedrock), (Chat, Whole), &whole).await.json();
    assert_eq!(got["choices"][0]["message"]["annotations"], json!([annotation]));
    let got = told(at(Protocol::Bedrock), (Chat, Streamed), &streamed).await;
    let told: Vec<Value> = data(&got)
        .iter()
        .filter_map(|chunk| chunk["choices"][0]["delta"].get("annotations").cloned())
        .collect();
    assert_eq!(told, [json!([annotation])], "{}", got.body);
}

#[tokio::test(start_paused = true)]
async fn thoughts_reach_everybody_whatever_a_compatible_server_calls_them() {
    let parted = json!([{"type":"thinking","thinking":[{"type":"text","text":"THOUGHT"}]},{"type":"text","text":"TEXTA"}]);
    let answers = [
        json!({"role":"assistant","content":"TEXTA","reasoning":"THOUGHT"}),
        json!({"role":"assistant","content":"TEXTA","reasoning":"THOUGHT","reasoning_content":null}),
        json!({"role":"assistant","content":parted}),
    ];
    let thinks = json!([{"type":"thinking","thinking":[{"type":"text","text":"THOUGHT"}]}]);
    let streams = [
        [json!({"content":"","reasoning":"THOUGHT"}), json!({"content":"TEXTA"})],
        [
            json!({"reasoning":"THOUGHT","content":null}),
            json!({"content":"TEXTA","reasoning":null}),
        ],
        [json!({ "content": thinks }), json!({"content":"TEXTA"})],
    ];
    for form in [Chat, Messages, Google, Aws] {
        for (whole, streamed) in answers.iter().zip(&streams) {
            for (comes, act) in [(Whole, chat(whole)), (Streamed, chats(streamed))] {
                let got = told(at(Protocol::OpenAi), (form, comes), &act).await;
                let text = text_of(&got);
                assert!(text.contains("THOUGHT") && text.contains("TEXTA"), "{form:?}: {text}");
                if form == Chat {
                    assert!(text.contains(r#""reasoning_content":"THOUGHT""#), "{text}");
                    assert!(text.contains(r#""content":"TEXTA""#), "{text}");
                }
            }
        }
    }
}

#[tokio::test(start_paused = true)]
async fn an_answer_whose_thoughts_have_the_usual_name_goes_through_as_it_is() {
    let message = r#"{ "content" : "say \"reasoning\": no", "reasoning_content":"THOUGHT","reasoning": "THOUGHT"}"#;
    let body = format!(r#"{{"choices":[ {{"message":{message},"finish_reason":"stop"}} ]}}"#);
    let got =
        told(at(Protocol::OpenAi), (Chat, Whole), &Act::Reply(200, vec![], body.clone())).await;
    assert_eq!(got.body, body);
}

#[tokio::test(start_paused = true)]
async fn tokens_written_to_a_cache_are_told_and_are_part_of_the_sums() {
    let words = [piece(0, &json!({"text":"hi"}))];
    let events = [
        block_begins(0, &json!({"type":"text","text":""})),
        block_grows(0, &json!({"type":"text_delta","text":"hi"})),
    ];
    let acts = [
        (Protocol::Anthropic, Whole, claude(&json!([{"type":"text","text":"hi"}]), "end_turn")),
        (Protocol::Anthropic, Streamed, claudes(&events, "end_turn")),
        (Protocol::Bedrock, Whole, converse(&json!([{"text":"hi"}]), "end_turn")),
        (Protocol::Bedrock, Streamed, converses(&words, "end_turn")),
    ];
    for (protocol, comes, act) in acts {
        let got = told(at(protocol), (Chat, comes), &act).await;
        let events = if comes == Whole { vec![got.json()] } else { data(&got) };
        let usage = &events.last().expect("an event")["usage"];
        let details = json!({"cached_tokens":303,"audio_tokens":0,"cache_write_tokens":404,"cache_creation_tokens":404});
        let wanted = json!({"prompt_tokens":708,"completion_tokens":2,"total_tokens":710,"prompt_tokens_details":details,"cache_creation_input_tokens":404,"cache_read_input_tokens":303});
        assert_eq!(usage, &wanted, "{protocol} {comes:?}");

        let got = told(at(protocol), (Responses, comes), &act).await;
        let response = match comes {
            Whole => got.json(),
            Streamed => data(&got).last().expect("an event")["response"].clone(),
        };
        let wanted = json!({"cached_tokens":303,"cache_write_tokens":404});
        assert_eq!(response["usage"]["input_tokens_details"], wanted, "{protocol} {comes:?}");
    }
    let act = converse(&json!([{"text":"hi"}]), "end_turn");
    let usage = told(at(Protocol::Bedrock), (Messages, Whole), &act).await.json()["usage"].clone();
    let wanted = json!({"input_tokens":1,"output_tokens":2,"cache_creation_input_tokens":404,"cache_read_input_tokens":303});
    assert_eq!(usage, wanted);
    let got =
        told(at(Protocol::Bedrock), (Messages, Streamed), &converses(&words, "end_turn")).await;
    let events = data(&got);
    let usage =
        &events.iter().find(|event| event["type"] == "message_delta").expect("one")["usage"];
    assert_eq!(
        (
            &usage["input_tokens"],
            &usage["cache_creation_input_tokens"],
            &usage["cache_read_input_tokens"]
        ),
        (&json!(1), &json!(404), &json!(303))
    );
    let wanted = r#""usage":{"inputTokens":1,"outputTokens":2,"totalTokens":710,"cacheReadInputTokens":303,"cacheWriteInputTokens":404}"#;
    let act = claude(&json!([{"type":"text","text":"hi"}]), "end_turn");
    let got = told(at(Protocol::Anthropic), (Aws, Whole), &act).await;
    assert!(got.body.contains(wanted), "{}", got.body);
    let got =
        told(at(Protocol::Anthropic), (Aws, Streamed), &claudes(&events_of_hi(), "end_turn")).await;
    assert!(text_of(&got).contains(wanted), "{}", text_of(&got));
}

fn events_of_hi() -> [Value; 2] {
    [
        block_begins(0, &json!({"type":"text","text":""})),
        block_grows(0, &json!({"type":"text_delta","text":"hi"})),
    ]
}

#[tokio::test(start_paused = true)]
async fn tokens_written_to_a_cache_are_understood_in_every_spelling_of_chat_completions() {
    for written in [
        json!({"prompt_tokens_details":{"cached_tokens":null,"cache_write_tokens":40,"cache_creation_tokens":40}}),
        json!({"prompt_tokens_details":{"cache_write_tokens":40}}),
        json!({"cache_creation_input_tokens":40,"prompt_tokens_details":null}),
    ] {
        let mut usage = json!({"prompt_tokens":50,"completion_tokens":2,"total_tokens":52});
        usage.as_object_mut().expect("an object").extend(written.as_object().expect("one").clone());
        let choice =
            json!({"index":0,"message":{"role":"assistant","content":"hi"},"finish_reason":"stop"});
        let act = reply(
            &json!({"id":"c","object":"chat.completion","created":1,"model":"m","choices":[choice],"usage":usage}),
        );
        let got = told(at(Protocol::OpenAi), (Messages, Whole), &act).await.json();
        let wanted = json!({"input_tokens":10,"output_tokens":2,"cache_creation_input_tokens":40});
        assert_eq!(got["usage"], wanted);
    }
}

fn old(protocol: Protocol) -> Deployment {
    let model = match protocol {
        Protocol::Bedrock => "amazon.nova-pro-v1:0",
        Protocol::Anthropic
        | Protocol::OpenAi
        | Protocol::Azure
        | Protocol::Gemini
        | Protocol::Ollama => "claude-3-5-haiku",
    };
    Deployment { model: Arc::from(model), ..at(protocol) }
}

/// What is said where `{"a":1}` is promised.
fn only_json(form: Form, comes: Comes, got: &Got) {
    let text = text_of(got);
    assert!(!text.contains("PREAMBLE") && !text.contains("AFTER"), "{form:?} {comes:?}: {text}");
    let joined = text.replace('\\', "");
    let said = match comes {
        Whole => joined.contains(r#"{"a":1}"#),
        Streamed => joined.contains(r#"{"a""#) && joined.contains(r#":1}"#),
    };
    assert!(said, "{form:?} {comes:?}: {text}");
}

#[tokio::test(start_paused = true)]
async fn words_beside_an_answer_in_json_are_none_of_it() {
    let call = json!({"type":"tool_use","id":"t","name":"answer_in_json","input":{"a":1}});
    let words = |text: &str| json!({"type":"text","text":text});
    let whole = claude(&json!([words("PREAMBLE"), call, words("AFTER")]), "tool_use");
    let begun = json!({"type":"tool_use","id":"t","name":"answer_in_json","input":{}});
    let events = [
        block_begins(0, &words("")),
        block_grows(0, &json!({"type":"text_delta","text":"PREAMBLE"})),
        json!({"type":"content_block_stop","index":0}),
        block_begins(1, &begun),
        block_grows(1, &json!({"type":"input_json_delta","partial_json":"{\"a\""})),
        block_grows(1, &json!({"type":"input_json_delta","partial_json":":1}"})),
        json!({"type":"content_block_stop","index":1}),
        block_begins(2, &words("")),
        block_grows(2, &json!({"type":"text_delta","text":"AFTER"})),
    ];
    let streamed = claudes(&events, "tool_use");
    for form in [Chat, Responses, Google, Aws] {
        for (comes, act) in [(Whole, &whole), (Streamed, &streamed)] {
            let body = form.body_for_json(comes);
            let got = asked(old(Protocol::Anthropic), (form, comes), &body, act).await;
            only_json(form, comes, &got);
        }
    }
    let call = json!({"toolUse":{"toolUseId":"t","name":"answer_in_json","input":{"a":1}}});
    let whole = converse(&json!([{"text":"PREAMBLE"}, call, {"text":"AFTER"}]), "tool_use");
    let start = json!({"toolUse":{"toolUseId":"t","name":"answer_in_json"}});
    let pieces = [
        piece(0, &json!({"text":"PREAMBLE"})),
        block_ends(0),
        ("contentBlockStart", json!({"contentBlockIndex":1,"start":start})),
        piece(1, &json!({"toolUse":{"input":"{\"a\""}})),
        piece(1, &json!({"toolUse":{"input":":1}"}})),
        block_ends(1),
        piece(2, &json!({"text":"AFTER"})),
    ];
    let streamed = converses(&pieces, "tool_use");
    for form in [Chat, Messages, Responses, Google] {
        for (comes, act) in [(Whole, &whole), (Streamed, &streamed)] {
            let body = form.body_for_json(comes);
            let got = asked(old(Protocol::Bedrock), (form, comes), &body, act).await;
            only_json(form, comes, &got);
        }
    }
}

/// The same stream without the two events at its end, and with a pause in which the client gets what came first.
fn cut_off(act: Act) -> Act {
    let Act::Stream(mut steps) = act else { unreachable!("a stream") };
    steps.truncate(steps.len() - 2);
    steps.insert(3, Step::Wait(Duration::from_secs(1)));
    Act::Stream(steps)
}

#[tokio::test(start_paused = true)]
async fn words_in_the_place_of_an_answer_in_json_are_told_before_a_streams_error() {
    let thought = json!({"reasoningContent":{"text":"hm"}});
    let words =
        [piece(0, &thought), piece(1, &json!({"text":"I "})), piece(1, &json!({"text":"cannot"}))];
    let events = [
        block_begins(0, &json!({"type":"thinking","thinking":"","signature":""})),
        block_grows(0, &json!({"type":"thinking_delta","thinking":"hm"})),
        json!({"type":"content_block_stop","index":0}),
        block_begins(1, &json!({"type":"text","text":""})),
        block_grows(1, &json!({"type":"text_delta","text":"I "})),
        block_grows(1, &json!({"type":"text_delta","text":"cannot"})),
    ];
    for (protocol, forms, act) in [
        (Protocol::Bedrock, [Chat, Messages, Responses, Google], converses(&words, "end_turn")),
        (Protocol::Anthropic, [Chat, Responses, Google, Aws], claudes(&events, "end_turn")),
    ] {
        let act = cut_off(act);
        for form in forms {
            let body = form.body_for_json(Streamed);
            let got = asked(old(protocol), (form, Streamed), &body, &act).await;
            let text = text_of(&got);
            let (words, error) =
                (text.find("I cannot"), text.rfind("xception").or(text.rfind("rror")));
            let told = words.zip(error).is_some_and(|(words, error)| words < error);
            assert!(told, "{protocol} {form:?}: {text}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn words_in_the_place_of_an_answer_in_json_are_told_at_the_end() {
    let words = [piece(0, &json!({"text":"I "})), piece(0, &json!({"text":"cannot"}))];
    let events = [
        block_begins(0, &json!({"type":"text","text":""})),
        block_grows(0, &json!({"type":"text_delta","text":"I "})),
        block_grows(0, &json!({"type":"text_delta","text":"cannot"})),
    ];
    let body = Chat.body_for_json(Streamed);
    for (protocol, act) in [
        (Protocol::Bedrock, converses(&words, "max_tokens")),
        (Protocol::Anthropic, claudes(&events, "max_tokens")),
    ] {
        let got = asked(old(protocol), (Chat, Streamed), &body, &act).await;
        assert_eq!((got.words().as_str(), got.done()), ("I cannot", true), "{}", got.body);
    }
}

#[tokio::test(start_paused = true)]
async fn why_nothing_was_said_is_told() {
    let mut malformed = gemini(&json!([]), "MALFORMED_FUNCTION_CALL");
    malformed["candidates"][0]["finishMessage"] = json!("Malformed function call: look(");
    let blocked = json!({"promptFeedback":{"blockReason":"SAFETY","blockReasonMessage":"Not about that."},"usageMetadata":{"promptTokenCount":5,"totalTokenCount":5}});
    for (answer, words) in
        [(&malformed, "Malformed function call: look("), (&blocked, "Not about that.")]
    {
        for form in [Chat, Messages, Responses, Aws] {
            for (comes, act) in [(Whole, reply(answer)), (Streamed, geminis(answer))] {
                let got = told(at(Protocol::Gemini), (form, comes), &act).await;
                assert!(text_of(&got).contains(words), "{form:?} {comes:?}: {}", text_of(&got));
            }
        }
    }
    for (comes, act) in [(Whole, reply(&blocked)), (Streamed, geminis(&blocked))] {
        let got = told(at(Protocol::Gemini), (Chat, comes), &act).await;
        let first = if comes == Whole { got.json() } else { data(&got)[0].clone() };
        assert!(first["id"].as_str().expect("an id").starts_with("chatcmpl-"), "{first}");
        assert_eq!(first["model"], "anthropic.claude-sonnet-4-5");
    }
    let native =
        |word: &str| format!(r#""provider_specific_fields":{{"native_finish_reason":"{word}"}}"#);
    let claudes = |stop: &str| claudes(&events_of_hi(), stop);
    let bedrocks = |stop: &str| converses(&[piece(0, &json!({"text":"hi"}))], stop);
    for (protocol, word, whole, streamed) in [
        (Protocol::Gemini, "MALFORMED_FUNCTION_CALL", reply(&malformed), geminis(&malformed)),
        (
            Protocol::Bedrock,
            "malformed_tool_use",
            converse(&json!([]), "malformed_tool_use"),
            bedrocks("malformed_tool_use"),
        ),
        (
            Protocol::Anthropic,
            "pause_turn",
            claude(&json!([]), "pause_turn"),
            claudes("pause_turn"),
        ),
    ] {
        for (comes, act) in [(Whole, whole), (Streamed, streamed)] {
            let got = told(at(protocol), (Chat, comes), &act).await;
            assert!(got.body.contains(&native(word)), "{comes:?}: {}", got.body);
            assert!(got.body.contains(r#""finish_reason":"stop""#), "{}", got.body);
        }
    }
    let got = told(at(Protocol::Anthropic), (Chat, Whole), &claude(&json!([]), "end_turn")).await;
    assert!(!got.body.contains("native_finish_reason"), "{}", got.body);
}

#[tokio::test(start_paused = true)]
async fn pictures_reach_whoever_has_a_word_for_them() {
    let parts = json!([{"text":"see: "},{"inlineData":{"mimeType":"image/png","data":"UElD"}}]);
    let answer = gemini(&parts, "STOP");
    let picture = json!({"type":"image_url","image_url":{"url":"data:image/png;base64,UElD","detail":"auto"},"index":0});
    let drawn =
        json!({"type":"image_generation_call","id":"ig_r_1","status":"completed","result":"UElD"});
    let got = told(at(Protocol::Gemini), (Chat, Whole), &reply(&answer)).await.json();
    assert_eq!(got["choices"][0]["message"]["images"], json!([picture]));
    let got = told(at(Protocol::Gemini), (Chat, Streamed), &geminis(&answer)).await;
    let told_pictures = data(&got)
        .iter()
        .filter(|chunk| chunk["choices"][0]["delta"]["images"] == json!([picture]))
        .count();
    assert_eq!(told_pictures, 1, "{}", got.body);
    let got = told(at(Protocol::Gemini), (Responses, Whole), &reply(&answer)).await.json();
    assert_eq!(got["output"][1], drawn);
    let got = told(at(Protocol::Gemini), (Responses, Streamed), &geminis(&answer)).await;
    let response = data(&got).last().expect("an event")["response"].clone();
    assert_eq!(response["output"][1]["result"], "UElD", "{response}");
    let numbers: Vec<u64> =
        data(&got).iter().filter_map(|event| event["sequence_number"].as_u64()).collect();
    assert_eq!(numbers, (0..numbers.len() as u64).collect::<Vec<_>>());

    let message = json!({"role":"assistant","content":"see: ","images":[picture]});
    let part = r#"{"inlineData":{"mimeType":"image/png","data":"UElD"}}"#;
    for (comes, act) in [
        (Whole, chat(&message)),
        (Streamed, chats(&[json!({"content":"see: "}), json!({"images":[picture]})])),
    ] {
        let got = told(at(Protocol::OpenAi), (Google, comes), &act).await;
        let squeezed: String = got.body.split_whitespace().collect();
        assert!(squeezed.contains(part), "{comes:?}: {}", got.body);
    }
}

#[tokio::test(start_paused = true)]
async fn what_claude_cites_is_told_where_there_is_a_word_for_it() {
    let found = json!({"type":"web_search_result_location","url":"https://a.example/","title":"T","encrypted_index":"E","cited_text":"C"});
    let document = json!({"type":"char_location","cited_text":"D","document_index":0,"document_title":"doc","start_char_index":0,"end_char_index":1});
    let search = json!({"type":"server_tool_use","id":"s","name":"web_search","input":{}});
    let results = json!({"type":"web_search_tool_result","tool_use_id":"s","content":[]});
    let content = json!([search, results, {"type":"text","text":"só: "}, {"type":"text","text":"TEXTA","citations":[found, document]}]);
    let whole = claude(&content, "end_turn");
    let events = [
        block_begins(0, &search),
        block_grows(0, &json!({"type":"input_json_delta","partial_json":"{\"query\":\"q\"}"})),
        json!({"type":"content_block_stop","index":0}),
        block_begins(1, &results),
        json!({"type":"content_block_stop","index":1}),
        block_begins(2, &json!({"type":"text","text":""})),
        block_grows(2, &json!({"type":"text_delta","text":"só: "})),
        json!({"type":"content_block_stop","index":2}),
        block_begins(3, &json!({"type":"text","text":"","citations":[]})),
        block_grows(3, &json!({"type":"citations_delta","citation":found})),
        block_grows(3, &json!({"type":"text_delta","text":"TEXTA"})),
        block_grows(3, &json!({"type":"citations_delta","citation":document})),
        json!({"type":"content_block_stop","index":3}),
    ];
    let streamed = claudes(&events, "end_turn");
    let cited = json!({"start_index":4,"end_index":9,"title":"T","url":"https://a.example/"});
    let annotations = json!([{"type":"url_citation","url_citation":cited}]);

    let got = told(at(Protocol::Anthropic), (Chat, Whole), &whole).await.json();
    let message = &got["choices"][0]["message"];
    assert_eq!((&message["content"], &message["annotations"]), (&json!("só: TEXTA"), &annotations));
    let own = &message["provider_specific_fields"]["citations"];
    assert_eq!(
        (&own[0][0]["url"], &own[0][1]["supported_text"]),
        (&json!("https://a.example/"), &json!("TEXTA"))
    );

    let got = told(at(Protocol::Anthropic), (Chat, Streamed), &streamed).await;
    assert!(!got.body.contains("tool_calls"), "{}", got.body);
    let deltas: Vec<Value> =
        data(&got).iter().map(|chunk| chunk["choices"][0]["delta"].clone()).collect();
    let told_annotations: Vec<&Value> =
        deltas.iter().filter_map(|delta| delta.get("annotations")).collect();
    assert_eq!(told_annotations, [&annotations]);
    let own = deltas.iter().filter_map(|delta| delta.pointer("/provider_specific_fields/citation"));
    assert_eq!(own.collect::<Vec<_>>(), [&found, &document]);

    let flat = json!([{"start_index":4,"end_index":9,"title":"T","url":"https://a.example/","type":"url_citation"}]);
    let got = told(at(Protocol::Anthropic), (Responses, Whole), &whole).await.json();
    assert_eq!(got["output"][0]["content"][0]["annotations"], flat);
    let got = told(at(Protocol::Anthropic), (Responses, Streamed), &streamed).await;
    let response = data(&got).last().expect("an event")["response"].clone();
    assert_eq!(response["output"][0]["content"][0]["annotations"], flat);
}
