//! `action.yml`, the template for GitLab and the hook for pre-commit: their scripts are run as they stand, in a repository
//! with a pull request that makes failover worse.

use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use serde_json::Value;

use crate::bases_come_from_git::git;
use crate::changes_of_a_config_are_gated::{changed, without_retries};
use crate::support::Scratch;

fn yaml(name: &str) -> Value {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().nth(2).expect("the root");
    let text = std::fs::read_to_string(root.join(name)).expect(name);
    serde_yaml::from_str(&text).expect("YAML")
}

/// A repository whose work tree makes the config of its only commit worse.
fn pull_request() -> Scratch {
    let scratch = changed(|config| config.to_owned());
    git(&scratch, &["init", "--quiet"]);
    git(&scratch, &["add", "."]);
    git(&scratch, &["commit", "--quiet", "-m", "base"]);
    let base = std::fs::read_to_string(scratch.path("base.yaml")).expect("a config");
    scratch.write("config.yaml", &without_retries(&base));
    scratch
}

/// Runs a script as a runner would, with the binary on the path, before whatever `first` has.
fn shell(scratch: &Scratch, script: &str, first: Option<&Path>, env: &[(&str, &str)]) -> Output {
    let binary = Path::new(env!("CARGO_BIN_EXE_brownout")).parent().expect("a folder");
    let first = first.map(|path| format!("{}:", path.display())).unwrap_or_default();
    let mut command = Command::new("bash");
    command.arg("-e").arg("-c").arg(script).current_dir(scratch.path("")).env_clear();
    command.env("PATH", format!("{first}{}:/usr/local/bin:/usr/bin:/bin", binary.display()));
    for (name, value) in env {
        command.env(name, value);
    }
    command.output().expect("bash")
}

fn said(output: &Output) -> String {
    String::from_utf8_lossy(&[&*output.stdout, &*output.stderr].concat()).into_owned()
}

fn step(name: &str) -> String {
    let action = yaml("action.yml");
    let steps = action["runs"]["steps"].as_array().expect("steps").clone();
    let step = steps.iter().find(|step| step["name"] == name).expect(name);
    step["run"].as_str().expect("a script").to_owned()
}

#[test]
fn the_action_fails_with_an_annotation_and_writes_a_summary() {
    let scratch = pull_request();
    let temp = scratch.path("").display().to_string();
    let (output, summary) = (scratch.path("output"), scratch.path("summary"));
    let env = [
        ("CONFIG", "config.yaml"),
        ("SCENARIOS", "scenario.yaml"),
        ("AGAINST", ""),
        ("SEEDS", "2"),
        ("ARGUMENTS", "--quiet"),
        ("BASE", "HEAD"),
        ("RUNNER_TEMP", temp.as_str()),
        ("GITHUB_OUTPUT", output.to_str().expect("a path")),
        ("GITHUB_STEP_SUMMARY", summary.to_str().expect("a path")),
    ];
    let ran = shell(&scratch, &step("Gate"), None, &env);
    assert_eq!(ran.status.code(), Some(1), "{}", said(&ran));
    assert!(
        said(&ran).contains("::error file=config.yaml,line=10,title=WORSE west-dies::"),
        "{}",
        said(&ran)
    );
    let markdown = std::fs::read_to_string(scratch.path("brownout-gate.md")).expect("written");
    assert!(
        markdown.starts_with("<!-- brownout-gate -->\n### ❌ Failover gate: WORSE\n"),
        "{markdown}"
    );
    assert_eq!(std::fs::read_to_string(summary).expect("written"), markdown);
    let outputs = std::fs::read_to_string(output).expect("written");
    assert!(
        outputs.starts_with("markdown=") && outputs.ends_with("brownout-gate.md\n"),
        "{outputs}"
    );
}

