//! What the user typed for `gate`.

use std::path::PathBuf;

use clap::Args;

use super::PlanArgs;

/// `gate`.
#[derive(Debug, Args)]
pub(crate) struct Gate {
    /// Scenario files, folders of them, or names of shipped scenarios; `ci` is the shipped set for gates.
    #[arg(required = true, value_name = "SCENARIO")]
    pub(crate) scenarios: Vec<String>,
    #[command(flatten)]
    pub(crate) plan: PlanArgs,
    /// The config that the change starts from: a file, or `git:REV` for the same file at a revision.
    #[arg(long, value_name = "git:REV|FILE", required_unless_present = "baseline")]
    pub(crate) against: Option<String>,
    /// Hold the config against what is written down of it, to the last request, instead of against another config: a file,
    /// or a folder with one for each scenario.
    #[arg(long, value_name = "FILE|DIR", conflicts_with = "against")]
    pub(crate) baseline: Option<PathBuf>,
    /// Write the baseline down anew.
    #[arg(long, requires = "baseline")]
    pub(crate) update: bool,
    /// Play each scenario with so many seeds, from its own (or --seed) upwards.
    #[arg(long, value_name = "N", default_value_t = 5,
        value_parser = clap::value_parser!(u32).range(1..=100))]
    pub(crate) seeds: u32,
    /// Whose behaviour both configs play; see `brownout list personalities`.
    #[arg(long, value_name = "NAME")]
    pub(crate) personality: Option<String>,
    /// Let scenarios pass whose faults no request met.
    #[arg(long)]
    pub(crate) allow_untested: bool,
    /// Write JUnit XML, one test per scenario.
    #[arg(long, value_name = "FILE")]
    pub(crate) junit: Option<PathBuf>,
    /// Write Markdown: for a job summary, or as the body of a comment.
    #[arg(long, value_name = "FILE")]
    pub(crate) markdown: Option<PathBuf>,
    /// Print annotations for GitHub, and add the Markdown to the job's summary where GITHUB_STEP_SUMMARY names it.
    #[arg(long)]
    pub(crate) github: bool,
    /// Write GitLab's code quality report.
    #[arg(long, value_name = "FILE")]
    pub(crate) gitlab: Option<PathBuf>,
    /// Print what was found as JSON; see `brownout schema gate`.
    #[arg(long)]
    pub(crate) json: bool,
    /// Say nothing while it works.
    #[arg(long, short)]
    pub(crate) quiet: bool,
}
