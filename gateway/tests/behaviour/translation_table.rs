//! `docs/translation.md` says what the code does with each endpoint and each member: the tables between its
//! markers are printed from the code (`UPDATE=1` writes them).

#![expect(clippy::expect_used, reason = "helpers of tests")]

use std::fmt::Write as _;

use gateway::{Served, Treatment, translations};

const PAGE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/translation.md");
const BEGIN: &str = "<!-- generated: translations -->\n";
const END: &str = "<!-- end: translations -->";

fn tables() -> String {
    let mut cells = String::new();
    let mut members = String::new();
    let mut last = "";
    for cell in translations() {
        if cell.path != last {
            let end = if last.is_empty() { "" } else { " |\n" };
            write!(cells, "{end}| `{}{}`", cell.version, cell.path).expect("memory");
            last = cell.path;
        }
        let word = match cell.served {
            Served::Same => "same",
            Served::Translated(_) => "translated",
            Served::Refused => "refused",
        };
        write!(cells, " | {word}").expect("memory");
        let Served::Translated(rows) = cell.served else { continue };
        let (version, path, protocol) = (cell.version, cell.path, cell.protocol);
        write!(
            members,
            "\n### `{version}{path}` at {protocol}\n\n| member | what becomes of it | |\n|---|---|---|\n"
        )
        .expect("memory");
        for row in rows {
            let how = match row.treatment {
                Treatment::Same | Treatment::Translated => row.how.to_owned(),
                Treatment::Refused => format!("it {}", row.how),
            };
            writeln!(members, "| `{}` | {} | {how} |", row.name, row.treatment.as_str())
                .expect("memory");
        }
    }
    format!(
        "| endpoint | openai | azure | anthropic | gemini | bedrock | ollama |\n|---|---|---|---|---|---|---|\n{cells} |\n{members}"
    )
}

#[test]
fn the_page_is_printed_from_the_code() {
    let page = std::fs::read_to_string(PAGE).expect("docs/translation.md");
    let (before, rest) = page.split_once(BEGIN).expect("the first marker");
    let (_, after) = rest.split_once(END).expect("the second marker");
    let wanted = format!("{before}{BEGIN}{}{END}{after}", tables());
    if std::env::var_os("UPDATE").is_some() {
        std::fs::write(PAGE, &wanted).expect("docs/translation.md");
    }
    assert!(
        page == wanted || std::env::var_os("UPDATE").is_some(),
        "UPDATE=1 writes docs/translation.md"
    );
}
