//! A scratch folder, small scenarios, and the binary under test.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use tempfile::TempDir;

/// Two deployments of two providers, with a secret in every field that can hold one.
pub(crate) const CONFIG: &str = r#"
model_list:
  - model_name: gpt-4o
    litellm_params:
      model: azure/gpt-4o
      api_base: https://westus-primary.openai.azure.com/
      api_key: os.environ/AZURE_API_KEY
      api_version: "2024-08-01-preview"
    model_info: { id: west }
  - model_name: gpt-4o
    litellm_params: { model: gpt-4o, api_key: os.environ/OPENAI_API_KEY }
    model_info: { id: direct }
router_settings: { routing_strategy: simple-shuffle, num_retries: 2 }
general_settings: { master_key: os.environ/LITELLM_MASTER_KEY }
"#;

/// Fifteen seconds of light traffic; the first deployment is dark for four of them.
pub(crate) const SCENARIO: &str = r#"
# Does a small config survive four dark seconds?
scenario: four-dark-seconds
seed: 11
config: config.yaml
traffic:
  - { for: 3s, arrivals: { poisson: 8/s }, workload: chat, warmup: true }
  - { for: 12s, arrivals: { poisson: 8/s }, workload: chat }
faults:
  - { at: 6s, for: 4s, target: first, inject: refuse }
contenders:
  - { name: shuffle }
  - { name: priority, router_settings: { routing_strategy: priority }, instances: 2 }
slo:
  success: "rate > 0.5"
"#;

/// A folder with [`CONFIG`] and [`SCENARIO`], in which the binary runs.
#[derive(Debug)]
pub(crate) struct Scratch {
    folder: TempDir,
}

impl Scratch {
    /// A fresh one.
    pub(crate) fn new() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let scratch = Self { folder };
        scratch.write("config.yaml", CONFIG);
        scratch.write("scenario.yaml", SCENARIO);
        scratch
    }

    /// A path in it.
    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Writes a file.
    pub(crate) fn write(&self, name: &str, text: &str) {
        std::fs::write(self.path(name), text).expect("written");
    }

    /// Replaces a part of the scenario.
    pub(crate) fn change(&self, from: &str, to: &str) {
        let text = std::fs::read_to_string(self.path("scenario.yaml")).expect("a scenario");
        assert!(text.contains(from), "{from}");
        self.write("scenario.yaml", &text.replacen(from, to, 1));
    }

    /// The binary, in this folder, without the caller's environment.
    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_brownout"));
        command.args(arguments).current_dir(self.folder.path()).env_clear();
        command
    }

    /// Runs the binary to its end.
    pub(crate) fn run(&self, arguments: &[&str]) -> Ran {
        Ran::of(&self.command(arguments).output().expect("started"))
    }

    /// Every file below a folder, by its path, with its bytes.
    pub(crate) fn files(&self, name: &str) -> Vec<(String, Vec<u8>)> {
        let mut found = Vec::new();
        collect(&self.path(name), &self.path(name), &mut found);
        found.sort();
        found
    }
}

fn collect(root: &Path, folder: &Path, found: &mut Vec<(String, Vec<u8>)>) {
    for entry in std::fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            collect(root, &path, found);
        } else {
            let name = path.strip_prefix(root).expect("below").display().to_string();
            found.push((name, std::fs::read(&path).expect("a file")));
        }
    }
}

/// How a run of the binary ended.
#[derive(Debug)]
pub(crate) struct Ran {
    /// Exit code; -1 for a signal.
    pub(crate) code: i32,
    /// What it said on stdout.
    pub(crate) out: String,
    /// What it said on stderr.
    pub(crate) err: String,
}

impl Ran {
    /// From a finished process.
    pub(crate) fn of(output: &Output) -> Self {
        Self {
            code: output.status.code().unwrap_or(-1),
            out: String::from_utf8_lossy(&output.stdout).into_owned(),
            err: String::from_utf8_lossy(&output.stderr).into_owned(),
        }
    }
}