/// A `curl` that finds what stands in `served`, by the last part of its address.
fn curl(scratch: &Scratch) -> PathBuf {
    let tools = scratch.path("tools");
    std::fs::create_dir_all(&tools).expect("a folder");
    let script = "#!/bin/bash\nwhile [ $# -gt 1 ]; do [ \"$1\" = --output ] && out=\"$2\"; shift; done\ncp \"$SERVED/${1##*/}\" \"$out\"\n";
    scratch.write("tools/curl", script);
    let mode = std::fs::Permissions::from_mode(0o755);
    std::fs::set_permissions(tools.join("curl"), mode).expect("executable");
    tools
}

#[test]
fn the_action_installs_what_has_the_right_checksum_and_nothing_else() {
    let scratch = Scratch::new();
    let tools = curl(&scratch);
    std::fs::create_dir_all(scratch.path("served")).expect("a folder");
    scratch.write("served/brownout", "#!/bin/sh\necho released\n");
    let pack = "cd served && chmod +x brownout && a=brownout-v9-$(uname -m)-unknown-linux-musl.tar.gz && \
                tar -czf $a brownout && sha256sum $a > $a.sha256 && rm brownout";
    let packed = shell(&scratch, pack, None, &[]);
    assert!(packed.status.success(), "{}", said(&packed));
    let temp = scratch.path("").display().to_string();
    let (served, path) = (scratch.path("served"), scratch.path("github-path"));
    let env = [
        ("VERSION", "v9"),
        ("REPOSITORY", "o/r"),
        ("GITHUB_SERVER_URL", "https://git.example"),
        ("RUNNER_TEMP", temp.as_str()),
        ("GITHUB_PATH", path.to_str().expect("a path")),
        ("SERVED", served.to_str().expect("a path")),
    ];
    let ran = shell(&scratch, &step("Install brownout"), Some(&tools), &env);
    assert!(ran.status.success(), "{}", said(&ran));
    let folder = std::fs::read_to_string(&path).expect("written");
    assert!(Path::new(folder.trim()).join("brownout").is_file(), "{folder}");
    let spoil = shell(&scratch, "echo x >> served/*.tar.gz", None, &[]);
    assert!(spoil.status.success());
    let ran = shell(&scratch, &step("Install brownout"), Some(&tools), &env);
    assert!(!ran.status.success(), "a wrong checksum was accepted: {}", said(&ran));
}

#[test]
fn the_template_for_gitlab_writes_both_reports() {
    let scratch = pull_request();
    let template = yaml("templates/gitlab-ci.yml");
    let job = &template["failover-gate"];
    let lines = job["script"].as_array().expect("a script");
    let script: Vec<&str> = lines.iter().filter_map(Value::as_str).collect();
    let env = [
        ("BROWNOUT_CONFIG", "config.yaml"),
        ("BROWNOUT_SCENARIOS", "scenario.yaml"),
        ("CI_MERGE_REQUEST_DIFF_BASE_SHA", "HEAD"),
    ];
    let ran = shell(&scratch, &script.join("\n"), None, &env);
    assert_eq!(ran.status.code(), Some(1), "{}", said(&ran));
    for kind in ["junit", "codequality"] {
        let name = job["artifacts"]["reports"][kind].as_str().expect("a file");
        assert!(scratch.path(name).is_file(), "{name}");
    }
}

#[test]
fn the_hook_compares_with_the_last_commit() {
    let scratch = pull_request();
    let hook = &yaml(".pre-commit-hooks.yaml")[0];
    let entry = hook["entry"].as_str().expect("a command").replace(" ci ", " scenario.yaml ");
    let ran = shell(&scratch, &format!("{entry} config.yaml"), None, &[]);
    assert_eq!(ran.status.code(), Some(1), "{}", said(&ran));
    git(&scratch, &["checkout", "--quiet", "config.yaml"]);
    let ran = shell(&scratch, &format!("{entry} config.yaml"), None, &[]);
    assert_eq!(ran.status.code(), Some(0), "{}", said(&ran));
}
