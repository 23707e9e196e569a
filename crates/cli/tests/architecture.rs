//! Imports run one way. The arrows of `docs/ARCHITECTURE.md`, checked against the manifests.

#![expect(clippy::expect_used, reason = "helpers of a test stop it where they fail")]

use std::collections::{BTreeMap, BTreeSet};

/// Who may import whom, among our own crates.
const ARROWS: &[(&str, &[&str])] = &[
    ("vocab", &[]),
    ("wire", &["vocab"]),
    ("world", &["vocab"]),
    ("record", &["vocab"]),
    ("gateway", &["vocab", "wire", "world"]),
    ("fake-providers", &["vocab", "wire", "world", "record"]),
    ("loadgen", &["vocab", "wire", "world", "record"]),
    ("plan", &["vocab", "record", "gateway", "fake-providers", "loadgen"]),
    ("runner", &["vocab", "world", "record", "plan", "gateway", "fake-providers", "loadgen"]),
    ("reports", &["vocab", "record"]),
    ("brownout", &["vocab", "record", "plan", "runner", "reports"]),
];

/// Crates that must not reach a runtime or a socket, not even through a library.
const WITHOUT_RUNTIME: &[&str] = &["vocab", "wire", "record", "reports"];

/// Libraries that are a runtime or a socket.
const RUNTIME: &[&str] = &["tokio", "hyper", "axum", "socket2"];

fn dependencies() -> BTreeMap<String, BTreeSet<String>> {
    let metadata = cargo_metadata::MetadataCommand::new().no_deps().exec().expect("cargo metadata");
    metadata
        .packages
        .into_iter()
        .map(|package| {
            let normal = package
                .dependencies
                .into_iter()
                .filter(|dependency| dependency.kind == cargo_metadata::DependencyKind::Normal)
                .map(|dependency| dependency.name.to_string())
                .collect();
            (package.name.to_string(), normal)
        })
        .collect()
}

#[test]
fn every_crate_imports_only_what_its_room_may() {
    let dependencies = dependencies();
    let ours: BTreeSet<&str> = ARROWS.iter().map(|(name, _)| *name).collect();
    let found: BTreeSet<&str> = dependencies.keys().map(String::as_str).collect();
    assert_eq!(ours, found, "a crate without a place in the map");
    for (name, allowed) in ARROWS {
        for dependency in &dependencies[*name] {
            let is_ours = ours.contains(dependency.as_str());
            assert!(
                !is_ours || allowed.contains(&dependency.as_str()),
                "{name} must not import {dependency}"
            );
        }
    }
}

#[test]
fn nouns_codecs_and_analysis_reach_no_runtime() {
    let dependencies = dependencies();
    for name in WITHOUT_RUNTIME {
        for library in RUNTIME {
            assert!(!dependencies[*name].contains(*library), "{name} must not reach {library}");
        }
    }
}

#[test]
fn yaml_stays_behind_one_module() {
    let root = concat!(env!("CARGO_MANIFEST_DIR"), "/../..");
    let mut users = Vec::new();
    let mut folders: Vec<std::path::PathBuf> =
        ["gateway", "fake-providers", "loadgen", "reports", "crates"]
            .iter()
            .map(|folder| std::path::Path::new(root).join(folder))
            .collect();
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).expect("a folder") {
            let path = entry.expect("an entry").path();
            if path.is_dir() {
                if path.file_name().is_none_or(|name| name != "tests") {
                    folders.push(path);
                }
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                let text = std::fs::read_to_string(&path).expect("text");
                if text.lines().any(|line| line.contains("serde_yaml::")) {
                    users.push(path.file_name().map(|name| name.to_string_lossy().into_owned()));
                }
            }
        }
    }
    assert_eq!(users, [Some("yaml.rs".to_owned())], "serde_yaml belongs behind plan's yaml.rs");
}

#[test]
fn every_module_says_what_it_owns() {
    let root = concat!(env!("CARGO_MANIFEST_DIR"), "/../..");
    let mut folders: Vec<std::path::PathBuf> =
        ["gateway", "fake-providers", "loadgen", "reports", "crates"]
            .iter()
            .map(|folder| std::path::Path::new(root).join(folder))
            .collect();
    const BANNED: &[&str] =
        &["util", "utils", "helpers", "common", "misc", "imp", "types", "manager"];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).expect("a folder") {
            let path = entry.expect("an entry").path();
            if path.is_dir() {
                folders.push(path);
                continue;
            }
            if path.extension().is_none_or(|extension| extension != "rs") {
                continue;
            }
            let stem = path.file_stem().map(|stem| stem.to_string_lossy().into_owned());
            let stem = stem.unwrap_or_default();
            assert!(!BANNED.contains(&stem.as_str()), "{} says nothing", path.display());
            let text = std::fs::read_to_string(&path).expect("text");
            assert!(text.starts_with("//!"), "{} has no header", path.display());
        }
    }
}
