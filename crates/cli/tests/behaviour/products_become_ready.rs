//! Products are started, waited for, warmed up and ended: here with stand-ins, scripts that take the place of
//! an environment's Python. The one that serves is our own gateway, which reads the same config.

use std::collections::BTreeSet;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicBool;
use std::time::Duration;

use plan::ProductName;
use runner::{FoundProduct, ProductError, ProductLaunch, ProductSearch, RunningProduct};
use serde_json::json;
use vocab::Protocol;

use crate::support::Scratch;

/// A stand-in for `python`: asked for its version it says 9.9.9, and else does what `serve` says; then `$4` is
/// the config and `$8` the port.
pub(crate) fn stand_in(scratch: &Scratch, serve: &str) -> PathBuf {
    let text = format!("#!/bin/sh\n[ \"$1\" = -I ] && echo 9.9.9 && exit\n{serve}\n");
    scratch.write("python", &text);
    let path = scratch.path("python");
    let mode = std::fs::Permissions::from_mode(0o755);
    std::fs::set_permissions(&path, mode).expect("may be run");
    path
}

/// What a stand-in does to serve.
pub(crate) fn serving() -> String {
    format!("exec {} gateway --config \"$4\" --port \"$8\"", env!("CARGO_BIN_EXE_brownout"))
}

fn find(python: &Path) -> FoundProduct {
    let search = ProductSearch { python: Some(python.to_owned()), ..ProductSearch::default() };
    runner::find_product(ProductName::Litellm, &search).expect("there")
}

fn start(
    scratch: &Scratch,
    serve: &str,
    (patience, stop): (Duration, bool),
) -> Result<RunningProduct, ProductError> {
    let found = find(&stand_in(scratch, serve));
    runner::start_product(ProductLaunch {
        found: &found,
        supervisor: Path::new(env!("CARGO_BIN_EXE_brownout")),
        settings: &json!({ "model_list": [] }),
        protocols: &BTreeSet::from([Protocol::OpenAi, Protocol::Anthropic]),
        dir: scratch.path(".").as_path(),
        patience,
        stop: &AtomicBool::new(stop),
    })
}

const MINUTE: Duration = Duration::from_secs(60);

#[test]
fn a_product_is_ready_when_it_has_answered_and_nothing_is_left_of_it_when_it_is_stopped() {
    let scratch = Scratch::new();
    let product = start(&scratch, &serving(), (MINUTE, false)).expect("ready");
    assert_eq!((product.found().title(), product.found().version()), ("LiteLLM", "9.9.9"));
    assert!(std::net::TcpStream::connect(product.address()).is_ok());
    let usage = product.usage();
    assert!(usage.resident_bytes_max.is_some_and(|bytes| bytes > 1_000_000), "{usage:?}");
    assert!(usage.cpu.is_some(), "{usage:?}");
    let config = std::fs::metadata(scratch.path("process-config.json")).expect("kept");
    assert_eq!(config.permissions().mode() & 0o777, 0o600);
    assert!(product.log().is_file() && product.key().len() > 40);
    let address = product.address();
    product.stop();
    assert!(std::net::TcpStream::connect(address).is_err());
}

#[test]
fn a_product_that_is_dropped_is_stopped() {
    let scratch = Scratch::new();
    let product = start(&scratch, &serving(), (MINUTE, false)).expect("ready");
    let address = product.address();
    drop(product);
    assert!(std::net::TcpStream::connect(address).is_err());
}

#[test]
fn a_product_that_ends_before_it_is_ready_is_told_with_the_end_of_its_log() {
    let scratch = Scratch::new();
    let error = start(&scratch, "echo bad config; exit 3", (MINUTE, false)).expect_err("ended");
    let told = error.to_string();
    assert!(told.contains("LiteLLM 9.9.9 did not become ready"), "{told}");
    assert!(told.contains("exit code 3") && told.contains("    bad config"), "{told}");
}

#[test]
fn a_product_that_never_answers_has_a_bound() {
    let scratch = Scratch::new();
    let second = Duration::from_secs(1);
    let error = start(&scratch, "exec sleep 600", (second, false)).expect_err("silent");
    assert!(error.to_string().contains("no answer within 1 s"), "{error}");
}

#[test]
fn a_product_that_answers_without_the_key_being_right_is_not_ready() {
    let scratch = Scratch::new();
    let serve = format!("sed -i 's/sk-brownout-[0-9a-f]*\"$/other\"/' \"$4\"; {}", serving());
    let error = start(&scratch, &serve, (MINUTE, false)).expect_err("another key");
    assert!(error.to_string().contains("it answers 401 where openai answers"), "{error}");
}

#[test]
fn whoever_wants_to_stop_does_not_wait_for_a_product() {
    let scratch = Scratch::new();
    let error = start(&scratch, "exec sleep 600", (MINUTE, true)).expect_err("interrupted");
    assert!(matches!(error, ProductError::Interrupted(_)), "{error}");
}

#[test]
fn a_product_that_is_not_there_is_told_with_the_one_command_that_mends_it() {
    let scratch = Scratch::new();
    let search = ProductSearch { peers: scratch.path("peers"), ..ProductSearch::default() };
    let told = |search| runner::find_product(ProductName::Litellm, &search).expect_err("not there");
    let error = told(search.clone()).to_string();
    assert!(error.contains("peers/litellm-1.106.2/bin/python"), "{error}");
    assert!(error.contains("help: install it with `scripts/peers litellm`"), "{error}");
    let other = ProductSearch { version: Some("1.109.3".to_owned()), ..search.clone() };
    let error = told(other).to_string();
    assert!(error.contains("`scripts/peers litellm --version 1.109.3`"), "{error}");
    // A Python without it.
    let without = scratch.path("without");
    std::fs::copy(stand_in(&scratch, ""), &without).expect("copied");
    std::fs::write(&without, "#!/bin/sh\necho 'No package metadata' >&2; exit 1\n")
        .expect("written");
    let error = told(ProductSearch { python: Some(without), ..search }).to_string();
    assert!(error.contains("has no LiteLLM: No package metadata"), "{error}");
}
