//! A deployment whose model cannot do what a request needs, by the config's own word (`model_info`), is left out
//! while another can; then come the group's fallbacks, then a 400 that names it. So it is under our own personality;
//! under LiteLLM's whoever is chosen is asked.

use crate::support::*;
use gateway::config::{Ability, Config, Deployment, Listed};
use serde_json::{Value, json};

const CHAT: &str = "/v1/chat/completions";
const MESSAGES: &str = "/v1/messages";
const RESPONSES: &str = "/v1/responses";

fn without(ability: Ability) -> Deployment {
    Deployment { lacks: vec![ability], ..deployment("one") }
}

/// Endpoint, members, what they need, and where they say so.
fn wishes() -> Vec<(&'static str, Value, Ability, &'static str)> {
    let told = |list: &str, part: Value| json!({ list: [{"role":"user","content":[{"type":"text","text":"see"},part]}] });
    let url = json!({"url":"data:image/png;base64,AAAA"});
    let bytes = |kind: &str| json!({"type":"base64","media_type":kind,"data":"AAAA"});
    let with = |mut body: Value, name: &str, value: Value| {
        body[name] = value;
        body
    };
    let hi = || json!({"messages":[{"role":"user","content":"hi"}]});
    let function = json!([{"type":"function","function":{"name":"f"}}]);
    let schema = json!({"type":"json_schema","json_schema":{"name":"a","schema":{}}});
    let result = json!({"type":"tool_result","tool_use_id":"t","content":[{"type":"image","source":bytes("image/png")}]});
    vec![
        (
            CHAT,
            told("messages", json!({"type":"image_url","image_url":url})),
            Ability::Pictures,
            "messages[0].content[1]",
        ),
        (
            CHAT,
            told(
                "messages",
                json!({"type":"input_audio","input_audio":{"data":"AAAA","format":"wav"}}),
            ),
            Ability::Sounds,
            "messages[0].content[1]",
        ),
        (
            CHAT,
            told("messages", json!({"type":"file","file":{"file_id":"file-1"}})),
            Ability::Documents,
            "messages[0].content[1]",
        ),
        (CHAT, with(hi(), "tools", function.clone()), Ability::Functions, "tools"),
        (CHAT, with(hi(), "functions", json!([{"name":"f"}])), Ability::Functions, "functions"),
        (CHAT, with(hi(), "response_format", schema), Ability::Schemas, "response_format"),
        (
            MESSAGES,
            told("messages", json!({"type":"image","source":bytes("image/png")})),
            Ability::Pictures,
            "messages[0].content[1]",
        ),
        (
            MESSAGES,
            told("messages", json!({"type":"document","source":bytes("application/pdf")})),
            Ability::Documents,
            "messages[0].content[1]",
        ),
        (
            MESSAGES,
            told("messages", result),
            Ability::Pictures,
            "messages[0].content[1].content[0]",
        ),
        (
            RESPONSES,
            told("input", json!({"type":"input_image","image_url":"data:image/png;base64,AAAA"})),
            Ability::Pictures,
            "input[0].content[1]",
        ),
        (
            RESPONSES,
            json!({"input":"hi","text":{"format":{"type":"json_schema","name":"a","schema":{}}}}),
            Ability::Schemas,
            "text",
        ),
    ]
}

fn body(members: &Value) -> String {
    let mut body = members.clone();
    body["model"] = json!("model");
    body["max_tokens"] = json!(50);
    body.to_string()
}

fn says(path: &str) -> Act {
    if path != RESPONSES {
        return answer("hi");
    }
    let reply = json!({"id":"resp_1","object":"response","status":"completed","error":null,"model":"m","output":[],"usage":{"input_tokens":3,"output_tokens":1,"total_tokens":4}});
    Act::Reply(200, vec![], reply.to_string())
}

async fn asked(config: Config, path: &str, members: &Value) -> (Got, Vec<String>) {
    let lab = Lab::new();
    for host in ["one", "two", "backup"] {
        lab.upstream(host, &[says(path)]);
    }
    lab.gateway(config);
    let got = lab.post(path, &[], &body(members)).await;
    (got, lab.hosts())
}

#[tokio::test(start_paused = true)]
async fn who_lacks_it_is_left_out_while_another_can() {
    for (path, members, ability, at) in wishes() {
        let both = vec![without(ability), deployment("two")];
        if !(path == MESSAGES && at.contains("].content[1].content")) {
            let (got, hosts) = asked(config("priority", both), path, &members).await;
            assert_eq!((got.status, hosts), (200, vec!["two".to_owned()]), "{path} {members}");
        }
        let backed = with_backup(config("priority", vec![without(ability)]));
        if !(path == MESSAGES && at.contains("].content[1].content")) {
            let (got, hosts) = asked(backed, path, &members).await;
            assert_eq!((got.status, hosts), (200, vec!["backup".to_owned()]), "{path} {members}");
        }
        let alone = config("priority", vec![without(ability)]);
        let (got, hosts) = asked(alone, path, &members).await;
        assert_eq!((got.status, hosts.len()), (400, 0), "{path} {members}: {}", got.body);
        let said = got.json()["error"]["message"].as_str().expect("a message").to_owned();
        let names = format!("`{at}`");
        assert!(said.contains(&names) && said.contains(ability.key()), "{said}");
    }
}

