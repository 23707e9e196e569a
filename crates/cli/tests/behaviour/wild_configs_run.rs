//! Configs as people write them run end to end: the corpus in `scenarios/configs/wild`, one shape per file, each played for a
//! few virtual seconds with every group that chats, after `validate` said that it would be.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::support::Scratch;

/// Configs that are refused today, and a part of why. A shape leaves the table when it runs; a test sees that.
const REFUSED: &[(&str, &str)] = &[];

/// Configs of the issue at least.
const CORPUS_MIN: usize = 40;

pub(crate) fn corpus() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../scenarios/configs/wild");
    let files = std::fs::read_dir(folder).expect("the corpus");
    let mut files: Vec<PathBuf> = files.map(|entry| entry.expect("an entry").path()).collect();
    files.retain(|path| path.extension().is_some_and(|ext| ext == "yaml"));
    files.sort();
    files
}

pub(crate) fn name(path: &Path) -> &str {
    path.file_stem().and_then(|stem| stem.to_str()).expect("a name")
}

#[test]
fn the_corpus_has_a_shape_per_file_and_says_which() {
    let files = corpus();
    assert!(files.len() >= CORPUS_MIN, "{}", files.len());
    let mut shapes = BTreeSet::new();
    for path in &files {
        let text = std::fs::read_to_string(path).expect("readable");
        let shape = text.lines().next().and_then(|line| line.strip_prefix("# Shape: "));
        let shape = shape.unwrap_or_else(|| panic!("{} says no shape", path.display()));
        assert!(shapes.insert(shape.to_owned()), "{shape} twice");
    }
    let names: Vec<&str> = files.iter().map(|path| name(path)).collect();
    for (refused, _) in REFUSED {
        assert!(names.contains(refused), "{refused} is no config of the corpus");
    }
}

