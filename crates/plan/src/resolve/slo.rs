//! From `slo:` to promises, by `record`'s grammar.

use record::slo::{Metric, Slo};

use crate::text::diagnostic::{Problem, suggest};
use crate::text::node::{Node, Value};

/// Reads the promises. Mistakes go to `problems`.
pub(crate) fn slos(section: Option<&Node>, problems: &mut Vec<Problem>) -> Vec<Slo> {
    let Some(node) = section else { return Vec::new() };
    if node.entries().is_empty() {
        let message = format!("expected metrics and their bounds, found {}", node.kind());
        problems.push(Problem::new(message).help("write `success: \"rate > 0.995\"`").at(node.at));
    }
    let mut slos = Vec::new();
    for (key, value) in node.entries() {
        let Some(metric) = Metric::from_name(&key.name) else {
            let names: Vec<&str> = Metric::ALL.iter().map(|metric| metric.name()).collect();
            problems.push(
                Problem::new(format!("there is no metric called `{}`", key.name))
                    .help(suggest(&key.name, &names, "metrics"))
                    .at(key.at),
            );
            continue;
        };
        let Value::Text(expr) = &value.value else {
            let message = format!("expected an expression, found {}", value.kind());
            let help = format!("write `{}: \"{}\"`", key.name, first_example(metric));
            problems.push(Problem::new(message).help(help).at(value.at));
            continue;
        };
        match Slo::parse(metric, expr) {
            Ok(slo) => slos.push(slo),
            Err(error) => problems.push(
                Problem::new(format!("`{expr}` is no promise on {}: {error}", key.name))
                    .help(format!("write `{}: \"{}\"`", key.name, first_example(metric)))
                    .at(value.at),
            ),
        }
    }
    slos
}

fn first_example(metric: Metric) -> &'static str {
    metric.example().split(" or ").next().unwrap_or_default()
}
