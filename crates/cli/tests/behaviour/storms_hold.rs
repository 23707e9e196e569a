//! A short storm: random scenarios with fixed seeds, each held to what must be true of every run. The generator and its
//! checks are the example `storm` of `runner`; `docs/testing.md` says what they hold, and how to play hundreds.

use std::path::{Path, PathBuf};

use crate::storm::{Programs, Size, Storm};

/// So many scenarios: some seconds.
const COUNT: u64 = 8;

#[test]
fn whatever_is_played_holds() {
    let folder = tempfile::tempdir().expect("a folder");
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let programs = Programs {
        brownout: PathBuf::from(env!("CARGO_BIN_EXE_brownout")),
        recompute: root.join("scripts/recompute.py"),
    };
    let storm = Storm {
        count: COUNT,
        seed: 1,
        size: Size::Small,
        folder: folder.path().to_owned(),
        programs,
    };
    let mut failures = Vec::new();
    let summary = storm.play(&mut |failure| failures.push(failure.to_string())).expect("played");
    assert!(summary.is_clean(), "{summary}\n{}", failures.join("\n"));
}
