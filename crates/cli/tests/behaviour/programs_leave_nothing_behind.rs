//! `brownout supervise`: whatever becomes of a program, of its supervisor or of whoever wanted it, no process
//! and no folder is left.

use std::io::{BufRead as _, BufReader};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use crate::standing::wait_for;
use crate::support::Scratch;

/// A supervisor, and what it says.
struct Held {
    supervisor: Child,
    caller: Option<ChildStdin>,
    said: std::io::Lines<BufReader<ChildStdout>>,
}

impl Held {
    /// Supervises a shell script; returns when it runs.
    fn start(scratch: &Scratch, grace_ms: &str, script: &str) -> Self {
        let command =
            ["supervise", "--log", "log", "--grace-ms", grace_ms, "--", "sh", "-c", script];
        let mut supervisor = scratch
            .command(&command)
            .env("PATH", "/usr/bin:/bin")
            // Others start programs at the same time.
            .env("TMPDIR", scratch.path(""))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::inherit())
            .spawn()
            .expect("started");
        let said = BufReader::new(supervisor.stdout.take().expect("piped")).lines();
        let mut held = Self { caller: supervisor.stdin.take(), supervisor, said };
        assert!(held.says().expect("a line").starts_with("started "));
        held
    }

    fn says(&mut self) -> Option<String> {
        self.said.next().map(|line| line.expect("text"))
    }

    fn signal(&self, signal: &str) {
        send(signal, self.supervisor.id());
    }

    /// Waits for its end.
    fn end(&mut self) {
        let ended = || self.supervisor.try_wait().expect("a child");
        wait_for(ended).expect("it ends");
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        drop(self.caller.take());
        let _ = self.supervisor.kill();
        let _ = self.supervisor.wait();
    }
}

fn send(signal: &str, pid: u32) {
    let sent = Command::new("kill").args([signal, &pid.to_string()]).status().expect("kill");
    assert!(sent.success());
}

/// Processes whose command line contains `marker`.
fn running(marker: &str) -> Vec<u32> {
    let entries = std::fs::read_dir("/proc").expect("a list of processes").flatten();
    let pids = entries.filter_map(|entry| entry.file_name().to_str()?.parse::<u32>().ok());
    let has = |pid: &u32| {
        let line = std::fs::read(format!("/proc/{pid}/cmdline")).unwrap_or_default();
        let line = String::from_utf8_lossy(&line).replace('\0', " ");
        // The scripts that start it name it, too.
        line.starts_with(marker)
    };
    pids.filter(has).collect()
}

fn until_running(marker: &str) {
    wait_for(|| (!running(marker).is_empty()).then_some(())).expect("it runs");
}

/// The system may take a moment.
fn gone(marker: &str) -> bool {
    wait_for(|| running(marker).is_empty().then_some(())).is_some()
}

#[test]
fn a_program_ends_with_its_own_code_and_its_log_is_kept() {
    let scratch = Scratch::new();
    let mut held = Held::start(&scratch, "1000", "echo to stdout; echo to stderr >&2; exit 7");
    assert_eq!(held.says().as_deref(), Some("exited 7"));
    held.end();
    let log = std::fs::read_to_string(scratch.path("log")).expect("a log");
    assert_eq!(log, "to stdout\nto stderr\n");
}

#[test]
fn a_program_lives_in_a_home_that_is_gone_with_it() {
    let scratch = Scratch::new();
    let mut held = Held::start(&scratch, "1000", "pwd; cd; pwd; echo $TMPDIR; touch left behind");
    held.end();
    let log = std::fs::read_to_string(scratch.path("log")).expect("a log");
    let homes: Vec<&str> = log.lines().collect();
    let home = homes.first().expect("a home");
    assert!(home.contains("brownout-home-"), "{log}");
    assert!(homes.len() == 3 && homes.iter().all(|line| line == home), "{log}");
    assert!(!std::path::Path::new(home).exists());
}

#[test]
fn a_program_ends_when_whoever_wanted_it_is_gone() {
    let scratch = Scratch::new();
    let mut held = Held::start(&scratch, "20000", "exec sleep 600.101");
    until_running("sleep 600.101");
    drop(held.caller.take());
    assert_eq!(held.says().as_deref(), Some("signalled 15"));
    held.end();
    assert!(gone("sleep 600.101"));
}

