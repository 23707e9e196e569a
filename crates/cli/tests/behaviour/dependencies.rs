//! What this workspace links: from where, under which licences, which of it twice, and nothing that
//! nobody uses. Checked from the resolved graph in every test run, for it costs nothing there;
//! `scripts/audit` asks cargo-deny and cargo-machete the same and more, on demand.

use std::collections::{BTreeMap, BTreeSet};

use cargo_metadata::Package;

use crate::architecture::{metadata, sources};

/// Licences that ask for nothing but a notice.
const PERMISSIVE: &[&str] = &[
    "0BSD",
    "Apache-2.0",
    "BSD-2-Clause",
    "BSD-3-Clause",
    "BSL-1.0",
    "CDLA-Permissive-2.0",
    "ISC",
    "MIT",
    "MIT-0",
    "Unicode-3.0",
    "Unlicense",
    "Zlib",
];

/// Packages of which two versions are linked somewhere, because other packages still ask for the
/// older one. A new row wants a reason.
const TWICE: &[&str] = &["base64", "bit-vec", "getrandom", "syn", "synstructure", "unicode-width"];

/// What must not come in: C libraries for TLS, a second async runtime, a second calendar, a parser
/// that its authors gave up.
const BANNED: &[&str] =
    &["openssl", "openssl-sys", "native-tls", "async-std", "smol", "chrono", "yaml-rust"];

/// Dependencies that no source names: they are there for a feature that they switch on.
const NAMED_NOWHERE: &[(&str, &str)] = &[("fake-providers", "aws-smithy-runtime-api")];

/// Whether every part that is asked for together has an alternative that is permissive.
fn permissive(licence: &str) -> bool {
    let plain = licence.replace(['(', ')'], "").replace('/', " OR ");
    plain.split(" AND ").all(|part| part.split(" OR ").any(|one| PERMISSIVE.contains(&one.trim())))
}

fn foreign(package: &&Package) -> bool {
    package.source.is_some()
}

#[test]
fn licences_are_permissive() {
    for (licence, is) in [
        ("MIT", true),
        ("GPL-3.0-only", false),
        ("GPL-3.0-only OR MIT", true),
        ("MIT AND GPL-3.0-only", false),
        ("(MIT OR Apache-2.0) AND Unicode-3.0", true),
        ("Unlicense/MIT", true),
    ] {
        assert_eq!(permissive(licence), is, "{licence}");
    }
    let metadata = metadata();
    for package in metadata.packages.iter().filter(foreign) {
        let licence = package.license.as_deref().unwrap_or_default();
        assert!(permissive(licence), "{} {}: `{licence}`", package.name, package.version);
    }
}

#[test]
fn packages_come_from_the_registry_or_from_here() {
    let metadata = metadata();
    assert!(metadata.packages.iter().filter(foreign).count() > 100, "the graph is empty");
    for package in &metadata.packages {
        assert!(!BANNED.contains(&package.name.as_str()), "{} is banned", package.name);
        if let Some(source) = &package.source {
            assert!(source.is_crates_io(), "{} comes from {source}", package.name);
        }
    }
}

#[test]
fn nothing_new_is_linked_twice() {
    let mut versions: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for package in metadata().packages {
        versions.entry(package.name.to_string()).or_default().insert(package.version.to_string());
    }
    let twice: Vec<&str> =
        versions.iter().filter(|(_, all)| all.len() > 1).map(|(name, _)| name.as_str()).collect();
    assert_eq!(twice, TWICE);
}

/// Words of a text, as identifiers go.
fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split(|letter: char| !letter.is_ascii_alphanumeric() && letter != '_')
}

#[test]
fn every_dependency_is_used() {
    let (metadata, sources) = (metadata(), sources());
    let mut unused = Vec::new();
    for package in metadata.workspace_packages() {
        let folder = package.manifest_path.parent().expect("a folder");
        let folder = folder.strip_prefix(&metadata.workspace_root).expect("below the root");
        let own = sources.iter().filter(|(path, _)| path.starts_with(&format!("{folder}/")));
        let said: BTreeSet<&str> = own.flat_map(|(_, text)| words(text)).collect();
        for dependency in &package.dependencies {
            let name = dependency.rename.as_deref().unwrap_or(&dependency.name);
            if !said.contains(name.replace('-', "_").as_str()) {
                unused.push((package.name.to_string(), name.to_owned()));
            }
        }
    }
    let unused: Vec<_> = unused.iter().map(|(who, what)| (who.as_str(), what.as_str())).collect();
    assert_eq!(unused, NAMED_NOWHERE);
}
