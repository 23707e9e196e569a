//! Processes that run beside a test: a test that fails leaves none of them behind, and none is waited
//! for without end.

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::Duration;

/// How long anything may take here that takes a moment on a quiet machine.
const PATIENCE: Duration = Duration::from_secs(60);

/// Time between two looks.
const LOOK: Duration = Duration::from_millis(20);

/// Waits until `look` finds something; `None` after a minute.
pub(crate) fn wait_for<T>(mut look: impl FnMut() -> Option<T>) -> Option<T> {
    for _ in 0..PATIENCE.as_millis() / LOOK.as_millis() {
        if let Some(found) = look() {
            return Some(found);
        }
        std::thread::park_timeout(LOOK);
    }
    None
}

/// A running process, killed when the test is over. Its stderr is read all the time.
#[derive(Debug)]
pub(crate) struct Running {
    child: Child,
    said: std::sync::mpsc::Receiver<String>,
}

impl Running {
    /// Starts it.
    pub(crate) fn start(command: &mut Command) -> Self {
        let mut child = command
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("started");
        let stderr = BufReader::new(child.stderr.take().expect("piped"));
        // Bounded by what a process says within one test.
        let (tell, said) = std::sync::mpsc::channel();
        std::thread::spawn(move || {
            for line in stderr.lines().map_while(Result::ok) {
                // A test that has heard enough has gone.
                let _ = tell.send(line);
            }
        });
        Self { child, said }
    }

    /// The rest of the first line on stderr that contains `marker`.
    pub(crate) fn says(&self, marker: &str) -> String {
        let mut heard = Vec::new();
        while let Ok(line) = self.said.recv_timeout(PATIENCE) {
            if let Some((_, rest)) = line.split_once(marker) {
                return rest.to_owned();
            }
            heard.push(line);
        }
        unreachable!("never said `{marker}`, but:\n{}", heard.join("\n"))
    }

    /// Sends a signal, such as `-INT`.
    pub(crate) fn signal(&self, signal: &str) {
        let pid = self.child.id().to_string();
        let sent = Command::new("kill").args([signal, &pid]).status().expect("kill");
        assert!(sent.success());
    }

    /// Whether it has ended.
    pub(crate) fn ended(&mut self) -> Option<ExitStatus> {
        self.child.try_wait().expect("a child")
    }

    /// Waits for its end; its code and what it wrote to stdout, which must fit into a pipe.
    pub(crate) fn end(mut self) -> (Option<i32>, String) {
        let status = wait_for(|| self.ended()).expect("it ends");
        let mut out = String::new();
        let mut stdout = self.child.stdout.take().expect("piped");
        std::io::Read::read_to_string(&mut stdout, &mut out).expect("text");
        (status.code(), out)
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
