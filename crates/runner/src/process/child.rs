//! A program run beside us under a [`supervisor`](super::supervisor): its life, its log, what it uses, its
//! end. It must never know what the program is.

use std::ffi::OsString;
use std::fs::File;
use std::io::{self, BufRead as _, BufReader, Read as _, Seek as _, SeekFrom};
use std::path::{Path, PathBuf};
use std::process::{ChildStdin, Command, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::watch;

use super::supervisor::word;
use super::tree;

/// A program to run, and with what. It gets this environment and nothing else.
#[derive(Clone, Debug)]
pub(crate) struct Program {
    pub(crate) program: PathBuf,
    pub(crate) arguments: Vec<OsString>,
    pub(crate) environment: Vec<(&'static str, OsString)>,
}

/// Where and how it is run.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Custody<'a> {
    /// The binary that supervises: ours.
    pub(crate) supervisor: &'a Path,
    /// Where what it prints is kept.
    pub(crate) log: &'a Path,
    /// Time between SIGTERM and SIGKILL.
    pub(crate) grace: Duration,
}

/// How far a program's life has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Life {
    /// Nothing has been heard.
    Unknown,
    /// It runs.
    Running,
    /// It ended by itself.
    Exited(i32),
    /// A signal ended it.
    Signalled(i32),
    /// Its supervisor is gone, and with it whatever it was.
    Lost,
}

/// CPU time and memory of a program and everybody who descends from it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Usage {
    /// CPU time since it started; `None` where the system does not tell.
    pub cpu: Option<Duration>,
    /// Most resident memory at a time, in bytes, shared pages counted for each process; `None` where the
    /// system does not tell.
    pub resident_bytes_max: Option<u64>,
}

/// A program that runs, until this is dropped.
#[derive(Debug)]
pub(crate) struct Child {
    supervisor: std::process::Child,
    /// The end of the pipe whose other end the supervisor watches.
    held: Option<ChildStdin>,
    life: watch::Receiver<Life>,
    usage: Arc<Mutex<Usage>>,
    /// Its end stops the sampling.
    sampling: Option<SyncSender<()>>,
    log: PathBuf,
    grace: Duration,
}

/// Time between two looks at memory and CPU.
const SAMPLE: Duration = Duration::from_millis(250);

/// Time between two looks at a supervisor that is to end.
const LOOK: Duration = Duration::from_millis(20);

/// How long a supervisor may take beyond the grace, before it is killed itself.
const FAREWELL: Duration = Duration::from_secs(8);

/// The end of a log that is told: so many lines of so many bytes.
const TAIL_LINES: usize = 8;
const TAIL_BYTES: u64 = 8 * 1024;

impl Child {
    /// Starts `program`.
    pub(crate) fn start(program: &Program, custody: Custody<'_>) -> io::Result<Self> {
        let Custody { supervisor, log, grace } = custody;
        let mut command = Command::new(supervisor);
        command
            .args(["supervise", "--grace-ms", &grace.as_millis().to_string(), "--log"])
            .arg(log)
            .arg("--")
            .arg(&program.program)
            .args(&program.arguments)
            .env_clear()
            .envs(program.environment.iter().map(|(name, value)| (*name, value)))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null());
        in_a_group_of_its_own(&mut command);
        let mut supervisor = command.spawn()?;
        let held = supervisor.stdin.take();
        // Piped, a line above.
        let said = supervisor.stdout.take().ok_or_else(|| io::Error::other("no pipe"))?;
        let (tell, life) = watch::channel(Life::Unknown);
        std::thread::spawn(move || {
            let lines = BufReader::new(said).lines();
            for life in lines.map_while(Result::ok).filter_map(|line| heard(&line)) {
                tell.send_replace(life);
            }
            tell.send_if_modified(|life| {
                let lost = matches!(life, Life::Unknown | Life::Running);
                if lost {
                    *life = Life::Lost;
                }
                lost
            });
        });
        let usage = Arc::new(Mutex::new(Usage::default()));
        let (sampling, ended) = sync_channel(1);
        let (kept, root) = (Arc::clone(&usage), supervisor.id());
        std::thread::spawn(move || sample(root, &kept, &ended));
        let (log, sampling) = (log.to_owned(), Some(sampling));
        Ok(Self { supervisor, held, life, usage, sampling, log, grace })
    }

    pub(crate) fn life(&self) -> Life {
        *self.life.borrow()
    }

    /// Returns when the program has ended, with how it did.
    pub(crate) fn ended(&self) -> impl Future<Output = Life> + Send + use<> {
        let mut life = self.life.clone();
        async move {
            let over = |life: &Life| !matches!(life, Life::Unknown | Life::Running);
            life.wait_for(over).await.map_or(Life::Lost, |life| *life)
        }
    }

    pub(crate) fn log(&self) -> &Path {
        &self.log
    }

    /// What it has used until now.
    pub(crate) fn usage(&self) -> Usage {
        look(self.supervisor.id(), &self.usage);
        *self.usage.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Ends it and everybody who descends from it.
    pub(crate) fn stop(mut self) -> Life {
        self.end();
        self.life()
    }

    fn end(&mut self) {
        drop(self.sampling.take());
        // The supervisor sees its stdin end.
        drop(self.held.take());
        for _ in 0..(self.grace + FAREWELL).as_millis() / LOOK.as_millis() {
            match self.supervisor.try_wait() {
                Ok(None) => std::thread::park_timeout(LOOK),
                Ok(Some(_)) | Err(_) => return,
            }
        }
        // The system kills what a killed supervisor held.
        let _ = self.supervisor.kill();
        let _ = self.supervisor.wait();
    }
}

