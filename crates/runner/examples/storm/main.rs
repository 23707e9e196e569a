//! Plays random scenarios and holds each to what must be true of every run: `docs/testing.md` says to what.
//!
//! `cargo run -p runner --example storm -- --count N [--seed S] [--size small|usual] [--keep DIR] [--brownout FILE]`
//! plays N scenarios from seed S (default 1) upwards. Those that fail are kept in DIR (default `target/storm`), with the
//! command that repeats them. Exit 0: all hold; 1: one does not; 2: usage. The program is built first, unless FILE is
//! given: it is run as its users run it, since how it ends and what it prints are part of what is checked.

#[path = "storm.rs"]
mod storm;

use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

use storm::{Programs, Size, Storm};

const USAGE: &str =
    "usage: storm --count N [--seed S] [--size small|usual] [--keep DIR] [--brownout FILE]";

/// What was asked for.
struct Options {
    count: u64,
    seed: u64,
    size: Size,
    keep: PathBuf,
    brownout: Option<PathBuf>,
}

fn main() -> io::Result<ExitCode> {
    let (mut out, mut err) = (io::stdout(), io::stderr());
    let Some(options) = options() else {
        writeln!(err, "{USAGE}")?;
        return Ok(ExitCode::from(2));
    };
    let root = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../.."));
    let brownout = match options.brownout {
        Some(file) => file,
        None => build()?,
    };
    let programs = Programs {
        brownout: brownout.canonicalize()?,
        recompute: root.join("scripts/recompute.py"),
    };
    std::fs::create_dir_all(&options.keep)?;
    let Options { count, seed, size, .. } = options;
    let storm = Storm { count, seed, size, folder: options.keep.canonicalize()?, programs };
    let summary = storm.play(&mut |failure| {
        // Whoever no longer listens loses nothing but the news.
        let _ = writeln!(out, "{failure}");
    })?;
    writeln!(io::stdout(), "storm from seed {seed}: {summary}")?;
    Ok(if summary.is_clean() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn options() -> Option<Options> {
    let mut found = Options {
        count: 0,
        seed: 1,
        size: Size::Usual,
        keep: PathBuf::from("target/storm"),
        brownout: None,
    };
    let mut words = std::env::args().skip(1);
    while let Some(word) = words.next() {
        let value = words.next()?;
        match &*word {
            "--count" => found.count = value.parse().ok()?,
            "--seed" => found.seed = value.parse().ok()?,
            "--size" if value == "small" => found.size = Size::Small,
            "--size" if value == "usual" => found.size = Size::Usual,
            "--keep" => found.keep = PathBuf::from(value),
            "--brownout" => found.brownout = Some(PathBuf::from(value)),
            _ => return None,
        }
    }
    (found.count > 0).then_some(found)
}

/// Builds the program beside this one, in the profile of this one.
fn build() -> io::Result<PathBuf> {
    let here = std::env::current_exe()?;
    let profile = here.parent().and_then(Path::parent).ok_or(io::ErrorKind::NotFound)?;
    let mut cargo = Command::new(env!("CARGO"));
    cargo.args(["build", "--quiet", "--package", "brownout"]);
    if profile.ends_with("release") {
        cargo.arg("--release");
    }
    if !cargo.status()?.success() {
        return Err(io::Error::other("brownout cannot be built"));
    }
    Ok(profile.join("brownout"))
}