#[tokio::test(start_paused = true)]
async fn whoever_lacks_nothing_that_is_needed_is_asked() {
    let plain = json!({"messages":[{"role":"user","content":[{"type":"text","text":"hi"}]}],"tools":[],"response_format":{"type":"text"}});
    let lacking = Deployment { lacks: Ability::ALL.to_vec(), ..deployment("one") };
    let (got, hosts) = asked(config("priority", vec![lacking]), CHAT, &plain).await;
    assert_eq!((got.status, hosts), (200, vec!["one".to_owned()]));
}

#[tokio::test(start_paused = true)]
async fn litellm_asks_whomever_it_picks() {
    for (path, members, ability, _) in wishes().into_iter().filter(|(path, ..)| *path == CHAT) {
        let both = vec![without(ability), deployment("two")];
        let (got, hosts) = asked(config("least-busy", both), path, &members).await;
        assert_eq!((got.status, hosts), (200, vec!["one".to_owned()]), "{members}");
    }
}

fn narrow(id: &str, tokens: u64) -> Deployment {
    Deployment { max_input_tokens: Some(tokens), ..deployment(id) }
}

#[tokio::test(start_paused = true)]
async fn a_prompt_goes_where_it_fits() {
    let long = |bytes: usize| json!({"messages":[{"role":"user","content":"x".repeat(bytes)}]});
    let fits =
        |one: u64, two: u64| config("priority", vec![narrow("one", one), narrow("two", two)]);
    for (config, bytes, status, hosts) in [
        (fits(100, 1000), 40, 200, vec!["one"]),
        (fits(100, 1000), 2000, 200, vec!["two"]),
        // By the estimate it fits nobody, but an estimate is not sure of so little.
        (fits(100, 400), 2000, 200, vec!["two"]),
        (fits(100, 100), 2000, 400, vec![]),
        (with_backup(fits(100, 100)), 2000, 200, vec!["backup"]),
    ] {
        let (got, asked) = asked(config, CHAT, &long(bytes)).await;
        assert_eq!((got.status, asked), (status, hosts.into_iter().map(str::to_owned).collect()));
        if status == 400 {
            assert!(got.body.contains("max_input_tokens"), "{}", got.body);
        }
    }
}

#[tokio::test(start_paused = true)]
async fn the_bytes_of_a_picture_are_no_part_of_a_prompts_length() {
    let url = format!("data:image/png;base64,{}", "A".repeat(40_000));
    let members = json!({"messages":[{"role":"user","content":[{"type":"image_url","image_url":{"url":url}}]}]});
    let (got, hosts) = asked(config("priority", vec![narrow("one", 100)]), CHAT, &members).await;
    assert_eq!((got.status, hosts), (200, vec!["one".to_owned()]));
}

/// `one` lacks all that a list can name, by that list; `two` does not.
fn listed() -> Deployment {
    let listed = Listed { lacks: Ability::ALL.to_vec(), max_input_tokens: Some(100) };
    Deployment { listed, ..deployment("one") }
}

fn one(host: &str) -> Vec<String> {
    vec![host.to_owned()]
}

#[tokio::test(start_paused = true)]
async fn what_a_list_says_makes_others_be_preferred() {
    for (path, members, _, at) in wishes() {
        if path == MESSAGES && at.contains("].content[1].content") {
            continue;
        }
        let both = vec![listed(), deployment("two")];
        let (got, hosts) = asked(config("priority", both), path, &members).await;
        assert_eq!((got.status, hosts), (200, one("two")), "{path} {members}");
    }
    let both = || config("priority", vec![listed(), deployment("two")]);
    let long = json!({"messages":[{"role":"user","content":"x".repeat(2000)}]});
    assert_eq!(asked(both(), CHAT, &long).await.1, one("two"));
    let short = json!({"messages":[{"role":"user","content":"x"}]});
    assert_eq!(asked(both(), CHAT, &short).await.1, one("one"));
}

#[tokio::test(start_paused = true)]
async fn nobody_is_refused_for_what_a_list_says() {
    for (path, members, _, at) in wishes() {
        if path == MESSAGES && at.contains("].content[1].content") {
            continue;
        }
        let (got, hosts) = asked(config("priority", vec![listed()]), path, &members).await;
        assert_eq!((got.status, hosts), (200, one("one")), "{path} {members}: {}", got.body);
    }
    let long = json!({"messages":[{"role":"user","content":"x".repeat(20_000)}]});
    let (got, hosts) = asked(config("priority", vec![listed()]), CHAT, &long).await;
    assert_eq!((got.status, hosts), (200, one("one")), "{}", got.body);
}

#[tokio::test(start_paused = true)]
async fn the_personalities_of_litellm_know_no_list() {
    let (path, members, ..) = wishes().remove(0);
    let both = vec![listed(), deployment("two")];
    assert_eq!(asked(config("least-busy", both), path, &members).await.1, one("one"));
}
