//! `gate --against git:REV`: the base is the same config as git has it, with the files that it includes; the work tree stays
//! as it is.

use std::process::Command;

use serde_json::Value;

use crate::changes_of_a_config_are_gated::{CONFIG, SCENARIO, without_retries};
use crate::support::Scratch;

pub(crate) fn git(scratch: &Scratch, arguments: &[&str]) {
    let identity =
        ["-c", "user.name=t", "-c", "user.email=t@example.org", "-c", "commit.gpgsign=false"];
    let done = Command::new("git")
        .current_dir(scratch.path(""))
        .args(identity)
        .args(arguments)
        .output()
        .expect("git");
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
}

#[test]
fn a_revision_is_read_without_touching_the_work_tree() {
    let scratch = Scratch::new();
    scratch.write("scenario.yaml", SCENARIO);
    std::fs::create_dir(scratch.path("conf")).expect("a folder");
    scratch
        .write("conf/models.yaml", &CONFIG[..CONFIG.find("router_settings").expect("a section")]);
    let settings = &CONFIG[CONFIG.find("router_settings").expect("a section")..];
    scratch.write("conf/litellm.yaml", &format!("include: [models.yaml]\n{settings}"));
    scratch.write("docker-compose.yml", "image: litellm:1\n");
    git(&scratch, &["init", "--quiet"]);
    git(&scratch, &["add", "."]);
    git(&scratch, &["commit", "--quiet", "-m", "base"]);
    scratch.write(
        "conf/litellm.yaml",
        &format!("include: [models.yaml]\n{}", without_retries(settings)),
    );
    scratch.write("docker-compose.yml", "image: litellm:2\n");
    let before = scratch.files("conf");
    let usual = [
        "gate",
        "scenario.yaml",
        "--config",
        "conf/litellm.yaml",
        "--seeds",
        "1",
        "--quiet",
        "--against",
    ];
    let ran = scratch.run(&[&usual[..], &["git:HEAD", "--json"]].concat());
    let found: Value = serde_json::from_str(&ran.out).unwrap_or_else(|_| panic!("{}", ran.err));
    assert_eq!((ran.code, &found["verdict"]), (1, &"WORSE".into()), "{found:#}");
    assert_eq!(found["unseen"], serde_json::json!(["docker-compose.yml"]));
    assert_eq!(scratch.files("conf"), before);
    let ran = scratch.run(&[&usual[..], &["git:HEAD:conf/older.yaml"]].concat());
    assert_eq!((ran.code, ran.out.as_str()), (0, ""), "{}", ran.err);
    assert!(ran.err.contains("nothing to compare with"), "{}", ran.err);
    for (revision, said) in [
        ("git:nowhere", "git has no revision `nowhere` here; in CI, fetch it first"),
        ("git:--output=x", "is no revision"),
        ("git:", "is no revision"),
        ("none.yaml", "cannot read none.yaml"),
    ] {
        let ran = scratch.run(&[&usual[..], &[revision]].concat());
        assert_eq!((ran.code, ran.out.as_str()), (2, ""), "{revision}");
        assert!(ran.err.contains(said), "{revision}: {}", ran.err);
    }
}
