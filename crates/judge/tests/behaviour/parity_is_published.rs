//! The published table: page, scores and results say the same, and today's emulation does not fall behind them. The
//! product is not needed: its answers are recorded in the results.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use judge::parity::{Cases, Emulation, Playing, Published, Score, Standing, page, parity};

/// Versions of which results are published, and the page of each.
const PUBLISHED: &[(&str, &str)] =
    &[("1.106.2", "docs/parity.md"), ("1.108.7", "docs/parity-litellm-1.108.7.md")];

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

fn read(path: &str) -> String {
    std::fs::read_to_string(root().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

fn published(version: &str) -> Published {
    let text = plan::embedded::parity_results(version).expect("results are published");
    Published::read(text).expect("results are of this form")
}

#[test]
fn page_and_scores_say_what_the_results_say() {
    let scores = read("scenarios/parity/scores.json");
    for (version, about) in PUBLISHED {
        let published = published(version);
        assert_eq!(read(about), page(&published), "{about}");
        assert_eq!(published.scores(&scores).expect("scores"), scores, "{version}");
        assert_eq!(Some(&*published.text()), plan::embedded::parity_results(version));
        let said = |score: &Score| format!("{} of {}", score.agree, score.of);
        let readme = read("README.md");
        for score in
            [&published.score, &published.load_score].into_iter().filter(|score| score.of > 0)
        {
            assert!(readme.contains(&said(score)), "README.md: {}", said(score));
        }
    }
}

#[test]
fn the_emulation_agrees_wherever_the_published_table_says_so() {
    for (version, _) in PUBLISHED {
        does_not_fall_behind(&published(version));
    }
}

fn does_not_fall_behind(published: &Published) {
    let emulation = Emulation {
        product: published.source.product.clone(),
        personality: published.source.personality.clone(),
    };
    let stop = Arc::new(AtomicBool::new(false));
    let stuck: Arc<dyn Fn(&str) + Send + Sync> = Arc::new(|world| panic!("{world} stands still"));
    let mut playing = Playing {
        emulation: &emulation,
        plays: 3,
        at_a_time: 1,
        stop: &stop,
        stuck: &stuck,
        record: &mut |_| panic!("nobody plays"),
        progress: &mut |_, _, _| {},
    };
    let cases = Cases::shipped().expect("shipped cases are right").without_load();
    let results = parity(&cases, &mut published.recorded(), None, &mut playing).expect("plays");
    let today = |case: &str| results.cases.iter().find(|row| row.case == case);
    let mut behind = Vec::new();
    for row in published.cases.iter().filter(|row| row.standing == Standing::Agrees) {
        match today(&row.case) {
            Some(now) if now.standing == Standing::Agrees => {}
            Some(now) => behind.push((row.case.clone(), now.deviations().collect::<Vec<_>>())),
            None => behind.push((row.case.clone(), vec!["its definition has changed".to_owned()])),
        }
    }
    assert!(behind.is_empty(), "{} cases fell behind: {behind:#?}", behind.len());
}
