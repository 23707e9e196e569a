//! The table of personalities, and that nobody outside its folder names one.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use gateway::decisions::Failure;
use gateway::policy::{ALL, Kind, Personality, find};
use gateway::strategy;
use serde_json::json;

use super::given::{config_of, refusal};

/// Source files below a folder of the repository, tests left out.
fn sources(folder: &str) -> Vec<PathBuf> {
    let mut folders = vec![Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(folder)];
    let mut found = Vec::new();
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).expect("a folder") {
            let path = entry.expect("an entry").path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                found.push(path);
            }
        }
    }
    found
}

fn modules() -> BTreeSet<String> {
    let rows = sources("gateway/src/policy").into_iter().filter(|path| {
        let source = fs::read_to_string(path).expect("source");
        source.contains("const PERSONALITY: Personality")
    });
    rows.filter_map(|path| Some(path.file_stem()?.to_str()?.to_owned())).collect()
}

#[test]
fn every_file_with_a_personality_is_a_row() {
    let table = fs::read_to_string(sources_root("gateway/src/policy.rs")).expect("the table");
    let modules = modules();
    assert_eq!(modules.len(), ALL.len(), "{modules:?}");
    for module in &modules {
        assert!(table.contains(&format!("{module}::PERSONALITY")), "{module} is no row");
    }
}

fn sources_root(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(path)
}

#[test]
fn names_are_unique_found_and_described() {
    let names: BTreeSet<&str> = ALL.iter().map(|personality| personality.name).collect();
    assert_eq!(names.len(), ALL.len());
    for personality in ALL {
        assert_eq!(find(personality.name), Some(*personality));
        assert!(personality.summary.ends_with('.'), "{}", personality.name);
    }
    assert_eq!(find("apim"), None);
}

#[test]
fn a_strategy_of_litellms_plays_litellms_rules_by_default_and_ours_plays_ours() {
    for entry in strategy::ALL {
        let kind = gateway::policy::default_for(entry.origin).kind;
        let ours = ["priority", "p2c-ewma", "least-tokens", "adaptive"].contains(&entry.name);
        assert_eq!(kind, if ours { Kind::BuiltIn } else { Kind::Emulated }, "{}", entry.name);
    }
}

/// Who asks which personality it is has taken a decision that belongs into a policy.
#[test]
fn nobody_else_names_a_personality() {
    let mut words: Vec<String> = modules().iter().map(|module| format!("{module}::")).collect();
    words.extend(ALL.iter().map(|personality| format!("\"{}\"", personality.name)));
    words.extend(["PERSONALITY", "personality.name ==", "personality =="].map(str::to_owned));
    let mut looked_at = 0;
    for folder in ["gateway/src", "crates/plan/src", "crates/runner/src"] {
        for path in sources(folder) {
            let name = path.display().to_string();
            if name.contains("gateway/src/policy/") || name.ends_with("gateway/src/policy.rs") {
                continue;
            }
            looked_at += 1;
            let source = fs::read_to_string(&path).expect("source");
            for (number, line) in (1..).zip(source.lines()) {
                let code = line.split("//").next().unwrap_or_default();
                let named = words.iter().find(|word| code.contains(word.as_str()));
                assert!(named.is_none(), "{name}:{number} names a personality: {line}");
            }
        }
    }
    assert!(looked_at > 100, "{looked_at} files were looked at");
}

fn row(name: &str) -> Personality {
    find(name).expect("a row")
}

#[test]
fn a_version_of_litellm_is_played_by_the_newest_that_is_not_newer() {
    for (version, personality) in [
        ("1.106.2", "litellm-1.106"),
        ("1.107.0", "litellm-1.106"),
        ("1.108.7", "litellm-1.108"),
        ("1.110", "litellm-1.108"),
        ("2.0.0", "litellm-1.108"),
        ("1.55.0", "litellm-1.106"),
        ("nightly", "litellm-1.106"),
    ] {
        assert_eq!(gateway::policy::of_litellm(version).name, personality, "{version}");
    }
}

#[test]
fn each_says_when_a_deployment_that_is_well_again_is_tried() {
    for (name, cooldown, after, word) in
        [("litellm-1.106", 60, 60, "cooldown"), ("brownout", 60, 60, "cooldown")]
    {
        let config = config_of(&[json!({})], json!({"cooldown_time": cooldown}));
        let recheck = row(name).policy.recheck(&config);
        assert_eq!((recheck.after.as_secs(), recheck.name), (after, word), "{name}");
    }
}

#[test]
fn an_errors_text_of_ours_ends_in_one_full_stop() {
    for message in ["No", "No.", "No..."] {
        let failure = Failure { message: message.to_owned(), ..refusal(500, &[]) };
        assert_eq!(row("brownout").policy.error_text(&failure), "No.");
    }
}
