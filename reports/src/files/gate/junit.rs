//! JUnit XML: one test per scenario. What is worse is a failure, what cannot be told is an error, and what was let through
//! untested was skipped.
//!
//! Shape after the schema that Jenkins' xUnit plugin publishes (`junit-10.xsd`): `testsuites`, `testsuite`, `testcase` with
//! `failure`, `error` or `skipped`, then `system-out`.

use std::io;

use quick_xml::Writer;
use quick_xml::events::{BytesDecl, BytesText, Event};

use super::culprit;
use crate::report::{Gate, GateRow, GateVerdict};
use crate::words::gate::{sides, still_shown};

/// The file.
pub fn junit(found: &Gate) -> String {
    let mut writer = Writer::new_with_indent(Vec::new(), b' ', 2);
    // A writer into memory has nothing to fail of.
    let _ = suites(found, &mut writer);
    let mut text = String::from_utf8_lossy(&writer.into_inner()).into_owned();
    text.push('\n');
    text
}

/// What kind of result a test has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Passed,
    Failed,
    Unknown,
    Skipped,
}

fn kind(row: &GateRow) -> Kind {
    match (row.pass, row.verdict) {
        (true, GateVerdict::Untested) => Kind::Skipped,
        (true, _) => Kind::Passed,
        (false, GateVerdict::Worse | GateVerdict::Different) => Kind::Failed,
        (
            false,
            GateVerdict::NoData
            | GateVerdict::Untested
            | GateVerdict::Better
            | GateVerdict::Changed
            | GateVerdict::Same,
        ) => Kind::Unknown,
    }
}

fn suites(found: &Gate, writer: &mut Writer<Vec<u8>>) -> io::Result<()> {
    writer.write_event(Event::Decl(BytesDecl::new("1.0", Some("UTF-8"), None)))?;
    let count =
        |wanted: Kind| found.scenarios.iter().filter(|row| kind(row) == wanted).count().to_string();
    let (before, after) = sides(found);
    let (name, tests) =
        (clean(&format!("{after} against {before}")), found.scenarios.len().to_string());
    let (failures, errors, skipped) =
        (count(Kind::Failed), count(Kind::Unknown), count(Kind::Skipped));
    let counts =
        [("tests", tests.as_str()), ("failures", failures.as_str()), ("errors", errors.as_str())];
    let suites = writer.create_element("testsuites").with_attribute(("name", "brownout gate"));
    suites.with_attributes(counts).write_inner_content(|writer| {
        let suite = writer.create_element("testsuite").with_attribute(("name", name.as_str()));
        let suite = suite.with_attributes(counts).with_attribute(("skipped", skipped.as_str()));
        suite.write_inner_content(|writer| {
            for row in &found.scenarios {
                test(found, row, writer)?;
            }
            let notes = still_shown(found).join("\n");
            out(writer, &notes)
        })?;
        Ok(())
    })?;
    Ok(())
}

fn test(found: &Gate, row: &GateRow, writer: &mut Writer<Vec<u8>>) -> io::Result<()> {
    let name = clean(&row.name());
    let case = writer.create_element("testcase").with_attribute(("name", name.as_str()));
    let case = case.with_attributes([("classname", "brownout.gate"), ("time", "0")]);
    let said = said(found, row);
    case.write_inner_content(|writer| {
        let element = match kind(row) {
            Kind::Passed => return out(writer, &said),
            Kind::Skipped => "skipped",
            Kind::Failed => "failure",
            Kind::Unknown => "error",
        };
        let message = clean(&row.told());
        let result = writer.create_element(element).with_attribute(("message", message.as_str()));
        if kind(row) == Kind::Skipped {
            result.write_empty()?;
            return out(writer, &said);
        }
        let result = result.with_attribute(("type", row.verdict.word()));
        result.write_text_content(BytesText::new(&clean(&said)))?;
        Ok(())
    })?;
    Ok(())
}

fn out(writer: &mut Writer<Vec<u8>>, text: &str) -> io::Result<()> {
    if !text.is_empty() {
        writer.create_element("system-out").write_text_content(BytesText::new(&clean(text)))?;
    }
    Ok(())
}

/// Everything that is said of a scenario.
fn said(found: &Gate, row: &GateRow) -> String {
    let mut said = vec![row.told()];
    said.extend(row.causes.iter().map(|cause| cause.text.clone()));
    if let Some(change) = culprit(found, row).filter(|_| !row.pass) {
        said.push(format!("{}: {}", change.place(), change.words()));
    }
    said.extend(row.remedy());
    said.push(row.command.clone());
    said.retain(|line| !line.is_empty());
    said.join("\n")
}

/// Without the characters that XML has no way to write.
fn clean(text: &str) -> String {
    text.lines().map(vocab::visible_line).collect::<Vec<_>>().join("\n")
}
