//! Tables: what is written is read back, in the promised order, with the promised columns.

#![expect(clippy::expect_used, reason = "helpers of a test stop it where they fail")]

use proptest::prelude::*;
use record::{
    AttemptEnd, AttemptKind, AttemptRow, DecisionKind, DecisionRow, OracleRow, PreflightRow,
    RequestRow, Row, RowReader, RowWriter, Rule, Stage,
};
use vocab::{FailureKind, Integrity, Outcome};

fn request(number: u64, end_ns: u64) -> RequestRow {
    RequestRow {
        request: number,
        phase: "main, with a comma and a \"quote\"".to_owned(),
        warmup: false,
        stream: true,
        intended_ns: 1,
        sent_ns: Some(2),
        first_byte_ns: None,
        first_token_ns: None,
        last_token_ns: None,
        end_ns: Some(end_ns),
        outcome: Outcome::Failed,
        failure: Some(FailureKind::ClientGaveUp),
        status: None,
        tokens: 0,
        longest_gap_ns: None,
        integrity: Some(Integrity::Empty),
        served_by: None,
        served_visit: None,
        attempts: None,
    }
}

fn attempt() -> AttemptRow {
    AttemptRow {
        request: None,
        attempt: 0,
        visit: 0,
        kind: AttemptKind::Probe,
        stage: Stage::Connect,
        deployment: "azure/gpt-4o@westus-primary#2".to_owned(),
        gateway: "gateway[1]".to_owned(),
        arrived_ns: 5,
        ended_ns: 6,
        fault: Some("f1+f2".to_owned()),
        status: None,
        tokens_in: 0,
        tokens_out: 0,
        ended: AttemptEnd::Refused,
    }
}

fn header(path: &std::path::Path) -> Vec<String> {
    let text = std::fs::read_to_string(path).expect("a table");
    text.lines().next().unwrap_or_default().split(',').map(str::to_owned).collect()
}

#[test]
fn every_table_names_its_columns_even_without_rows() {
    fn check<R: Row + serde::Serialize>(folder: &std::path::Path) {
        let path = folder.join("table.csv");
        let table = RowWriter::<R>::create(&path).expect("created");
        table.finish().expect("finished");
        assert_eq!(header(&path), R::COLUMNS);
    }
    let folder = tempfile::tempdir().expect("a folder");
    check::<RequestRow>(folder.path());
    check::<AttemptRow>(folder.path());
    check::<DecisionRow>(folder.path());
    check::<OracleRow>(folder.path());
    check::<PreflightRow>(folder.path());
}

#[test]
fn columns_are_the_fields_in_their_order() {
    fn check<R: Row + serde::Serialize>(row: R) {
        let mut out = csv::Writer::from_writer(Vec::new());
        out.serialize(row).expect("serializable");
        let text = String::from_utf8(out.into_inner().expect("flushed")).expect("text");
        let header: Vec<&str> = text.lines().next().unwrap_or_default().split(',').collect();
        assert_eq!(header, R::COLUMNS);
    }
    check(request(1, 2));
    check(attempt());
    check(DecisionRow {
        at_ns: 1,
        request: Some(2),
        gateway: "gateway[1]".to_owned(),
        kind: DecisionKind::Cooldown,
        deployment: None,
        detail: "for_ms=1;reason=x".to_owned(),
    });
    check(PreflightRow {
        contender: "a".to_owned(),
        deployment: "b".to_owned(),
        ok: false,
        detail: "404".to_owned(),
        key: "litellm_params.stop".to_owned(),
    });
    check(OracleRow { request: 1, warmup: false, savable: true, deployments: "a+b".to_owned() });
}

#[test]
fn a_rule_comes_back_with_its_figures() {
    for (rule, detail) in [
        (Rule::CooldownsOff, "rule=cooldowns_off"),
        (Rule::KindSpared { reason: "connect".to_owned() }, "rule=kind_spared;reason=connect"),
        (
            Rule::LowShare { failed: 2, calls: 9, above_percent: 50 },
            "rule=low_share;failed=2;calls=9;above_percent=50",
        ),
    ] {
        assert_eq!(rule.detail(), detail);
        let row = DecisionRow {
            at_ns: 1,
            request: Some(2),
            gateway: "gateway[1]".to_owned(),
            kind: DecisionKind::NoCooldown,
            deployment: None,
            detail: detail.to_owned(),
        };
        assert_eq!(row.rule(), Some(rule));
        let told = |detail: &str| DecisionRow { detail: detail.to_owned(), ..row.clone() }.rule();
        assert_eq!(told("status=503;reason=unavailable"), None, "not by a rule");
        assert_eq!(told("rule=low_share;failed=2"), None, "figures are missing");
    }
}

