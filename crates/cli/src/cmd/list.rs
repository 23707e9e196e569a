//! `brownout list`.

use plan::listing::{self, Line};

use crate::args::{List, Listed};
use crate::exit::{Ended, Failure, Outcome};
use crate::{cmd::scenario, screen};

/// Prints one table.
pub(crate) fn list(args: &List) -> Outcome {
    if matches!(args.what, Listed::Faults) {
        return faults(args.json);
    }
    let lines = match args.what {
        Listed::Strategies => listing::strategies(),
        Listed::Personalities => listing::personalities(),
        Listed::Faults => listing::faults(),
        Listed::Scenarios => listing::scenarios(),
        Listed::Presets => presets()?,
    };
    if args.json {
        screen::print_json(&json(&lines)?);
    } else {
        screen::print(&table(&lines));
    }
    Ok(Ended::Done)
}

/// Faults in three groups: by what they are about.
fn faults(as_json: bool) -> Outcome {
    let groups = [
        ("faults", "", listing::faults()),
        ("links", "\nlinks, with `target: \"link:gateway->first\"`:\n", listing::links()),
        (
            "instances",
            "\ngateway instances, with `target: \"gateway[2]\"`:\n",
            listing::instances(),
        ),
    ];
    if as_json {
        let grouped = groups.iter().flat_map(|(group, _, lines)| {
            lines.iter().map(move |line| {
                let mut value = value(line);
                value["group"] = serde_json::json!(group);
                value
            })
        });
        screen::print_json(&pretty(&grouped.collect::<Vec<_>>())?);
    } else {
        let titled = groups.iter().map(|(_, title, lines)| format!("{title}{}", table(lines)));
        screen::print(&titled.collect::<String>());
    }
    Ok(Ended::Done)
}

fn presets() -> Result<Vec<Line>, Failure> {
    let presets = plan::list_presets().map_err(|report| scenario::mistakes(&report))?;
    let line = |preset: plan::PresetLine| Line {
        name: preset.name,
        summary: format!("{}: {}", preset.kind, preset.summary),
        details: Vec::new(),
    };
    Ok(presets.into_iter().map(line).collect())
}

fn table(lines: &[Line]) -> String {
    let widest = lines.iter().map(|line| line.name.chars().count()).max().unwrap_or(0);
    let room = screen::width().saturating_sub(widest + 4).max(30);
    let mut out = String::new();
    for line in lines {
        for (index, row) in wrap(&line.summary, room).iter().enumerate() {
            let name = if index == 0 { line.name.as_str() } else { "" };
            out.push_str(&format!("  {name:widest$}  {row}\n"));
        }
        for detail in &line.details {
            for row in wrap(detail, room.saturating_sub(2)) {
                out.push_str(&format!("  {:widest$}    {row}\n", ""));
            }
        }
    }
    out
}

/// Breaks a text at spaces.
fn wrap(text: &str, room: usize) -> Vec<String> {
    let mut rows = vec![String::new()];
    for word in text.split_whitespace() {
        let Some(row) = rows.last_mut() else { break };
        let fits = row.is_empty() || row.chars().count() + 1 + word.chars().count() <= room;
        if !fits {
            rows.push(word.to_owned());
        } else {
            if !row.is_empty() {
                row.push(' ');
            }
            row.push_str(word);
        }
    }
    rows
}

fn json(lines: &[Line]) -> Result<String, Failure> {
    pretty(&lines.iter().map(value).collect::<Vec<_>>())
}

fn value(line: &Line) -> serde_json::Value {
    serde_json::json!({ "name": line.name, "summary": line.summary, "details": line.details })
}

fn pretty(values: &[serde_json::Value]) -> Result<String, Failure> {
    serde_json::to_string_pretty(values).map_err(|error| Failure::Internal(error.to_string()))
}
