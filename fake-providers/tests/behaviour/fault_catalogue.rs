//! The catalogue as people read it, and its parameters as they mistype them.

use fake_providers::fault::{ALL, find};
use serde_json::{Value, json};

use crate::generated;

#[test]
fn every_fault_is_documented_and_parses_its_example() {
    let mut text = String::new();
    for entry in ALL {
        let (name, group) = (entry.name, entry.group.title());
        text += &format!("{name} ({group}): {}\n  {}\n", entry.description(), entry.example);
        assert!(entry.description().starts_with(&entry.summary()));
        assert!(find(entry.name).is_some_and(|found| found.name == entry.name));
        let schema = entry.schema();
        assert_eq!(schema.get("type"), Some(&json!("object")), "{}", entry.name);
        assert_eq!(schema.get("title"), Some(&json!(entry.name)));
        let params = if entry.name == "error" || entry.name == "slow" {
            json!({ "error": { "status": 503 }, "slow": { "factor": 2 } })[entry.name].clone()
        } else {
            Value::Null
        };
        entry.check(&params).unwrap();
        let on_hosts = [
            "dns",
            "refuse",
            "slow_accept",
            "connection_cap",
            "tls",
            "close",
            "blackhole",
            "idle_close",
        ];
        assert_eq!(entry.at_connect(&params), on_hosts.contains(&entry.name), "{}", entry.name);
    }
    for (name, params) in
        [("reset", json!({ "before_request": true })), ("idle_close", json!({ "with": "rst" }))]
    {
        assert!(find(name).unwrap().at_connect(&params), "{name}");
    }
    insta::assert_snapshot!(text);
    assert!(find("nonsense").is_none());
}

#[test]
fn every_file_of_the_folder_is_a_row_of_the_table() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/src/fault");
    let mut files: Vec<String> = std::fs::read_dir(folder)
        .unwrap()
        .map(|file| file.unwrap().path().file_stem().unwrap().to_str().unwrap().to_owned())
        .filter(|name| name != "params")
        .collect();
    let mut rows: Vec<&str> = ALL.iter().map(|entry| entry.name).collect();
    files.sort_unstable();
    rows.sort_unstable();
    assert_eq!(files, rows);
}

#[test]
fn descriptions_say_what_happens() {
    let shown = [
        ("throttle", json!({ "retry_after": "10s" })),
        ("throttle", json!({ "retry_after_ms": "1500ms" })),
        ("throttle", Value::Null),
        ("error", json!(529)),
        ("error", json!({ "status": 503, "body": "html" })),
        ("slow", json!({ "factor": 3, "between_tokens": { "add": "50ms" } })),
        ("stall", json!({ "after_tokens": 12 })),
        ("stall", json!({ "for": "5s" })),
        ("cut", json!({ "after_tokens": 8 })),
        ("truncate", Value::Null),
        ("error_event", Value::Null),
        ("garble", json!({ "ends": true })),
        ("refuse", Value::Null),
        ("blackhole", Value::Null),
        ("reset", json!({ "before_request": true })),
        ("dns", Value::Null),
        ("dns", json!({ "kind": "timeout" })),
        ("slow_accept", Value::Null),
        ("connection_cap", json!({ "max": 2, "then": "refuse" })),
        ("tls", Value::Null),
        ("close", Value::Null),
        ("idle_close", json!({ "after": "5s", "with": "rst" })),
        ("throttle", json!({ "retry_after": "24h", "kind": "high_demand" })),
        ("hang", Value::Null),
        ("slow_headers", Value::Null),
        ("content_type", json!({ "as": "none" })),
        ("html", json!({ "status": 502 })),
        ("error_200", Value::Null),
        ("empty", Value::Null),
        ("truncate_json", Value::Null),
        ("short_body", Value::Null),
        ("oversize", Value::Null),
        ("drip", Value::Null),
        ("stall", json!({ "heartbeats": "15s" })),
        ("truncate", json!({ "after_tokens": 2, "inside": "utf8" })),
        ("chunk_break", json!({ "with": "garbage" })),
        ("error_event", json!({ "status": 500, "shape": "chunk" })),
        ("duplicate", Value::Null),
        ("reorder", Value::Null),
        ("no_usage", Value::Null),
        ("comments", json!({ "ids": true })),
        ("split", Value::Null),
        ("double_done", Value::Null),
        ("unknown_event", Value::Null),
        ("endless", Value::Null),
        ("no_stream", Value::Null),
        ("buffered", Value::Null),
        ("idle_timeout", Value::Null),
        ("thinking", json!({ "tokens": 9 })),
        ("cold_start", json!({ "status": 503 })),
        ("recovery", Value::Null),
        ("quota_exhausted", Value::Null),
        ("revoke_key", Value::Null),
        ("remove_model", Value::Null),
        ("lower_limits", Value::Null),
    ]
    .map(|(name, params)| find(name).unwrap().describe(&params))
    .join("\n");
    insta::assert_snapshot!(shown);
    assert!(find("slow").unwrap().only_slows(&json!({ "factor": 2 })));
    assert!(find("stall").unwrap().only_slows(&json!({ "for": "5s" })));
    assert!(!find("stall").unwrap().only_slows(&Value::Null));
}