impl Drop for Child {
    fn drop(&mut self) {
        self.end();
    }
}

impl std::fmt::Display for Life {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Unknown => f.write_str("it never started"),
            Self::Running => f.write_str("it runs"),
            Self::Exited(code) => write!(f, "it ended with exit code {code}"),
            Self::Signalled(signal) => write!(f, "signal {signal} ended it"),
            Self::Lost => f.write_str("whoever held it was killed"),
        }
    }
}

/// Ctrl-C at a terminal reaches the group in the foreground: this one is ended by us, in order.
#[cfg(unix)]
fn in_a_group_of_its_own(command: &mut Command) {
    std::os::unix::process::CommandExt::process_group(command, 0);
}

#[cfg(not(unix))]
fn in_a_group_of_its_own(_: &mut Command) {}

/// What a line of the supervisor says.
fn heard(line: &str) -> Option<Life> {
    let (what, number) = line.split_once(' ')?;
    let number = number.parse().ok()?;
    let words = [
        (word::STARTED, Life::Running),
        (word::EXITED, Life::Exited(number)),
        (word::SIGNALLED, Life::Signalled(number)),
    ];
    words.into_iter().find(|(word, _)| *word == what).map(|(_, life)| life)
}

fn sample(root: u32, usage: &Mutex<Usage>, ended: &Receiver<()>) {
    while ended.recv_timeout(SAMPLE) == Err(RecvTimeoutError::Timeout) {
        look(root, usage);
    }
}

/// Adds what everybody below `root` uses now. Whoever ended and was waited for is in its parent's CPU time.
fn look(root: u32, usage: &Mutex<Usage>) {
    let family = tree::descendants(&tree::processes(), root);
    if family.is_empty() {
        return;
    }
    let cpu = family.iter().map(|one| one.cpu).sum::<Duration>();
    let resident: u64 = family.iter().map(|one| tree::resident_bytes(one.pid)).sum();
    let mut usage = usage.lock().unwrap_or_else(PoisonError::into_inner);
    // What an orphan had used is lost with it: time never runs back.
    usage.cpu = usage.cpu.max(Some(cpu));
    usage.resident_bytes_max = usage.resident_bytes_max.max(Some(resident));
}

/// The last lines of a log, for an error: without colours, each made visible and indented.
pub(crate) fn tail(log: &Path) -> String {
    let lines = last_bytes(log).unwrap_or_default();
    let text = String::from_utf8_lossy(&lines);
    let lines: Vec<String> =
        text.lines().map(plain).filter(|line| !line.trim().is_empty()).collect();
    let from = lines.len().saturating_sub(TAIL_LINES);
    let last = lines.get(from..).unwrap_or_default();
    last.iter().map(|line| format!("\n    {line}")).collect()
}

fn last_bytes(log: &Path) -> io::Result<Vec<u8>> {
    let mut file = File::open(log)?;
    let length = file.metadata()?.len();
    file.seek(SeekFrom::Start(length.saturating_sub(TAIL_BYTES)))?;
    let mut bytes = Vec::new();
    file.take(TAIL_BYTES).read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// Longest line of a tail, in characters.
const LINE_MAX: usize = 300;

/// A line without colours (`ESC [ … letter`); what else would act on a terminal is written out.
fn plain(line: &str) -> String {
    let mut text = String::new();
    let mut rest = line;
    while let Some((before, after)) = rest.split_once("\u{1b}[") {
        text.push_str(before);
        rest = after.trim_start_matches(|c: char| c.is_ascii_digit() || c == ';');
        rest = rest.strip_prefix(|c: char| c.is_ascii_alphabetic()).unwrap_or(rest);
    }
    text.push_str(rest);
    vocab::visible_line(&text).chars().take(LINE_MAX).collect()
}

#[cfg(test)]
mod tests {
    use super::{Life, heard, plain, tail};

    #[test]
    fn a_supervisors_words_are_understood_and_others_are_not() {
        assert_eq!(heard("started 12"), Some(Life::Running));
        assert_eq!(heard("exited 3"), Some(Life::Exited(3)));
        assert_eq!(heard("signalled 9"), Some(Life::Signalled(9)));
        for noise in ["", "started", "started x", "exit 3"] {
            assert_eq!(heard(noise), None, "{noise}");
        }
    }

    #[test]
    fn a_tail_is_short_and_acts_on_no_terminal() {
        let folder = tempfile::tempdir().expect("a folder");
        let log = folder.path().join("log");
        let many: String = (0..5000).map(|n| format!("\u{1b}[31mline {n}\u{1b}[0m\n\n")).collect();
        std::fs::write(&log, many + "\u{1b}]0;title\u{7}the last").expect("written");
        let told = tail(&log);
        assert_eq!(told.lines().filter(|line| !line.is_empty()).count(), super::TAIL_LINES);
        assert!(told.ends_with("the last") && told.contains("    line 4999\n"), "{told}");
        assert!(!told.contains('\u{1b}'), "{told:?}");
        assert_eq!(tail(&folder.path().join("none")), "");
        assert_eq!(plain("a\u{1b}[1;32mb"), "ab");
    }
}
