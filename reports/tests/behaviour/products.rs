//! A product as a contender: what it is stands wherever it stands, what it does not tell is not observed, and
//! a machine that had no time for it is not taken for its policy.

use record::machine::ProcessHealth;
use record::run::{ContenderKind, Personality, ProductInfo};
use reports::explain::explain;
use reports::render;
use reports::report::Measured::{Known, Withheld};
use reports::report::{RunReport, ValidityVerdict};
use reports::terminal::{Style, screen};

use crate::support::{MS, RunDir, brownout};

/// `swift` is a product that used `cpu_share` of its core, and whose first attempts reached a provider `late_ms`
/// after their requests had started.
fn product(cpu_share: f64, late_ms: u64) -> RunDir {
    let mut dir = brownout::run();
    let swift = dir.run.contenders.iter_mut().find(|who| who.name == "swift").expect("there");
    swift.kind = ContenderKind::Process;
    swift.personality = Personality::Unknown;
    let version = Some("1.106.2".to_owned());
    swift.product = Some(ProductInfo { name: "LiteLLM".to_owned(), version });
    let tables = dir.tables.get_mut("swift").expect("there");
    tables.decisions.clear();
    for row in &mut tables.attempts {
        row.arrived_ns += late_ms * MS;
        row.ended_ns = row.ended_ns.max(row.arrived_ns);
    }
    dir.on_the_wall();
    dir.machine.processes = vec![ProcessHealth {
        contender: "swift".to_owned(),
        cpu_seconds: Some(cpu_share * 200.0),
        cpu_share: Some(cpu_share),
        resident_mb_max: Some(400.0),
    }];
    dir
}

fn times(report: &RunReport) -> [bool; 4] {
    let swift = report.contenders.iter().find(|one| one.name == "swift").expect("there");
    let times = [&swift.ttft_ms, &swift.e2e_ms, &swift.tpot_ms, &swift.longest_gap_ms];
    times.map(|of| of.p50 == Withheld)
}

#[test]
fn a_product_is_named_with_its_version_in_table_line_and_file() {
    let analysis = product(0.3, 0).analyse();
    let report = &analysis.report;
    assert_eq!(report.validity.verdict, ValidityVerdict::Valid, "{:?}", report.validity);
    assert!(
        report.verdict.line.contains("swift (process LiteLLM 1.106.2)"),
        "{}",
        report.verdict.line
    );
    let shown = screen(&analysis, Style { width: 140, colour: false });
    assert!(shown.contains("process LiteLLM 1.106.2"), "{shown}");
    let json = serde_json::to_value(report).expect("serialises");
    let swift = json["contenders"].as_array().expect("a list");
    let swift = swift.iter().find(|one| one["name"] == "swift").expect("there");
    assert_eq!(swift["product"], serde_json::json!({ "name": "LiteLLM", "version": "1.106.2" }));
    let files = render(&analysis);
    let table = files.iter().find(|file| file.name == "comparison.csv").expect("a table");
    let table = std::str::from_utf8(&table.bytes).expect("text");
    assert!(table.starts_with("contender,kind,personality,product,parity,strategy,"), "{table}");
    assert!(table.contains("\nswift,process,unknown,LiteLLM 1.106.2,,"), "{table}");
    // The ledger is the fakes', so everything that it tells is known.
    let swift = report.contenders.iter().find(|one| one.name == "swift").expect("there");
    assert!(matches!(swift.attempts, Known(attempts) if attempts > 700));
    assert!(swift.faults[0].time_to_detect_s.known().is_some(), "{:?}", swift.faults[0]);
    let notes = report.validity.notes.join("\n");
    assert!(notes.contains("LiteLLM 1.106.2 draws its own luck"), "{notes}");
    assert!(notes.contains("not to be compared across kinds"), "{notes}");
}

#[test]
fn what_a_product_decides_is_not_observed() {
    let temp = tempfile::tempdir().expect("creates");
    product(0.3, 0).write(temp.path());
    std::fs::remove_file(temp.path().join("swift/decisions.csv")).expect("was there");
    let told = explain(temp.path(), Some("swift"), 241).expect("there");
    assert_eq!(told.stories[0].not_observed, ["what the gateway decided, and why"]);
    let told = explain(temp.path(), Some("dear"), 241).expect("there");
    assert!(told.stories[0].not_observed.is_empty());
    assert!(reports::analyse(temp.path()).is_ok());
}

#[test]
fn a_product_that_used_up_its_core_has_no_times() {
    assert_eq!(times(&product(0.84, 0).analyse().report), [false; 4]);
    let report = product(0.86, 0).analyse().report;
    assert_eq!(times(&report), [true; 4]);
    assert!(
        report.validity.notes.iter().any(|note| note.contains("86 % of the cores")),
        "{report:?}"
    );
    let mut unknown = product(0.3, 0);
    unknown.machine.processes.clear();
    assert_eq!(times(&unknown.analyse().report), [true; 4]);
}

#[test]
fn a_product_whose_way_in_is_long_has_no_first_tokens_and_ends() {
    // Of a scale of 450 ms, 25 % are 112.5 ms.
    assert_eq!(times(&product(0.3, 110).analyse().report), [false; 4]);
    let report = product(0.3, 120).analyse().report;
    assert_eq!(times(&report), [true, true, false, false]);
    assert_eq!(report.validity.verdict, ValidityVerdict::Valid);
}

#[test]
fn a_product_that_was_starved_makes_the_run_invalid() {
    let report = product(0.3, 990).analyse().report;
    assert_eq!(report.validity.verdict, ValidityVerdict::Valid, "{:?}", report.validity);
    let report = product(0.3, 1100).analyse().report;
    assert_eq!(report.validity.verdict, ValidityVerdict::Invalid);
    assert!(report.validity.reasons[0].contains("it was starved"), "{:?}", report.validity);
}
