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

/// A line that counts towards what is known to be needed, with the time that is left; on a terminal. Elsewhere a line
/// each time that another tenth is done.
#[derive(Debug)]
pub(crate) struct Counted {
    bar: ProgressBar,
    /// What was told last where there is no terminal: what, and how many tenths.
    told: std::cell::RefCell<(String, usize)>,
}

impl Counted {
    /// Nothing is done yet.
    pub(crate) fn show() -> Self {
        let bar = match std::io::stderr().is_terminal() {
            true => ProgressBar::new(1),
            false => ProgressBar::hidden(),
        };
        let template = "  {prefix} {bar:28} {pos} of {len}, {eta} left";
        if let Ok(style) = ProgressStyle::with_template(template) {
            bar.set_style(style.progress_chars("━╸─"));
        }
        Self { bar, told: std::cell::RefCell::default() }
    }

    /// So many of so many are done.
    pub(crate) fn set(&self, what: &str, done: usize, of: usize) {
        let tenths = done * 10 / of.max(1);
        let now = (what.to_owned(), tenths);
        if self.bar.is_hidden() && *self.told.borrow() != now {
            screen::remark(&format!("{what}: {done} of {of}"));
            self.told.replace(now);
        }
        if self.bar.prefix() != what {
            self.bar.reset();
            self.bar.set_prefix(what.to_owned());
        }
        self.bar.set_length(of as u64);
        self.bar.set_position(done as u64);
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        self.bar.finish_and_clear();
    }
}

/// Columns of a line that are neither name nor bar: blanks, per cent, and counts of five digits.
const BESIDES: usize = 50;

/// Columns of a bar, where there is room.
const BAR_MAX: usize = 28;

/// Columns of a bar, however long the names.
const BAR_MIN: usize = 8;

/// The beginning of a name, and an ellipsis if that is not all: what is left of it stands in the result.
fn clipped(name: &str, room: usize) -> String {
    match name.chars().count() <= room {
        true => name.to_owned(),
        false => name.chars().take(room.saturating_sub(1)).chain(['…']).collect(),
    }
}

fn draw(watch: &Watch, done: &AtomicBool) {
    let lines = MultiProgress::with_draw_target(ProgressDrawTarget::stderr());
    let length = u64::try_from(watch.duration.as_millis()).unwrap_or(u64::MAX).max(1);
    let room = screen::width_on_stderr().saturating_sub(BESIDES).max(2 * BAR_MIN);
    let name = |name: &str| clipped(&screen::line(name), room - BAR_MIN);
    let names: Vec<String> = watch.contenders.iter().map(|one| name(&one.name)).collect();
    let widest = names.iter().map(|name| name.chars().count()).max().unwrap_or(0);
    let template =
        format!("  {{prefix}} {{bar:{}}} {{percent:>3}} %  {{msg}}", (room - widest).min(BAR_MAX));
    let bars: Vec<ProgressBar> = names
        .iter()
        .map(|name| {
            let bar = lines.add(ProgressBar::new(length));
            if let Ok(style) = ProgressStyle::with_template(&template) {
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

#[cfg(test)]
mod tests {
    use super::clipped;

    #[test]
    fn a_name_that_does_not_fit_says_so() {
        assert_eq!(clipped("priority", 8), "priority");
        assert_eq!(clipped("priority-of-others", 8), "priorit…");
    }
}