#[test]
fn a_program_that_ignores_sigterm_is_killed_after_the_grace() {
    let scratch = Scratch::new();
    let script = "trap '' TERM; touch ready; exec sleep 600.102";
    let mut held = Held::start(&scratch, "300", script);
    until_running("sleep 600.102");
    drop(held.caller.take());
    assert_eq!(held.says().as_deref(), Some("signalled 9"));
    held.end();
    assert!(gone("sleep 600.102"));
}

#[test]
fn children_end_with_the_program_also_those_that_left_its_group() {
    let scratch = Scratch::new();
    let script = "sleep 600.103 & setsid sleep 600.104 & (setsid sh -c 'trap \"\" TERM; exec sleep 600.105' &) ; wait";
    let mut held = Held::start(&scratch, "300", script);
    let markers = ["sleep 600.103", "sleep 600.104", "sleep 600.105"];
    markers.into_iter().for_each(until_running);
    drop(held.caller.take());
    held.end();
    assert_eq!(markers.map(gone), [true; 3]);
}

#[test]
fn children_that_a_program_left_end_with_it() {
    let scratch = Scratch::new();
    let mut held = Held::start(&scratch, "300", "setsid sleep 600.106 & sleep 600.107 & exit 0");
    assert_eq!(held.says().as_deref(), Some("exited 0"));
    held.end();
    assert_eq!(["sleep 600.106", "sleep 600.107"].map(gone), [true; 2]);
}

#[test]
fn a_supervisor_that_is_told_to_stop_ends_its_program_first() {
    let scratch = Scratch::new();
    let mut held = Held::start(&scratch, "20000", "exec sleep 600.108");
    until_running("sleep 600.108");
    held.signal("-TERM");
    assert_eq!(held.says().as_deref(), Some("signalled 15"));
    held.end();
    assert!(gone("sleep 600.108"));
}

/// The second belt: nobody is left who could end it in order.
#[test]
fn a_supervisor_that_is_killed_takes_its_program_along() {
    let scratch = Scratch::new();
    let mut held = Held::start(&scratch, "20000", "exec sleep 600.109");
    until_running("sleep 600.109");
    held.signal("-KILL");
    held.end();
    assert!(gone("sleep 600.109"));
}

/// Nobody is left who could remove it at once.
#[test]
fn the_home_of_a_killed_supervisor_goes_with_the_next_start_and_no_other_home_does() {
    let scratch = Scratch::new();
    let home_of = |held: &mut Held, marker: &str| {
        until_running(marker);
        let line = || {
            std::fs::read_to_string(scratch.path("log")).ok()?.strip_suffix('\n').map(str::to_owned)
        };
        let home = std::path::PathBuf::from(wait_for(line).expect("a line"));
        assert!(home.is_dir(), "{}", home.display());
        assert!(held.supervisor.try_wait().expect("a child").is_none());
        home
    };
    let mut stays = Held::start(&scratch, "300", "pwd; exec sleep 600.110");
    let used = home_of(&mut stays, "sleep 600.110");
    let mut killed = Held::start(&scratch, "300", "pwd; touch left; exec sleep 600.111");
    let abandoned = home_of(&mut killed, "sleep 600.111");
    killed.signal("-KILL");
    killed.end();
    assert!(gone("sleep 600.111") && abandoned.join("left").exists());
    let mut next = Held::start(&scratch, "300", "exit 0");
    next.end();
    assert!(!abandoned.exists());
    assert!(used.is_dir());
}

/// A program may print for ever.
#[test]
fn a_log_keeps_the_beginning_and_what_comes_after_its_bound_is_dropped() {
    let scratch = Scratch::new();
    let script = "head -c 70000000 /dev/zero; echo the end >&2; exit 3";
    let mut held = Held::start(&scratch, "1000", script);
    assert_eq!(held.says().as_deref(), Some("exited 3"));
    held.end();
    let kept = std::fs::metadata(scratch.path("log")).expect("a log").len();
    assert_eq!(kept, 64 * 1024 * 1024);
}

#[test]
fn a_program_that_is_not_there_is_told_in_its_log() {
    let scratch = Scratch::new();
    let mut command = scratch.command(&["supervise", "--log", "log", "--", "no-such-program"]);
    let supervisor = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn();
    let mut supervisor = supervisor.expect("started");
    // Its caller stays.
    let caller = supervisor.stdin.take();
    let said = supervisor.wait_with_output().expect("it ends");
    drop(caller);
    let said = String::from_utf8_lossy(&said.stdout);
    assert!(said.contains("exited 2"), "{said}");
    let log = std::fs::read_to_string(scratch.path("log")).expect("a log");
    assert!(log.contains("cannot run no-such-program"), "{log}");
}
