//! The run directory as a place on disk: claimed, made beside its final name, compared with an earlier
//! run of the same digest, and moved into place whole. What stands there already may come from anybody.
//! It must never know what the tables say.

mod claim;

use std::fs;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

pub use claim::Claim;

use record::layout::{FILES_OF_PRODUCTS, ROOT_NAMES, TABLES, TABLES_OF_SOME};
use record::run::{ContenderInfo, RUN_SCHEMA};
use record::{MachineInfo, RunInfo, open_regular};
use sha2::{Digest, Sha256};

/// What became of a finished run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Settled {
    /// There was none like it.
    New,
    /// The same bytes as an earlier run of the same digest.
    Identical,
    /// An earlier run was replaced; which, in words.
    Replaced(String),
    /// An incomplete run never replaces a complete one: it stands beside it.
    Beside,
}

/// Why a directory cannot take a run.
#[derive(Debug, thiserror::Error)]
pub enum DirectoryError {
    /// Somebody else's files.
    #[error(
        "{dir} holds what no run has written ({found}); choose an empty or new directory with --out"
    )]
    Foreign {
        /// The directory.
        dir: PathBuf,
        /// The first thing in it that is not a run's.
        found: String,
    },
    /// Another run is being written to it.
    #[error(
        "{dir} is being written by {owner}; wait until that is done, or choose another directory with --out"
    )]
    Busy {
        /// The directory.
        dir: PathBuf,
        /// By whom, in words.
        owner: String,
    },
    /// The directory cannot be replaced as a whole.
    #[error(
        "{0} cannot be a run directory: it is, or holds, the current directory; name a new one with --out"
    )]
    Here(PathBuf),
    /// The disk said no.
    #[error("cannot write {path}: {source}; free some space, or choose another place with --out")]
    Io {
        /// Where.
        path: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// Two simulated runs with one seed differ: a bug in brownout.
    #[error(
        "this run differs from the earlier one in {final_dir}: {file}; the new bytes are kept in {kept}. \
         A simulated run is a pure function of scenario, seed and build: please report this"
    )]
    Differs {
        /// The earlier run.
        final_dir: PathBuf,
        /// The new one.
        kept: PathBuf,
        /// First file that differs.
        file: String,
    },
}

/// A run directory under construction.
#[derive(Debug)]
pub(crate) struct RunDirectory {
    partial: PathBuf,
    target: PathBuf,
    claim: Claim,
}

/// Where a finished run stands, what became of it, and the claim to that place, which whoever adds
/// files to it keeps until they are written.
pub(crate) type Placed = (PathBuf, Settled, Claim);

impl RunDirectory {
    /// Prepares to write a run that will stand at `target`.
    ///
    /// # Errors
    /// [`DirectoryError::Busy`] if another run is being written there; [`DirectoryError::Foreign`] if
    /// something else stands there; [`DirectoryError::Io`].
    pub(crate) fn prepare(target: &Path) -> Result<Self, DirectoryError> {
        let claim = Claim::take(target)?;
        if let Some(found) = foreign(target)? {
            return Err(DirectoryError::Foreign { dir: target.to_owned(), found });
        }
        let partial = claim.partial();
        fs::create_dir_all(&partial).map_err(at(&partial))?;
        Ok(Self { partial, target: target.to_owned(), claim })
    }

    /// Where the files go while the run goes on.
    pub(crate) fn path(&self) -> &Path {
        &self.partial
    }

    /// Makes a contender's directory.
    ///
    /// # Errors
    /// [`DirectoryError::Io`].
    pub(crate) fn contender(&self, name: &str) -> Result<PathBuf, DirectoryError> {
        let path = self.partial.join(name);
        fs::create_dir_all(&path).map_err(at(&path))?;
        Ok(path)
    }

    /// Writes `run.json`.
    ///
    /// # Errors
    /// [`DirectoryError::Io`].
    pub(crate) fn write_run(&self, info: &RunInfo) -> Result<(), DirectoryError> {
        write_json(&self.partial.join("run.json"), info)
    }

    /// Writes `machine.json`.
    ///
    /// # Errors
    /// [`DirectoryError::Io`].
    pub(crate) fn write_machine(&self, info: &MachineInfo) -> Result<(), DirectoryError> {
        write_json(&self.partial.join("machine.json"), info)
    }

