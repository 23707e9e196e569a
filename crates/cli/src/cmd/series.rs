//! What several runs say together: a directory of its own beside theirs, with a page, a summary and tables. Nothing but
//! the same runs has its name, so no series overwrites another.

use std::path::{Path, PathBuf};

use plan::{ClockKind, Plan};
use reports::terminal::Style;
use reports::{Analysis, seeds};

use crate::exit::Failure;
use crate::{files, screen};

/// A run of a series: its plan, where it stands, and what came out.
pub(crate) struct Played<'r> {
    pub(crate) plan: &'r Plan,
    pub(crate) dir: &'r Path,
    pub(crate) analysis: &'r Analysis,
}

/// Writes and prints what they say together; returns the page.
pub(crate) fn together(runs: &[Played<'_>], as_json: bool) -> Result<PathBuf, Failure> {
    let dirs: Vec<&Path> = runs.iter().map(|run| run.dir).collect();
    let parent = common_parent(&dirs);
    let dir = parent.join(name(runs));
    let combined: Vec<seeds::Run> = runs
        .iter()
        .map(|run| seeds::Run {
            dir: format!("../{}", run.dir.strip_prefix(&parent).unwrap_or(run.dir).display()),
            report: run.analysis.report.clone(),
        })
        .collect();
    let series = seeds::combine(&combined);
    for file in reports::render_series(&series) {
        files::write(&dir.join(&file.name), &file.bytes)?;
    }
    let page = dir.join("report.html");
    if as_json {
        screen::print_value(&series);
    } else {
        let style = Style { width: screen::width(), colour: screen::colour() };
        screen::print_painted(&reports::terminal::series(&series, style));
        screen::print(&format!("report  {}", page.display()));
    }
    Ok(page)
}

/// `series-3f2a6c01b9d4`; on the wall clock no two series are alike.
fn name(runs: &[Played<'_>]) -> String {
    let name = plan::series_name(runs.iter().map(|run| run.plan));
    match runs.first().map(|run| run.plan.clock) {
        Some(ClockKind::Wall) => format!("{name}-wall-{}", runner::utc_stamp()),
        Some(ClockKind::Virtual) | None => name,
    }
}

fn common_parent(dirs: &[&Path]) -> PathBuf {
    let mut parent = dirs.first().and_then(|dir| dir.parent()).unwrap_or(Path::new(".")).to_owned();
    while !dirs.iter().all(|dir| dir.starts_with(&parent)) {
        if !parent.pop() {
            break;
        }
    }
    parent
}
