//! The files: a schema that is current and holds, a page that asks no network and escapes what comes
//! from outside, charts and tables for everybody.

use reports::{File, render, report, seeds};

use crate::robust;
use crate::support::brownout;

fn file<'a>(files: &'a [File], name: &str) -> &'a str {
    let found = files.iter().find(|file| file.name == name);
    std::str::from_utf8(&found.unwrap_or_else(|| panic!("{name} is missing")).bytes).expect("UTF-8")
}

fn current(committed: &str, schema: &serde_json::Value) {
    let now = serde_json::to_string_pretty(schema).expect("serialises") + "\n";
    assert!(committed == now, "the committed schema is not current; it should read\n{now}");
}

#[test]
fn the_committed_schemas_are_current() {
    current(include_str!("../../report.schema.json"), &report::schema());
    current(include_str!("../../series.schema.json"), &seeds::schema());
    current(include_str!("../../robust.schema.json"), &report::robust_schema());
    current(include_str!("../../gate.schema.json"), &report::Gate::schema());
}

#[test]
fn series_and_variants_are_valid_by_their_schemas() {
    let mut analysis = brownout::run().analyse();
    let run = seeds::Run { dir: "42".to_owned(), report: analysis.report.clone() };
    let series = reports::render_series(&seeds::combine(&[run]));
    analysis.robust = Some(robust::variants());
    let files = render(&analysis);
    for (text, schema, field) in [
        (file(&series, "report.json"), seeds::schema(), "scenarios"),
        (file(&files, "robust.json"), report::robust_schema(), "varied"),
    ] {
        let mut value = serde_json::from_str(text).expect("JSON");
        let validator = jsonschema::validator_for(&schema).expect("a schema");
        let errors: Vec<String> = validator.iter_errors(&value).map(|e| e.to_string()).collect();
        assert!(errors.is_empty(), "{errors:?}");
        value[field] = serde_json::json!("swift");
        assert!(!validator.is_valid(&value), "{field}");
    }
}

#[test]
fn a_report_is_valid_by_its_schema() {
    let files = render(&brownout::run().analyse());
    let value = serde_json::from_str(file(&files, "report.json")).expect("JSON");
    let validator = jsonschema::validator_for(&report::schema()).expect("a schema");
    let errors: Vec<String> = validator.iter_errors(&value).map(|e| e.to_string()).collect();
    assert!(errors.is_empty(), "{errors:?}");
    let mut broken = value.clone();
    broken["verdict"]["ranking"] = serde_json::json!("swift");
    assert!(!validator.is_valid(&broken));
}

#[test]
fn whoever_replaces_a_run_directory_knows_every_file() {
    for file in render(&brownout::run().analyse()) {
        let root = file.name.split('/').next().expect("a name");
        assert!(record::layout::is_reserved(root), "{root} is not in record::layout::ROOT_NAMES");
    }
}

#[test]
fn equal_runs_write_equal_bytes() {
    let (one, two) = (render(&brownout::run().analyse()), render(&brownout::run().analyse()));
    assert_eq!(file(&one, "report.json"), file(&two, "report.json"));
    assert!(!file(&one, "report.json").contains("linux"), "nothing about the machine");
}

#[test]
fn the_page_asks_no_network() {
    let files = render(&brownout::run().analyse());
    let page = file(&files, "report.html").to_lowercase();
    let page = page.replace("http://www.w3.org/2000/svg", "");
    for forbidden in [
        "http:", "https:", "//cdn", "<link", "@import", "url(", " src=", "<iframe", "fetch(",
        "xmlhttp", "import(",
    ] {
        assert!(!page.contains(forbidden), "{forbidden}");
    }
    for needed in
        ["prefers-color-scheme:dark", "@media print", "viewport", "simulated", "brownout explain"]
    {
        assert!(page.contains(needed), "{needed}");
    }
}

#[test]
fn the_first_screen_of_the_page_is_in_order() {
    let files = render(&brownout::run().analyse());
    let page = file(&files, "report.html");
    let places: Vec<usize> = [
        "SIMULATED: 200 s",
        "VALID",
        "swift kept the promise",
        "swift (built-in) led on seed 42",
        "can judge",
        "class=\"comparison sortable\"",
        "class=\"heatmap sortable\"",
        "id=\"contender-",
    ]
    .iter()
    .map(|text| page.find(text).unwrap_or_else(|| panic!("{text}")))
    .collect();
    assert!(places.is_sorted(), "{places:?}");
}

#[test]
fn an_invalid_page_looks_invalid() {
    let mut dir = brownout::run();
    dir.machine.incomplete = Some("interrupted".to_owned());
    let files = render(&dir.analyse());
    assert!(file(&files, "report.html").contains("class=\"verdict invalid\""));
    let files = render(&brownout::run().analyse());
    assert!(file(&files, "report.html").contains("class=\"verdict valid\""));
}

#[test]
fn hostile_names_stay_text() {
    let mut analysis = brownout::run().analyse();
    let evil = "<img onerror=alert(1)>\"'&|`[x](javascript:y)";
    analysis.report.scenario.name = evil.to_owned();
    analysis.report.scenario.question = Some(evil.to_owned());
    analysis.report.contenders[0].name = evil.to_owned();
    analysis.run.deployments[0].id = evil.to_owned();
    analysis.run.faults[0].summary = evil.to_owned();
    analysis.report.contenders[0].faults[0].summary = evil.to_owned();
    let files = render(&analysis);
    for name in ["report.html", "plots/ttft-cdf.svg"] {
        assert!(!file(&files, name).contains("<img"), "{name}");
    }
    // Between backticks Markdown shows every character as it is.
    let outside_code: String = file(&files, "summary.md").split('`').step_by(2).collect();
    assert!(!outside_code.contains("<img"));
    let escaping =
        files.iter().find(|file| file.name.matches('/').count() > 1 || file.name.contains('<'));
    assert!(escaping.is_none(), "{:?}", escaping.map(|file| &file.name));
}

#[test]
fn failures_are_the_part_of_the_curve_that_never_arrives() {
    let files = render(&brownout::run().analyse());
    let svg = file(&files, "plots/ttft-cdf.svg");
    assert!(svg.contains("stubborn · 33.3 % never") && svg.contains("swift · all arrive"));
    let timeline = file(&files, "plots/timeline-swift.svg");
    assert!(timeline.contains("f1 refuse (connections turned away)"));
    assert!(timeline.contains("cooling: west"));
}

#[test]
fn tables_have_a_row_per_contender_and_fault() {
    let files = render(&brownout::run().analyse());
    let rows = |name| file(&files, name).lines().count();
    assert_eq!((rows("comparison.csv"), rows("faults.csv")), (1 + 3, 1 + 3));
    assert!(file(&files, "faults.csv").contains(
        "\nswift,f1,fault,refuse (connections turned away),west,60,120,8,240,0,1,1,1.75,"
    ));
}