/// Plays every config whose place in the corpus leaves this remainder.
fn plays(remainder: usize) {
    let scratch = Scratch::new();
    let mut wrong = String::new();
    let own = corpus().into_iter().enumerate().filter(|(at, _)| at % PARTS == remainder);
    for (_, path) in own {
        let config = path.display().to_string();
        let played = validates(&scratch, &config).and_then(|()| play(&scratch, &config));
        let expected = REFUSED.iter().find(|(refused, _)| *refused == name(&path));
        match (played, expected) {
            (Ok(()), None) => {}
            (Ok(()), Some(_)) => {
                let _ = writeln!(wrong, "{}: runs; take it out of the table", name(&path));
            }
            (Err(why), Some((_, part))) if why.contains(part) => {}
            (Err(why), _) => {
                let _ = writeln!(wrong, "{}: {why}", name(&path));
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
}

/// The corpus is played in so many tests, side by side.
const PARTS: usize = 6;

#[test]
fn a_first_sixth_runs_as_it_is() {
    plays(0);
}

#[test]
fn a_second_sixth_runs_as_it_is() {
    plays(1);
}

#[test]
fn a_third_sixth_runs_as_it_is() {
    plays(2);
}

#[test]
fn a_fourth_sixth_runs_as_it_is() {
    plays(3);
}

#[test]
fn a_fifth_sixth_runs_as_it_is() {
    plays(4);
}

#[test]
fn a_sixth_sixth_runs_as_it_is() {
    plays(5);
}

/// Configs whose providers speak words of their own, which sockets must carry as memory does.
const ON_SOCKETS: [&str; 5] = [
    "azure-ai-foundry",
    "bedrock-beside-openai",
    "gemini-two-keys",
    "ollama-at-home",
    "vertex-publishers",
];

#[test]
fn providers_with_words_of_their_own_are_played_on_sockets() {
    let scratch = Scratch::new();
    for path in corpus().iter().filter(|path| ON_SOCKETS.contains(&name(path))) {
        let config = path.display().to_string();
        scratch.write("wild.yaml", &scenario(&every_group(&scratch, &config)));
        let run = ["run", "wild.yaml", "--config", &config, "--out", "out", "--clock", "wall"];
        let ran = scratch.run(&run);
        // A busy machine may keep it from a verdict, and then says so.
        assert!([0, 3].contains(&ran.code), "{}: {}{}", name(path), ran.err, ran.out);
        let requests = table(&scratch, "own/requests.csv");
        assert!(requests.len() >= 4, "{}: {} requests", name(path), requests.len());
        let failed = requests.iter().find(|row| row["outcome"] != "success");
        assert_eq!(failed, None, "{}", name(path));
        let attempts = table(&scratch, "own/attempts.csv");
        let refused = attempts.iter().find(|row| row["status"] != "200");
        assert_eq!(refused, None, "{}", name(path));
        // Each request was one attempt, and what its client counted is what its provider did.
        let of_requests = attempts.iter().filter(|row| row["kind"] == "request");
        let billed: BTreeMap<&str, &str> =
            of_requests.map(|row| (row["request"].as_str(), row["tokens_out"].as_str())).collect();
        assert_eq!(billed.len(), requests.len(), "{}", name(path));
        for row in &requests {
            let counted = row["tokens"].as_str();
            assert_eq!(billed.get(row["request"].as_str()), Some(&counted), "{}", name(path));
        }
        let answered = table(&scratch, "preflight.csv");
        assert!(answered.iter().all(|row| row["ok"] == "true"), "{}", name(path));
    }
}

/// A table, row by row, by its columns.
fn table(scratch: &Scratch, file: &str) -> Vec<BTreeMap<String, String>> {
    let text = std::fs::read_to_string(scratch.path("out").join(file)).expect("a table");
    let mut lines = text.lines();
    let columns: Vec<&str> = lines.next().unwrap_or_default().split(',').collect();
    let row = |line: &str| {
        columns
            .iter()
            .zip(line.split(','))
            .map(|(name, cell)| (name.to_string(), cell.to_owned()))
            .collect()
    };
    lines.map(row).collect()
}

fn scenario(traffic: &str) -> String {
    format!(
        "scenario: wild\nconfig: config.yaml\ncontenders: [{{ name: own }}]\ntraffic:\n{traffic}"
    )
}

fn phases(indent: &str, model: &str) -> String {
    let phase = |length: &str, more: &str| {
        format!(
            "{indent}- {{ for: {length}, arrivals: {{ poisson: 4/s }}, workload: chat{model}{more} }}\n"
        )
    };
    phase("1s", ", warmup: true") + &phase("2s", "")
}

/// Whoever names no model gets a plan, too.
fn validates(scratch: &Scratch, config: &str) -> Result<(), String> {
    scratch.write("wild.yaml", &scenario(&phases("  ", "")));
    let validated = scratch.run(&["validate", "wild.yaml", "--config", config]);
    let says_it_runs = validated.code == 0 && !validated.err.contains("cannot be run");
    if says_it_runs { Ok(()) } else { Err(validated.err) }
}

/// Plays every group that answers prompts, side by side; an error says what is not as it should be.
fn play(scratch: &Scratch, config: &str) -> Result<(), String> {
    scratch.write("wild.yaml", &scenario(&every_group(scratch, config)));
    let _ = std::fs::remove_dir_all(scratch.path("out"));
    let ran = scratch.run(&["run", "wild.yaml", "--config", config, "--out", "out", "--json"]);
    if ran.code != 0 {
        return Err(format!("exit {}: {}{}", ran.code, ran.err, ran.out));
    }
    let report: Value = serde_json::from_str(&ran.out).expect("JSON");
    if report["validity"]["verdict"] != "VALID" {
        return Err(format!("not valid: {}", report["validity"]));
    }
    let read = |file: &str| {
        std::fs::read_to_string(scratch.path("out").join(file)).map_err(|error| error.to_string())
    };
    // Every deployment that a request can reach was asked.
    let preflight = read("preflight.csv")?;
    if let Some(row) = preflight.lines().skip(1).find(|row| row.contains(",false,")) {
        return Err(format!("a deployment does not answer: {row}"));
    }
    let attempts = read("own/attempts.csv")?;
    let mut lines = attempts.lines();
    let columns: Vec<&str> = lines.next().unwrap_or_default().split(',').collect();
    let status = columns.iter().position(|column| *column == "status").expect("a column");
    match lines.find(|row| row.split(',').nth(status) != Some("200")) {
        Some(row) => Err(format!("a provider refuses a calm request: {row}")),
        None => Ok(()),
    }
}

/// A stream of traffic for each group that answers prompts; for a pattern some name that it admits.
fn every_group(scratch: &Scratch, config: &str) -> String {
    let text = std::fs::read_to_string(config).expect("readable");
    let tree: Option<Value> = serde_yaml::from_str(&text).ok();
    let chatting = tree.as_ref().and_then(chatting);
    // What only PyYAML reads, and what lies in other files, `check` has read.
    let models = chatting.filter(|models| !models.is_empty());
    let models = models.unwrap_or_else(|| checked(scratch, config));
    let stream = |(number, model): (usize, &String)| {
        let model = format!(", model: {}", Value::from(model.as_str()));
        format!("  s{number}:\n{}", phases("    ", &model))
    };
    models.iter().enumerate().map(stream).collect()
}

/// Names of the groups that answer prompts, each once; `None` where a name is no text to this reader of YAML.
fn chatting(tree: &Value) -> Option<Vec<String>> {
    let mut models: Vec<String> = Vec::new();
    for entry in tree["model_list"].as_array().into_iter().flatten() {
        let mode = entry["model_info"]["mode"].as_str().unwrap_or("chat");
        let own = entry["litellm_params"]["model"].as_str().unwrap_or_default();
        let group = entry["model_name"].as_str()?.replace('*', "any");
        let chats = matches!(mode, "chat" | "responses") && !own.contains("embed");
        if chats && !models.contains(&group) {
            models.push(group);
        }
    }
    Some(models)
}

/// Names of the groups, as `check` tells them.
fn checked(scratch: &Scratch, config: &str) -> Vec<String> {
    let told = scratch.run(&["check", config, "--json"]);
    let report: Value = serde_json::from_str(&told.out).unwrap_or_default();
    let groups = report["groups"].as_array().into_iter().flatten();
    groups.filter_map(|group| Some(group["name"].as_str()?.replace('*', "any"))).collect()
}