    /// SHA-256 over `run.json`, `preflight.csv`, `oracle.csv` and all tables, in the order of `info`.
    ///
    /// # Errors
    /// [`DirectoryError::Io`].
    pub(crate) fn digest(&self, info: &RunInfo) -> Result<String, DirectoryError> {
        digest_of(&self.partial, info)
    }

    /// Moves the run into place, and says where that is. An earlier run of the same plan must have
    /// the same bytes if `finish` says so; an interrupted run leaves a whole one alone.
    ///
    /// # Errors
    /// [`DirectoryError::Differs`]; [`DirectoryError::Io`].
    pub(crate) fn settle(self, info: &RunInfo, finish: Finish) -> Result<Placed, DirectoryError> {
        let earlier = read_run(&self.target);
        let whole = is_complete(&self.target);
        if finish == Finish::Interrupted && whole {
            let beside = free_beside(&self.target, "interrupted")?;
            self.claim.put(&self.partial, &beside)?;
            return Ok((beside, Settled::Beside, self.claim));
        }
        let same_run = earlier.as_ref().is_some_and(|earlier| earlier == info);
        if same_run && finish == Finish::Repeatable && whole {
            if let Some(file) = first_difference(&self.partial, &self.target, info)? {
                let kept = free_beside(&self.target, "differs")?;
                self.claim.put(&self.partial, &kept)?;
                return Err(DirectoryError::Differs { final_dir: self.target, kept, file });
            }
            fs::remove_dir_all(&self.partial).map_err(at(&self.partial))?;
            return Ok((self.target, Settled::Identical, self.claim));
        }
        self.claim.put(&self.partial, &self.target)?;
        let settled = earlier.map_or(Settled::New, |run| {
            let part = if whole { "" } else { ", incomplete" };
            Settled::Replaced(format!("{}, seed {}{part}", run.scenario.name, run.scenario.seed))
        });
        Ok((self.target, settled, self.claim))
    }

    /// Removes what was written.
    ///
    /// # Errors
    /// [`DirectoryError::Io`].
    pub(crate) fn remove(&self) -> Result<(), DirectoryError> {
        fs::remove_dir_all(&self.partial).map_err(at(&self.partial))
    }
}

/// How a run ended, as far as its directory is concerned.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Finish {
    /// Whole, in virtual time: a repetition must have the same bytes.
    Repeatable,
    /// Whole, on the wall clock: no two are alike.
    Measured,
    /// Cut short.
    Interrupted,
}

/// Where a run goes that does not replace the one at `target`: `NAME-WORD`, or with a number behind it
/// where somebody else's files stand there.
fn free_beside(target: &Path, word: &str) -> Result<PathBuf, DirectoryError> {
    let name = target.file_name().map(|name| name.to_string_lossy().into_owned());
    let name = format!("{}-{word}", name.unwrap_or_else(|| "run".to_owned()));
    let first = target.with_file_name(&name);
    for n in 1..=BESIDE_MAX {
        let numbered = target.with_file_name(format!("{name}-{n}"));
        let beside = if n == 1 { first.clone() } else { numbered };
        if foreign(&beside).is_ok_and(|found| found.is_none()) {
            return Ok(beside);
        }
    }
    let found = "other files, under every name that was tried".to_owned();
    Err(DirectoryError::Foreign { dir: first, found })
}

/// Names that are tried for a run that stands beside another.
const BESIDE_MAX: u32 = 100;

/// Reads the `run.json` of a directory, if it holds a run.
pub fn read_run(dir: &Path) -> Option<RunInfo> {
    record::read_json(&dir.join("run.json")).ok()
}

fn is_complete(dir: &Path) -> bool {
    let machine = record::read_json::<MachineInfo>(&dir.join("machine.json"));
    machine.is_ok_and(|info| info.incomplete.is_none())
}