#[test]
fn a_damaged_row_is_named_by_file_and_number() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("requests.csv");
    let mut table = RowWriter::create(&path).expect("created");
    table.push(1, 1, request(1, 1)).expect("written");
    table.finish().expect("finished");
    let mut text = std::fs::read_to_string(&path).expect("a table");
    text.push_str("not,a,row\n");
    std::fs::write(&path, text).expect("written");
    let rows: Vec<_> = RowReader::<RequestRow>::open(&path).expect("opened").collect();
    assert!(rows.first().is_some_and(Result::is_ok));
    let error = rows.into_iter().nth(1).expect("a second row").expect_err("damaged").to_string();
    assert!(error.contains("requests.csv") && error.contains("row 2"), "{error}");
}

/// One row as drawn: quarter of a second at which it ended, milliseconds until it is handed in, request.
type Drawn = (u64, u64, u64);

/// Text as somebody might name things who means harm, or nothing.
fn any_text() -> impl Strategy<Value = String> {
    let first = proptest::sample::select(vec![
        "", "=", "+", "-", "@", "\t", "\r", "\n", "'", "''=", "＝", "-1", "+1e9", "a",
    ]);
    (first, "(?s).{0,20}").prop_map(|(first, rest)| first.to_owned() + &rest)
}

/// As [`any_text`], where nothing and no text are the same.
fn some_text() -> impl Strategy<Value = Option<String>> {
    any_text().prop_map(|text| Some(text).filter(|text| !text.is_empty()))
}

/// Writes one row and reads it back; no cell in the file begins like a formula.
fn there_and_back<R>(row: &R) -> R
where
    R: Row + Clone + serde::Serialize + serde::de::DeserializeOwned,
{
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("table.csv");
    let mut table = RowWriter::create(&path).expect("created");
    table.push(1, 1, row.clone()).expect("written");
    table.finish().expect("finished");
    for cell in csv::Reader::from_path(&path)
        .expect("opened")
        .records()
        .flatten()
        .next()
        .expect("a row")
        .iter()
    {
        assert!(!cell.starts_with(['=', '+', '-', '@', '\t', '\r', '\n', '＝']), "{cell:?}");
    }
    RowReader::open(&path).expect("opened").next().expect("a row").expect("readable")
}

proptest! {
    #[test]
    fn texts_come_back_as_written_and_no_cell_of_a_table_is_run(
        texts in proptest::collection::vec(any_text(), 4), maybe in proptest::collection::vec(some_text(), 3),
    ) {
        let [phase, deployment, gateway, detail] = texts.try_into().expect("four");
        let [served_by, fault, about] = maybe.try_into().expect("three");
        let row = RequestRow { phase, served_by, ..request(1, 2) };
        prop_assert_eq!(there_and_back(&row), row);
        let row = AttemptRow { deployment: deployment.clone(), gateway: gateway.clone(), fault, ..attempt() };
        prop_assert_eq!(there_and_back(&row), row);
        let kind = DecisionKind::Failover;
        let row = DecisionRow { at_ns: 1, request: None, gateway, kind, deployment: about, detail };
        prop_assert_eq!(there_and_back(&row), row);
        let row = OracleRow { request: 1, warmup: false, savable: true, deployments: deployment };
        prop_assert_eq!(there_and_back(&row), row);
    }

    #[test]
    fn rows_come_out_in_order_of_ending_then_request(
        // Few instants over ten seconds: many ties, and rows that leave while others still come in.
        mut drawn in proptest::collection::vec((0u64..40, 0u64..2_000, 0u64..50), 1..120),
    ) {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("requests.csv");
        let mut table = RowWriter::create(&path).expect("created");
        let end_ns = |quarter: u64| quarter * 250_000_000;
        // Handed in up to two seconds late, as several threads do.
        drawn.sort_by_key(|(quarter, late, _): &Drawn| end_ns(*quarter) + late * 1_000_000);
        for (quarter, _, number) in &drawn {
            let end = end_ns(*quarter);
            table.push(end, *number, request(*number, end)).expect("written");
        }
        prop_assert_eq!(table.finish().expect("finished"), drawn.len() as u64);
        let rows: Vec<_> = RowReader::<RequestRow>::open(&path)
            .expect("opened")
            .map(|row| row.expect("readable"))
            .map(|row| (row.end_ns.unwrap_or_default(), row.request))
            .collect();
        let mut expected: Vec<_> =
            drawn.iter().map(|(quarter, _, number)| (end_ns(*quarter), *number)).collect();
        expected.sort_unstable();
        prop_assert_eq!(rows, expected);
    }
}
