//! Imports run one way. The arrows of `docs/ARCHITECTURE.md`, checked against the manifests and
//! against everything that the lock file resolves; and the habits of source that no lint knows.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use cargo_metadata::{DependencyKind, Metadata, MetadataCommand, PackageId};

/// Who may import whom, among our own crates; `docs/ARCHITECTURE.md` prints the same rows.
const ARROWS: &[(&str, &[&str])] = &[
    ("cli", &["vocab", "record", "plan", "runner", "reports", "judge"]),
    ("judge", &["vocab", "record", "plan", "runner", "reports"]),
    ("reports", &["vocab", "record"]),
    ("runner", &["vocab", "record", "world", "plan", "gateway", "fake-providers", "loadgen"]),
    ("plan", &["vocab", "record", "world", "gateway", "fake-providers", "loadgen"]),
    ("gateway", &["vocab", "wire", "world"]),
    ("fake-providers", &["vocab", "record", "wire", "world"]),
    ("loadgen", &["vocab", "record", "wire", "world"]),
    ("record", &["vocab"]),
    ("world", &["vocab"]),
    ("wire", &[]),
    ("vocab", &[]),
];

/// Crates that must not reach a runtime or a socket, not even through a library.
const WITHOUT_RUNTIME: &[&str] = &["vocab", "wire", "record", "reports"];

/// Libraries that are a runtime or a socket.
const RUNTIME: &[&str] = &["tokio", "hyper", "axum", "socket2", "mio"];

/// Folders with our source.
const ROOMS: &[&str] = &["gateway", "fake-providers", "loadgen", "reports", "crates"];

/// File names that say nothing.
const BANNED: &[&str] = &["util", "utils", "helpers", "common", "misc", "imp", "types", "manager"];

/// Everything that the lock file resolves for this machine. For other platforms there may be crates
/// that nobody has downloaded, and nobody needs.
pub(crate) fn metadata() -> Metadata {
    let mut command = MetadataCommand::new();
    command.other_options(["--locked".to_owned(), "--filter-platform=host-tuple".to_owned()]);
    command.exec().expect("cargo metadata")
}

/// The name of a package's room: the binary's crate stands in `crates/cli`.
fn room(package: &str) -> &str {
    if package == "brownout" { "cli" } else { package }
}

/// Every source file of ours, by its path from the root, with its text.
pub(crate) fn sources() -> Vec<(String, String)> {
    let root = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../.."));
    let mut folders: Vec<PathBuf> = ROOMS.iter().map(|room| root.join(room)).collect();
    let mut found = Vec::new();
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).expect("a folder") {
            let path = entry.expect("an entry").path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                let text = std::fs::read_to_string(&path).expect("text");
                let name = path.strip_prefix(root).expect("below").display().to_string();
                found.push((name, text));
            }
        }
    }
    assert!(found.len() > 100, "this is not the whole source");
    found.sort();
    found
}

/// Everything that a package is built with, its own name included: normal dependencies with the
/// features that this workspace asks for, and theirs.
fn reached(metadata: &Metadata, name: &str) -> BTreeSet<String> {
    let resolve = metadata.resolve.as_ref().expect("resolved");
    let nodes: BTreeMap<&PackageId, _> =
        resolve.nodes.iter().map(|node| (&node.id, node)).collect();
    let start = metadata.packages.iter().find(|package| *package.name == name).expect("a member");
    let (mut open, mut seen) = (vec![&start.id], BTreeSet::new());
    while let Some(id) = open.pop() {
        if !seen.insert(id) {
            continue;
        }
        let normal = nodes[id].deps.iter().filter(|dependency| {
            dependency.dep_kinds.iter().any(|kind| kind.kind == DependencyKind::Normal)
        });
        open.extend(normal.map(|dependency| &dependency.pkg));
    }
    let packages = metadata.packages.iter().filter(|package| seen.contains(&package.id));
    packages.map(|package| package.name.to_string()).collect()
}

#[test]
fn every_crate_imports_only_what_its_room_may() {
    let metadata = metadata();
    let members = metadata.workspace_packages();
    let ours: BTreeSet<&str> = ARROWS.iter().map(|(name, _)| *name).collect();
    let found: BTreeSet<&str> = members.iter().map(|package| room(&package.name)).collect();
    assert_eq!(ours, found, "a crate without a place in the map");
    for (name, allowed) in ARROWS {
        let package = members.iter().find(|package| room(&package.name) == *name).expect("found");
        let normal = |dependency: &&cargo_metadata::Dependency| {
            dependency.kind == DependencyKind::Normal && ours.contains(&*dependency.name)
        };
        let imports: BTreeSet<&str> =
            package.dependencies.iter().filter(normal).map(|each| &*each.name).collect();
        let allowed: BTreeSet<&str> = allowed.iter().copied().collect();
        assert_eq!(imports, allowed, "{name} imports what the map does not say, or less");
    }
}

#[test]
fn the_map_prints_the_same_arrows() {
    let page = include_str!("../../../../docs/ARCHITECTURE.md");
    let printed: Vec<&str> = page.lines().filter(|line| line.contains(" → ")).collect();
    for (name, allowed) in ARROWS.iter().filter(|(_, allowed)| !allowed.is_empty()) {
        let row = format!("{name:14} → {}", allowed.join(", "));
        assert!(printed.contains(&&*row), "`{row}` is not in docs/ARCHITECTURE.md");
    }
}

#[test]
fn nouns_codecs_and_analysis_reach_no_runtime() {
    let metadata = metadata();
    for name in WITHOUT_RUNTIME {
        let reached = reached(&metadata, name);
        assert!(reached.len() > 5 && reached.contains("serde"), "{name} was not resolved");
        for library in RUNTIME {
            assert!(!reached.contains(*library), "{name} must not reach {library}");
        }
    }
    // The walk finds what it looks for where it is.
    let gateway = reached(&metadata, "gateway");
    assert!(RUNTIME.iter().all(|library| gateway.contains(*library)), "{gateway:?}");
}

#[test]
fn yaml_stays_behind_one_module() {
    let uses = |(name, text): &(String, String)| {
        !name.contains("/tests/")
            && ["serde_yaml::", "granit_parser::"].iter().any(|library| text.contains(library))
    };
    let users: Vec<String> = sources().into_iter().filter(uses).map(|(name, _)| name).collect();
    assert_eq!(users, ["crates/plan/src/text/yaml.rs"], "YAML belongs behind one module");
}

#[test]
fn every_module_says_what_it_owns() {
    for (name, text) in sources() {
        let stem = Path::new(&name).file_stem().expect("a name").to_string_lossy().into_owned();
        assert!(!BANNED.contains(&stem.as_str()), "{name} says nothing");
        assert!(text.starts_with("//!"), "{name} has no header");
    }
}

/// Without `biased;` the branches of a select are polled in an order drawn from the thread's own
/// luck: no two runs would be alike.
#[test]
fn every_select_says_in_which_order_it_looks() {
    let (opening, mut selects) = (concat!("select", "! {"), 0);
    for (name, text) in sources() {
        for (at, _) in text.match_indices(opening) {
            selects += 1;
            let first = text[at + opening.len()..].trim_start();
            let line = text[..at].lines().count();
            assert!(first.starts_with("biased;"), "{name}:{line}: `biased;` comes first");
        }
    }
    assert!(selects > 5, "{selects} selects were looked at");
}