/// The first entry of `dir` that no run has written; `None` if there is nothing but a run, or nothing.
fn foreign(dir: &Path) -> Result<Option<String>, DirectoryError> {
    let entries = match fs::read_dir(dir) {
        Ok(entries) => entries,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(source) => return Err(DirectoryError::Io { path: dir.to_owned(), source }),
    };
    let run = read_run(dir).filter(|run| run.schema == RUN_SCHEMA);
    let contenders: Vec<&str> =
        run.iter().flat_map(|run| &run.contenders).map(|one| one.name.as_str()).collect();
    let mut strangers = Vec::new();
    for entry in entries {
        let path = entry.map_err(at(dir))?.path();
        let name = path.file_name().map(|name| name.to_string_lossy().into_owned());
        let name = name.unwrap_or_default();
        let ours = match run {
            None => false,
            Some(_) if contenders.contains(&name.as_str()) => {
                holds_only(&path, &[TABLES, TABLES_OF_SOME, FILES_OF_PRODUCTS].concat())?
            }
            Some(_) => ROOT_NAMES.contains(&name.as_str()),
        };
        if !ours {
            strangers.push(name);
        }
    }
    strangers.sort_unstable();
    Ok(strangers.into_iter().next())
}

fn holds_only(folder: &Path, names: &[&str]) -> Result<bool, DirectoryError> {
    for entry in fs::read_dir(folder).map_err(at(folder))? {
        let name = entry.map_err(at(folder))?.file_name();
        if !names.iter().any(|known| name == *known) {
            return Ok(false);
        }
    }
    Ok(true)
}

/// What is a function of the plan in one of `dirs`.
fn files(info: &RunInfo, dirs: &[&Path]) -> Vec<String> {
    let mut files = ["run.json", "preflight.csv", "oracle.csv"].map(str::to_owned).to_vec();
    for ContenderInfo { name, .. } in &info.contenders {
        files.extend(TABLES.iter().map(|table| format!("{name}/{table}")));
        let of_some = TABLES_OF_SOME.iter().map(|table| format!("{name}/{table}"));
        files.extend(of_some.filter(|table| dirs.iter().any(|dir| dir.join(table).exists())));
    }
    files
}

fn first_difference(a: &Path, b: &Path, info: &RunInfo) -> Result<Option<String>, DirectoryError> {
    for file in files(info, &[a, b]) {
        let (left, right) = (a.join(&file), b.join(&file));
        let left_bytes = read(&left).map_err(at(&left))?;
        let right_bytes = read(&right).map_err(at(&right))?;
        if left_bytes != right_bytes {
            let line = left_bytes
                .split(|byte| *byte == b'\n')
                .zip(right_bytes.split(|byte| *byte == b'\n'))
                .position(|(left, right)| left != right)
                .map_or_else(|| "length".to_owned(), |line| format!("line {}", line + 1));
            return Ok(Some(format!("{file}, {line}")));
        }
    }
    Ok(None)
}

fn read(path: &Path) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    open_regular(path)?.read_to_end(&mut bytes)?;
    Ok(bytes)
}

fn digest_of(dir: &Path, info: &RunInfo) -> Result<String, DirectoryError> {
    let mut hash = Sha256::new();
    for file in files(info, &[dir]) {
        let path = dir.join(&file);
        hash.update(file.as_bytes());
        feed(&mut hash, &path).map_err(at(&path))?;
    }
    Ok(hex(&hash.finalize()))
}

/// SHA-256 of a file, 64 hex digits; `None` if it cannot be read.
pub fn hash_of_file(path: &Path) -> Option<String> {
    let mut hash = Sha256::new();
    feed(&mut hash, path).ok()?;
    Some(hex(&hash.finalize()))
}

fn feed(hash: &mut Sha256, path: &Path) -> io::Result<()> {
    let mut open = open_regular(path)?;
    let mut block = vec![0; 64 * 1024];
    loop {
        let n = open.read(&mut block)?;
        if n == 0 {
            return Ok(());
        }
        hash.update(&block[..n]);
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn write_json(path: &Path, value: &impl serde::Serialize) -> Result<(), DirectoryError> {
    let mut text = serde_json::to_string_pretty(value)
        .map_err(|error| DirectoryError::Io { path: path.to_owned(), source: error.into() })?;
    text.push('\n');
    fs::write(path, text).map_err(at(path))
}

fn at(path: &Path) -> impl FnOnce(io::Error) -> DirectoryError {
    let path = path.to_owned();
    move |source| DirectoryError::Io { path, source }
}
