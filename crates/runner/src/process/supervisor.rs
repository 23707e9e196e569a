//! The process that holds a product's process, so that nothing of it is left behind: not after a stop, not
//! after Ctrl-C, not after a panic or a SIGKILL of ours.
//!
//! It is our own binary (`brownout supervise`). It starts the program in a process group of its own, with
//! a temporary home, keeps what it prints, and says on stdout in lines how it lives (`started PID`,
//! `exited CODE`, `signalled NUMBER`). Its stdin is the other end of a pipe whose end means that whoever
//! started it wants the program gone, or is gone itself: then the group gets SIGTERM, and after the grace
//! SIGKILL. Who left the group is adopted when its parent ends, and ended alike. Should the supervisor
//! itself be killed, the system kills the program (Linux's parent-death signal, which survives `exec`), and
//! its home is removed by the next that is made.
//! It must never know what the program is.

use std::collections::BTreeSet;
use std::ffi::OsString;
use std::fs::File;
use std::io::{self, PipeReader, PipeWriter, Read as _, Write as _};
use std::os::unix::process::{CommandExt as _, ExitStatusExt as _};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, sync_channel};
use std::time::Duration;

use rustix::process::{Pid, Signal};

use super::home::Home;
use super::tree;

/// What is supervised.
#[derive(Clone, Debug)]
pub struct Supervision {
    /// The program.
    pub program: PathBuf,
    /// Its arguments.
    pub arguments: Vec<OsString>,
    /// Where what it prints is kept.
    pub log: PathBuf,
    /// Time between SIGTERM and SIGKILL.
    pub grace: Duration,
}

/// The words of a supervisor about its program, as it prints them.
pub(super) mod word {
    /// Followed by the program's process id.
    pub(crate) const STARTED: &str = "started";
    /// Followed by its exit code.
    pub(crate) const EXITED: &str = "exited";
    /// Followed by the number of the signal that ended it.
    pub(crate) const SIGNALLED: &str = "signalled";
}

/// Time between two looks at the program.
const LOOK: Duration = Duration::from_millis(20);

/// How long the system may take to end what got SIGKILL.
const AFTER_KILL: Duration = Duration::from_secs(5);

/// How long the rest of what was printed may take to be kept, when nobody is left to print.
const REST_OF_THE_LOG: Duration = Duration::from_secs(1);

/// What is kept of a log; what is printed after it is read and dropped.
const LOG_BYTES_MAX: u64 = 64 * 1024 * 1024;

/// Supervises `what` until it ends, `told` is set, or stdin ends; then nothing of it is left.
///
/// # Errors
/// What the system refuses before the program runs; after that it is ended, whatever fails.
pub fn supervise(what: &Supervision, told: &AtomicBool) -> io::Result<()> {
    adopt_orphans()?;
    let home = Home::make()?;
    let (printed, prints) = io::pipe()?;
    let log = File::create(&what.log)?;
    let mut child = start(what, &home, prints)?;
    say(word::STARTED, i64::from(child.id()));
    let kept = keep(printed, log);
    let caller = caller();
    let ended = loop {
        // A caller that is gone has dropped its end of the pipe, and the thread its end of the channel.
        let gone = matches!(caller.recv_timeout(LOOK), Err(RecvTimeoutError::Disconnected));
        match child.try_wait() {
            Ok(Some(status)) => break Some(status),
            Ok(None) if gone || told.load(Ordering::Relaxed) => break None,
            Ok(None) => {}
            Err(_) => break None,
        }
    };
    if let Some(status) = ended {
        say_how(status);
    }
    end_all(&mut child, what.grace);
    if ended.is_none()
        && let Ok(Some(status)) = child.try_wait()
    {
        say_how(status);
    }
    // Bounded: a log that somebody still holds open is cut.
    let _ = kept.recv_timeout(REST_OF_THE_LOG);
    drop(home);
    Ok(())
}

/// Becomes `program`: what the supervisor starts, so that the program dies with it. Returns only if that is
/// not possible.
pub fn become_program(supervisor: u32, program: &Path, arguments: &[OsString]) -> io::Error {
    if let Err(error) = die_with(supervisor) {
        return error;
    }
    Command::new(program).args(arguments).exec()
}

#[cfg(target_os = "linux")]
fn die_with(supervisor: u32) -> io::Result<()> {
    rustix::process::set_parent_process_death_signal(Some(Signal::KILL))?;
    // It may have died before that.
    let parent = rustix::process::getppid().map(Pid::as_raw_pid);
    if parent.is_none_or(|parent| u32::try_from(parent) != Ok(supervisor)) {
        return Err(io::Error::other("the supervisor is gone"));
    }
    Ok(())
}

