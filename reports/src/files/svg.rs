//! `plots/*.svg`: the charts of the page as files of their own, for slides and papers.

use super::{File, Format};
use crate::Analysis;
use crate::plot::{self, Ground, Quantity};

/// The format.
#[derive(Debug)]
pub(super) struct Svg;

impl Format for Svg {
    fn files(&self, analysis: &Analysis) -> Vec<File> {
        let cdf =
            |name: &str, quantity| File::text(name, plot::cdf(analysis, quantity, Ground::Paper));
        let mut files = vec![
            cdf("plots/ttft-cdf.svg", Quantity::Ttft),
            cdf("plots/e2e-cdf.svg", Quantity::E2e),
        ];
        files.extend(analysis.report.contenders.iter().enumerate().map(|(at, contender)| {
            let name = format!("plots/timeline-{}.svg", file_safe(&contender.name));
            File::text(&name, plot::timeline(analysis, at, Ground::Paper))
        }));
        files
    }
}

/// A name that stays inside its folder, whoever wrote it.
fn file_safe(name: &str) -> String {
    let safe = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-');
    name.chars().map(|c| if safe(c) { c } else { '_' }).collect()
}
