//! `tag_regex`: deployments that serve clients by how they name themselves, as LiteLLM's router chose them when it was
//! asked (`fixtures/tag_regex.txt`), through the gateway's own door.

#![expect(clippy::expect_used, reason = "helpers of tests")]

use std::collections::BTreeSet;

use crate::support::*;
use gateway::config::Config;
use gateway::litellm::{self, Dummies};
use gateway::policy;
use serde_json::{Value, json};

/// Requests of each row: enough to reach everybody who may serve.
const REQUESTS: usize = 40;

/// Deployments `a`, `b`, `c`; nothing is retried.
fn fleet(name: &str, match_any: bool) -> Config {
    let code = match name {
        "C" => json!([]),
        _ => json!(["^User-Agent: claude-code/"]),
    };
    let entry = |id: &str, tags: Value, patterns: Value| {
        json!({
            "model_name": "model", "model_info": { "id": id },
            "litellm_params": {
                "model": "openai/gpt-4o", "api_base": format!("https://{id}/v1"), "tags": tags, "tag_regex": patterns,
            },
        })
    };
    let (second, third) = match name {
        "A" => (json!(["curl", "(?i)HTTPX"]), json!(["default"])),
        "B" => (json!(["curl"]), json!([])),
        _ => (json!([]), json!([])),
    };
    let list = [
        entry("a", json!(["paid"]), code),
        entry("b", json!([]), second),
        entry("c", third, json!([])),
    ];
    let settings = json!({ "enable_tag_filtering": true, "tag_filtering_match_any": match_any, "num_retries": 0 });
    let file = json!({ "model_list": list, "router_settings": settings });
    litellm::read(&file, &Dummies).expect("a valid config").config
}

async fn serves(config: Config, tags: &Value, client: &str) -> String {
    let lab = Lab::new();
    for host in ["a", "b", "c"] {
        lab.upstream(host, &[answer("hi")]);
    }
    lab.gateway(config);
    let body = json!({ "model": "model", "messages": [], "tags": tags }).to_string();
    let named = [("user-agent", client)];
    let headers = if client.is_empty() { &[][..] } else { &named[..] };
    for _ in 0..REQUESTS {
        let got = lab.post("/v1/chat/completions", headers, &body).await;
        match got.status {
            200 => {}
            401 => return "nobody".to_owned(),
            other => return format!("{other}: {}", got.body),
        }
    }
    lab.hosts().into_iter().collect::<BTreeSet<_>>().into_iter().collect()
}

#[tokio::test(start_paused = true)]
async fn clients_reach_whom_litellm_lets_serve_them() {
    let rows =
        include_str!("../fixtures/tag_regex.txt").lines().filter(|row| !row.starts_with('#'));
    let mut number = 0;
    for row in rows {
        let cells: Vec<&str> = row.split(" | ").map(str::trim).collect();
        let [name, match_any, tags, client, expected] = cells[..] else {
            unreachable!("a row has five cells: {row}")
        };
        let tags: Value = serde_json::from_str(tags).expect("a list of tags");
        for personality in policy::ALL {
            let config = fleet(name, match_any == "true");
            let config = Config { personality: *personality, ..config };
            assert_eq!(
                serves(config, &tags, client).await,
                expected,
                "{}: {row}",
                personality.name
            );
        }
        number += 1;
    }
    assert_eq!(number, 210);
}

#[test]
fn patterns_are_those_of_python_and_what_is_none_is_a_mistake() {
    let file = |pattern: &str| {
        json!({ "model_list": [{
            "model_name": "m", "litellm_params": { "model": "openai/m", "tag_regex": [pattern] },
        }] })
    };
    for pattern in [r"^User-Agent:\s*(?!curl)", r"(\w)\1", "(?i)claude"] {
        litellm::read(&file(pattern), &Dummies).expect(pattern);
    }
    let errors = litellm::read(&file("sk-secret(("), &Dummies).expect_err("no pattern");
    assert_eq!(
        errors[0].to_string(),
        "model_list[0].litellm_params.tag_regex[0]: this is no regular expression"
    );
}