#[cfg(not(target_os = "linux"))]
fn die_with(_: u32) -> io::Result<()> {
    Ok(())
}

/// Processes whose parent ends become our children.
#[cfg(target_os = "linux")]
fn adopt_orphans() -> io::Result<()> {
    // Any process id switches it on.
    rustix::process::set_child_subreaper(Some(rustix::process::getpid()))?;
    Ok(())
}

#[cfg(not(target_os = "linux"))]
fn adopt_orphans() -> io::Result<()> {
    Ok(())
}

fn start(what: &Supervision, home: &Home, prints: PipeWriter) -> io::Result<Child> {
    let mut command = Command::new(std::env::current_exe()?);
    command
        .args(["become", "--supervisor", &std::process::id().to_string(), "--"])
        .arg(&what.program)
        .args(&what.arguments)
        .current_dir(home.path())
        .env("HOME", home.path())
        .env("TMPDIR", home.path())
        .env("XDG_CACHE_HOME", home.path().join(".cache"))
        .env("XDG_CONFIG_HOME", home.path().join(".config"))
        .process_group(0)
        .stdin(Stdio::null())
        .stderr(prints.try_clone()?)
        .stdout(prints);
    command.spawn()
}

/// Copies what is printed into `log`; the receiver hears of the end.
fn keep(mut printed: PipeReader, mut log: File) -> Receiver<()> {
    let (tell, kept) = sync_channel(1);
    std::thread::spawn(move || {
        // A log that cannot be written must not stop the program: the rest is read and dropped.
        let _ = io::copy(&mut (&mut printed).take(LOG_BYTES_MAX), &mut log);
        let _ = io::copy(&mut printed, &mut io::sink());
        let _ = tell.send(());
    });
    kept
}

/// Disconnected when our stdin has ended.
fn caller() -> Receiver<()> {
    let (held, caller) = sync_channel(1);
    std::thread::spawn(move || {
        // Nothing is ever written to it.
        let _ = io::copy(&mut io::stdin().lock(), &mut io::sink());
        drop(held);
    });
    caller
}

fn say_how(status: ExitStatus) {
    match (status.code(), status.signal()) {
        (Some(code), _) => say(word::EXITED, i64::from(code)),
        (None, Some(signal)) => say(word::SIGNALLED, i64::from(signal)),
        (None, None) => {}
    }
}

fn say(word: &str, number: i64) {
    let mut out = io::stdout().lock();
    // Nobody may be left to hear it.
    let _ = writeln!(out, "{word} {number}");
    let _ = out.flush();
}

/// Ends the program's group and everybody who left it.
fn end_all(child: &mut Child, grace: Duration) {
    let phases = [(Signal::TERM, grace), (Signal::KILL, AFTER_KILL)];
    for (signal, patience) in phases {
        let mut told = BTreeSet::new();
        // Once at least, also without any grace.
        for _ in 0..=patience.as_millis() / LOOK.as_millis() {
            let rest = rest(child);
            if rest.is_empty() {
                return;
            }
            for one in rest {
                if told.insert(one) {
                    one.signal(signal);
                }
            }
            std::thread::park_timeout(LOOK);
        }
    }
}

/// Who is left.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Left {
    /// The program's group, by its first process.
    Group(i32),
    /// Somebody who was adopted, by process id.
    Adopted(i32),
}

impl Left {
    fn signal(self, signal: Signal) {
        // Whoever has ended meanwhile needs none.
        let _ = match self {
            Self::Group(pid) => {
                Pid::from_raw(pid).map(|pid| rustix::process::kill_process_group(pid, signal))
            }
            Self::Adopted(pid) => {
                Pid::from_raw(pid).map(|pid| rustix::process::kill_process(pid, signal))
            }
        };
    }
}

fn rest(child: &mut Child) -> Vec<Left> {
    let first = i32::try_from(child.id()).unwrap_or(0);
    let running = matches!(child.try_wait(), Ok(None));
    if !running {
        reap();
    }
    let group = Pid::from_raw(first)
        .filter(|group| running || rustix::process::test_kill_process_group(*group).is_ok());
    let ours = std::process::id();
    let adopted = tree::processes();
    let adopted = adopted.iter().filter(|one| one.parent == ours && one.pid != child.id());
    let adopted = adopted.filter_map(|one| i32::try_from(one.pid).ok()).map(Left::Adopted);
    group.map(|_| Left::Group(first)).into_iter().chain(adopted).collect()
}

/// Takes the ends of adopted processes; the program's own was taken before.
fn reap() {
    // Ends with the first that has not ended.
    while let Ok(Some(_)) = rustix::process::wait(rustix::process::WaitOptions::NOHANG) {}
}