#[test]
fn mistakes_are_named() {
    let mut text = String::new();
    for (name, params) in [
        ("throttle", json!({ "retry_after": 10 })),
        ("throttle", json!({ "retry_afer": "10s" })),
        ("throttle", json!({ "retry_after": "-1s" })),
        ("throttle", json!("10s")),
        ("error", Value::Null),
        ("error", json!({ "body": "html" })),
        ("error", json!(200)),
        ("error", json!({ "status": 503, "body": "pdf" })),
        ("error", json!({ "status": 503, "kind": "quota" })),
        ("error", json!({ "status": 429, "kind": "content_policy" })),
        ("slow", Value::Null),
        ("slow", json!({ "factor": -2 })),
        ("slow", json!({ "first_token": {} })),
        ("stall", json!({ "after_tokens": -1 })),
        ("error_event", json!({ "status": 200 })),
        ("reset", json!({ "after": 3 })),
        ("connection_cap", json!({ "max": 0 })),
        ("html", json!({ "status": 302 })),
        ("oversize", json!({ "mb": 5000 })),
        ("drip", json!({ "bytes": 0 })),
        ("stall", json!({ "for": "1s", "heartbeats": "1s" })),
        ("lower_limits", json!({ "factor": 2 })),
        ("cold_start", json!({ "factor": 0.5 })),
        ("hang", json!({ "for": "1s" })),
    ] {
        let error = find(name).unwrap().check(&params).unwrap_err();
        text += &format!("{name} {params}\n  at `{}`: {}\n", error.path, error.message);
    }
    insta::assert_snapshot!(text);
}

/// The handbook's tables: one per group, from the catalogue alone.
fn tables() -> String {
    let mut text = String::new();
    let mut group = None;
    for entry in ALL {
        if group != Some(entry.group) {
            group = Some(entry.group);
            text += &format!("\n### {}\n\n", entry.group.title());
            text += "| fault | what happens | parameters |\n|---|---|---|\n";
        }
        let schema = entry.schema().to_value();
        let properties = schema["properties"].as_object().cloned().unwrap_or_default();
        let parameters: Vec<String> = properties
            .iter()
            .map(|(name, about)| {
                let about = about["description"].as_str().unwrap_or_default().replace('\n', " ");
                format!("`{name}`: {about}").replace('|', "\\|")
            })
            .collect();
        let (name, what) = (entry.name, entry.description());
        text += &format!("| `{name}` | {what} | {} |\n", parameters.join("<br>"));
    }
    text
}

#[test]
fn the_handbook_has_the_catalogues_tables() {
    let markers =
        ("<!-- the catalogue, as the code has it -->\n", "\n<!-- end of the catalogue -->");
    generated::hold("docs/fakes.md", Some(markers), &tables());
}
