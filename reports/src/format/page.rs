//! `report.html`: the page for people.

use super::{File, Report};
use crate::{Analysis, html};

/// The format.
#[derive(Debug)]
pub(super) struct Html;

impl Report for Html {
    fn files(&self, analysis: &Analysis) -> Vec<File> {
        vec![File::text("report.html", html::page(analysis))]
    }
}
