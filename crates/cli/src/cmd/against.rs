//! `--against`, `--compare-config`: the config that another one is held against, a file or the same file at a revision.

use std::path::{Path, PathBuf};

use plan::{Arm, Compared, Text};

use crate::cmd::scenario::{self, Reading};
use crate::exit::Failure;
use crate::git::Revision;

/// Where the other config stands.
#[derive(Clone, Debug)]
pub(crate) enum Against {
    /// In a file of its own.
    File(PathBuf),
    /// In the same file, or one that had another name, as git has it.
    Revision(Revision, Option<PathBuf>),
}

/// A config that a run plays beside another one, as `proposed` beside `base`.
#[derive(Clone, Debug)]
pub(crate) struct Comparison {
    base: Text,
    proposed: Text,
    arms: [Arm; 2],
}

impl Comparison {
    /// Of the config at `path` with the one that `against` names.
    pub(crate) fn of(path: &Path, against: &str) -> Result<Self, Failure> {
        let against = parse(against)?;
        let base = against.text(path)?;
        let base = base.ok_or_else(|| Failure::User(format!("error: {}", against.is_new(path))))?;
        Ok(Self { base, proposed: scenario::config_text(path)?, arms: judge::both() })
    }

    /// The same for one plan.
    pub(crate) fn reading<'a>(&'a self, reading: Reading<'a>) -> Reading<'a> {
        let compared = Compared { proposed: &self.proposed, arms: &self.arms };
        Reading { config: Some(&self.base), compared: Some(compared), ..reading }
    }
}

/// Most files that are told to be out of sight.
const UNSEEN_MAX: usize = 20;

/// `git:REV`, `git:REV:PATH`, or a file.
pub(crate) fn parse(text: &str) -> Result<Against, Failure> {
    let split = |text: &'_ str| match text.split_once(':') {
        Some((revision, path)) => (revision.to_owned(), Some(PathBuf::from(path))),
        None => (text.to_owned(), None),
    };
    match text.strip_prefix("git:").map(split) {
        Some((revision, path)) => match Revision::new(&revision) {
            Ok(revision) => Ok(Against::Revision(revision, path)),
            Err(why) => Err(Failure::User(format!("error: {why}"))),
        },
        None => Ok(Against::File(PathBuf::from(text))),
    }
}

impl Against {
    /// As the user wrote it.
    pub(crate) fn name(&self) -> String {
        match self {
            Self::File(path) => path.display().to_string(),
            Self::Revision(revision, None) => format!("git:{}", revision.name()),
            Self::Revision(revision, Some(path)) => {
                format!("git:{}:{}", revision.name(), path.display())
            }
        }
    }

    /// What stands there, with the files that it includes; `path` is the config that is held against it. `None` if the
    /// revision has no such file: it is new.
    pub(crate) fn text(&self, path: &Path) -> Result<Option<Text>, Failure> {
        let (revision, path) = match self {
            Self::File(file) => return scenario::config_text(file).map(Some),
            Self::Revision(revision, other) => (revision, other.as_deref().unwrap_or(path)),
        };
        let failed = |why: String| {
            let name = revision.name();
            Failure::User(format!("error: cannot read {} at git:{name}: {why}", path.display()))
        };
        let Some(text) = revision.read(path).map_err(failed)? else { return Ok(None) };
        let included = |file: &Path| revision.read(file).transpose();
        Ok(Some(Text::new(path.display().to_string(), text).with_includes(&included)))
    }

    /// Why there is nothing to compare with, where the revision has no such file.
    pub(crate) fn is_new(&self, path: &Path) -> String {
        format!(
            "{} is not in {}: nothing to compare with. Where it had another name: `{}:PATH`",
            path.display(),
            self.name(),
            self.name()
        )
    }

    /// Files that changed since the revision and that no simulation sees, though they decide what runs.
    pub(crate) fn unseen(&self, config: &Path) -> Vec<String> {
        let Self::Revision(revision, _) = self else { return Vec::new() };
        let mut changed = revision.changed(config).unwrap_or_default();
        let name = config.file_name().map(|name| name.to_string_lossy().into_owned());
        changed
            .retain(|file| decides_what_runs(file) && file.rsplit('/').next() != name.as_deref());
        let more = changed.len().saturating_sub(UNSEEN_MAX);
        changed.truncate(UNSEEN_MAX);
        if more > 0 {
            changed.push(format!("… and {more} more"));
        }
        changed
    }
}

/// Whether a file's name says that it is part of a deployment: images, proxies, charts, manifests, variables.
fn decides_what_runs(file: &str) -> bool {
    let name = file.rsplit('/').next().unwrap_or(file).to_ascii_lowercase();
    let folders = file.to_ascii_lowercase();
    let below = |folder: &str| folders.split('/').any(|part| part == folder);
    let is_yaml = name.ends_with(".yaml") || name.ends_with(".yml");
    name.contains("dockerfile")
        || name.ends_with(".conf")
        || name.ends_with(".tf")
        || name.ends_with(".tfvars")
        || name.starts_with(".env")
        || is_yaml
            && (name.starts_with("docker-compose")
                || name.starts_with("compose")
                || name.starts_with("values")
                || name.starts_with("chart")
                || name.starts_with("kustomization")
                || name.starts_with("envoy")
                || ["helm", "charts", "k8s", "kubernetes", "manifests", "deploy"]
                    .iter()
                    .any(|folder| below(folder)))
        || name == "requirements.txt"
}

#[cfg(test)]
mod tests {
    use super::decides_what_runs;

    #[test]
    fn what_decides_what_runs_is_told_by_its_name() {
        for file in [
            "Dockerfile",
            "docker/litellm.Dockerfile",
            "docker-compose.prod.yml",
            "nginx/nginx.conf",
            "charts/litellm/values-eu.yaml",
            "k8s/proxy.yaml",
            "infra/main.tf",
            ".env.production",
        ] {
            assert!(decides_what_runs(file), "{file}");
        }
        for file in ["README.md", "src/main.py", "scenarios/ci/dead-first.yaml", "app/config.yaml"]
        {
            assert!(!decides_what_runs(file), "{file}");
        }
    }
}
