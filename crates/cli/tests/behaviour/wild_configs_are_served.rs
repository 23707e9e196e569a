//! What `fakes --write-config` writes is what `gateway` needs: for every config of the corpus each deployment is asked
//! through a gateway on that file, with nobody to help it out.

use std::fmt::Write as _;
use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::path::Path;

use serde_json::{Value, json};

use crate::standing::Running;
use crate::support::Scratch;
use crate::wild_configs_run::{corpus, name};

/// The key of what is written where the environment has none.
const KEY: &str = "sk-brownout-master";

/// One exchange by hand: status and body.
fn post(url: &str, path: &str, body: &str) -> (u16, String) {
    let authority = url.strip_prefix("http://").expect("plain text");
    let mut stream = TcpStream::connect(authority).expect("it listens");
    let head = format!(
        "POST {path} HTTP/1.1\r\nhost: {authority}\r\nconnection: close\r\nauthorization: Bearer {KEY}\r\n\
         content-type: application/json\r\ncontent-length: {}\r\n\r\n",
        body.len()
    );
    stream.write_all(format!("{head}{body}").as_bytes()).expect("sent");
    let mut said = String::new();
    stream.read_to_string(&mut said).expect("an answer");
    let status = said.split(' ').nth(1).and_then(|status| status.parse().ok()).expect("a status");
    let (_, body) = said.split_once("\r\n\r\n").expect("a head");
    (status, body.to_owned())
}

/// What is asked of a deployment; nothing where only its own clients know.
fn request(entry: &Value, group: &str) -> Option<(&'static str, Value)> {
    let model = entry["litellm_params"]["model"].as_str().unwrap_or_default();
    let embeds = model.contains("embed") || model.contains("bge-");
    let usual = if embeds { "embedding" } else { "chat" };
    match entry["model_info"]["mode"].as_str().unwrap_or(usual) {
        "chat" | "responses" | "completion" => Some((
            "/v1/chat/completions",
            json!({
                "model": group,
                "disable_fallbacks": true,
                "messages": [{ "role": "user", "content": "[[answer:2]]" }],
            }),
        )),
        "embedding" => Some(("/v1/embeddings", json!({ "model": group, "input": "hello" }))),
        _ => None,
    }
}

/// Every entry once more as a group of its own, which tags do not keep from anybody; patterns keep their names.
fn each_alone(served: &mut Value) -> Vec<(String, Value)> {
    let mut alone = Vec::new();
    let list = served["model_list"].as_array_mut().expect("a list");
    for (at, entry) in list.clone().into_iter().enumerate() {
        let group = entry["model_name"].as_str().unwrap_or_default().to_owned();
        if group.contains('*') {
            alone.push((group.replace('*', "any"), entry));
            continue;
        }
        let mut own = entry;
        let group = format!("alone-{at}");
        own["model_name"] = json!(group);
        own["model_info"]["id"] = json!(group);
        own["litellm_params"].as_object_mut().map(|params| params.remove("tags"));
        list.push(own.clone());
        alone.push((group, own));
    }
    alone
}

/// What is wrong with what is written for a config.
fn served(path: &Path) -> String {
    let scratch = Scratch::new();
    let config = path.display().to_string();
    scratch.write(
        "wild.yaml",
        "scenario: wild\nconfig: config.yaml\ncontenders: [{ name: own }]\ntraffic:\n  \
         - { for: 2s, arrivals: { poisson: 4/s }, workload: chat }\n",
    );
    let fakes = ["fakes", "wild.yaml", "--config", &config, "--port", "0"];
    let mut fakes = scratch.command(&fakes);
    let fakes = Running::start(fakes.args(["--admin-port", "0", "--write-config", "served.json"]));
    fakes.says("fakes listen on ");
    let text = std::fs::read_to_string(scratch.path("served.json")).expect("written");
    let mut tree: Value = serde_json::from_str(&text).expect("JSON");
    let alone = each_alone(&mut tree);
    scratch.write("alone.json", &tree.to_string());
    let gateway = ["gateway", "--config", "alone.json", "--port", "0"];
    let gateway = Running::start(&mut scratch.command(&gateway));
    let url = gateway.says("gateway listens on ");
    let mut wrong = String::new();
    for (group, entry) in &alone {
        let Some((path, body)) = request(entry, group) else { continue };
        let (status, said) = post(&url, path, &body.to_string());
        if status != 200 {
            let params = &entry["litellm_params"];
            let _ = writeln!(wrong, "  {group} {params}: {status} {said}");
        }
    }
    wrong
}

/// Serves every config whose place in the corpus leaves this remainder.
fn serves(remainder: usize) {
    let mut wrong = String::new();
    let own = corpus().into_iter().enumerate().filter(|(at, _)| at % PARTS == remainder);
    for (_, path) in own {
        let found = served(&path);
        if !found.is_empty() {
            let _ = writeln!(wrong, "{}:\n{found}", name(&path));
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
}

/// The corpus is served in so many tests, side by side.
const PARTS: usize = 4;

#[test]
fn a_first_quarter_is_served_as_it_is_written() {
    serves(0);
}

#[test]
fn a_second_quarter_is_served_as_it_is_written() {
    serves(1);
}

#[test]
fn a_third_quarter_is_served_as_it_is_written() {
    serves(2);
}

#[test]
fn a_fourth_quarter_is_served_as_it_is_written() {
    serves(3);
}
