//! Generated parts of committed files: tests hold them to the code, and write them with `UPDATE=1`.

#![expect(clippy::expect_used, reason = "a test stops where its file is not as said")]

use std::path::Path;

/// Holds a file, named from the root of the workspace, to `wanted`: the part of it between two
/// markers, or all of it.
pub(crate) fn hold(path: &str, markers: Option<(&str, &str)>, wanted: &str) {
    let package = Path::new(env!("CARGO_MANIFEST_DIR"));
    let root = package.ancestors().find(|folder| folder.join("Cargo.lock").is_file());
    let file = root.expect("the root of the workspace").join(path);
    let found = std::fs::read_to_string(&file).expect("text");
    let current = match markers {
        None => wanted.to_owned(),
        Some((begin, end)) => {
            let (before, rest) = found.split_once(begin).expect("the first marker");
            let (_, after) = rest.split_once(end).expect("the second marker");
            format!("{before}{begin}{wanted}{end}{after}")
        }
    };
    if found == current {
        return;
    }
    assert!(
        is_update(),
        "{path} is not what the code says; run this test with UPDATE=1:\n{wanted}"
    );
    std::fs::write(&file, current).expect("written");
}

#[expect(clippy::disallowed_methods, reason = "asked for by whoever runs the tests, as insta is")]
fn is_update() -> bool {
    std::env::var("UPDATE").is_ok_and(|value| value == "1")
}
