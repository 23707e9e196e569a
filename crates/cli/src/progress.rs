//! What a run shows while it works: one line per contender on a terminal, nothing elsewhere.

use std::io::IsTerminal;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::Duration;

use indicatif::{MultiProgress, ProgressBar, ProgressDrawTarget, ProgressStyle};
use runner::{Counts, Watch};

use crate::screen;

/// Redraws until dropped.
#[derive(Debug)]
pub(crate) struct Progress {
    done: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

/// How often the lines are redrawn.
const REDRAW: Duration = Duration::from_millis(100);

impl Progress {
    /// Starts to show `watch` on stderr, if that is a terminal.
    pub(crate) fn show(watch: &Arc<Watch>) -> Self {
        let done = Arc::new(AtomicBool::new(false));
        let thread = std::io::stderr().is_terminal().then(|| {
            let (watch, done) = (Arc::clone(watch), Arc::clone(&done));
            std::thread::spawn(move || draw(&watch, &done))
        });
        Self { done, thread }
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.done.store(true, Ordering::Relaxed);
        if let Some(thread) = self.thread.take() {
            thread.thread().unpark();
            let _ = thread.join();
        }
    }
}

/// A line that counts variants, on a terminal.
#[derive(Debug)]
pub(crate) struct Variants {
    bar: ProgressBar,
}

impl Variants {
    /// Starts to show it on stderr, if that is a terminal.
    pub(crate) fn show(number: u32) -> Self {
        let bar = match std::io::stderr().is_terminal() {
            true => ProgressBar::new(u64::from(number)),
            false => ProgressBar::hidden(),
        };
        if let Ok(style) = ProgressStyle::with_template("  variants {bar:28} {pos} of {len}") {
            bar.set_style(style.progress_chars("━╸─"));
        }
        Self { bar }
    }

    /// So many are done.
    pub(crate) fn set(&self, done: u32) {
        self.bar.set_position(u64::from(done));
    }
}

impl Drop for Variants {
    fn drop(&mut self) {
        self.bar.finish_and_clear();
    }
}

fn draw(watch: &Watch, done: &AtomicBool) {
    let lines = MultiProgress::with_draw_target(ProgressDrawTarget::stderr());
    let length = u64::try_from(watch.duration.as_millis()).unwrap_or(u64::MAX).max(1);
    let names: Vec<String> = watch.contenders.iter().map(|one| screen::line(&one.name)).collect();
    let widest = names.iter().map(String::len).max().unwrap_or(0);
    let bars: Vec<ProgressBar> = names
        .iter()
        .map(|name| {
            let bar = lines.add(ProgressBar::new(length));
            if let Ok(style) =
                ProgressStyle::with_template("  {prefix} {bar:28} {percent:>3} %  {msg}")
            {
                bar.set_style(style.progress_chars("━╸─"));
            }
            bar.set_prefix(format!("{name:widest$}"));
            bar
        })
        .collect();
    while !done.load(Ordering::Relaxed) {
        for (one, bar) in watch.contenders.iter().zip(&bars) {
            let counts = one.live.counts();
            let passed = counts.now_ns / 1_000_000;
            let finished = one.done.load(Ordering::Relaxed);
            bar.set_position(if finished { length } else { passed.min(length) });
            bar.set_message(message(&counts, one.started.load(Ordering::Relaxed)));
        }
        std::thread::park_timeout(REDRAW);
    }
    // The result takes the place of the progress.
    for bar in bars {
        bar.finish_and_clear();
    }
    let _ = lines.clear();
}

fn message(counts: &Counts, started: bool) -> String {
    if started {
        format!("{} sent, {} failed, {} open", counts.offered, counts.failed, counts.in_flight)
    } else {
        "waiting".to_owned()
    }
}
