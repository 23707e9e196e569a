//! Which faults of deployments have a degree, in which parameter, and what a harder one is. A fault without a row is
//! complete: it cannot hit harder. It must never know who asks for it.

use serde_json::{Number, Value, json};
use vocab::parse_duration;

/// A parameter in which a fault can be harder.
#[derive(Clone, Copy)]
struct Degree {
    /// The fault.
    fault: &'static str,
    /// The parameter, with the section around it.
    path: &'static [&'static str],
    /// Which way is harder.
    harder: Harder,
    /// What the fault does where nobody gives the parameter; `None` where it then does nothing of the kind.
    by_itself: Option<fn() -> Value>,
}

/// Which way is harder.
#[derive(Clone, Copy)]
enum Harder {
    /// A factor further from one: above it adds more, below it leaves less.
    Factor,
    /// A longer time.
    Longer,
    /// Fewer of a number.
    Fewer,
}

const fn given(fault: &'static str, path: &'static [&'static str], harder: Harder) -> Degree {
    Degree { fault, path, harder, by_itself: None }
}

const fn always(
    fault: &'static str,
    path: &'static [&'static str],
    harder: Harder,
    by_itself: fn() -> Value,
) -> Degree {
    Degree { fault, path, harder, by_itself: Some(by_itself) }
}

const ALL: &[Degree] = &[
    given("slow", &["factor"], Harder::Factor),
    given("slow", &["first_token", "factor"], Harder::Factor),
    given("slow", &["first_token", "add"], Harder::Longer),
    given("slow", &["between_tokens", "factor"], Harder::Factor),
    given("slow", &["between_tokens", "add"], Harder::Longer),
    given("stall", &["for"], Harder::Longer),
    always("slow_accept", &["by"], Harder::Longer, || json!("2s")),
    always("slow_headers", &["by"], Harder::Longer, || json!("5s")),
    always("drip", &["every"], Harder::Longer, || json!("100ms")),
    always("cold_start", &["factor"], Harder::Factor, || json!(10.0)),
    always("lower_limits", &["factor"], Harder::Factor, || json!(0.5)),
    always("connection_cap", &["max"], Harder::Fewer, || json!(100)),
];

fn of(fault: &str) -> impl Iterator<Item = &'static Degree> {
    ALL.iter().filter(move |degree| degree.fault == fault)
}

impl Degree {
    /// What stands there, or what the fault does by itself.
    fn value(self, params: &Value) -> Option<Value> {
        let found = self.path.iter().try_fold(params, |at, key| at.get(key));
        found.cloned().or_else(|| self.by_itself.map(|value| value()))
    }
}

/// Whether a fault with these parameters can hit harder.
pub(crate) fn has_degree(fault: &str, params: &Value) -> bool {
    of(fault).any(|degree| degree.value(params).is_some())
}

/// The parameters of a fault that hits so many times as hard; those of one without a degree as they are.
pub(crate) fn harder(fault: &str, params: &Value, severity: f64) -> Value {
    let mut changed = params.clone();
    for degree in of(fault).filter(|_| severity != 1.0) {
        let Some(value) = degree.value(params) else { continue };
        put(&mut changed, degree.path, degree.harder.value(&value, severity));
    }
    changed
}

/// Puts a value at a path, with the sections around it.
fn put(params: &mut Value, path: &[&str], value: Value) {
    let Some((key, inner)) = path.split_first() else {
        *params = value;
        return;
    };
    if !params.is_object() {
        *params = json!({});
    }
    if let Some(entries) = params.as_object_mut() {
        put(entries.entry(*key).or_insert(Value::Null), inner, value);
    }
}

impl Harder {
    fn value(self, value: &Value, severity: f64) -> Value {
        match self {
            Self::Factor => number(value, |factor| (1.0 + (factor - 1.0) * severity).max(0.01)),
            Self::Longer => match value.as_str().map(parse_duration) {
                Some(Ok(time)) => json!(format!("{}us", time.mul_f64(severity).as_micros())),
                Some(Err(_)) | None => value.clone(),
            },
            Self::Fewer => {
                let fewer = value.as_u64().map(|most| (most as f64 / severity).round().max(1.0));
                fewer.map_or_else(|| value.clone(), |most| json!(most as u64))
            }
        }
    }
}

fn number(value: &Value, change: impl Fn(f64) -> f64) -> Value {
    let changed = value.as_f64().map(change).and_then(Number::from_f64);
    changed.map_or_else(|| value.clone(), Value::Number)
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::{ALL, harder, has_degree};

    #[test]
    fn a_harder_fault_adds_more_leaves_less_lasts_longer_or_lets_fewer_in() {
        for (fault, params, wanted) in [
            (
                "slow",
                json!({ "factor": 3.0, "first_token": { "add": "100ms" } }),
                json!({ "factor": 3.4, "first_token": { "add": "120000us" } }),
            ),
            ("lower_limits", json!({ "factor": 0.5 }), json!({ "factor": 0.4 })),
            (
                "stall",
                json!({ "after_tokens": 12, "for": "5s" }),
                json!({ "after_tokens": 12, "for": "6000000us" }),
            ),
            ("connection_cap", json!({ "max": 60 }), json!({ "max": 50 })),
            ("slow_headers", Value::Null, json!({ "by": "6000000us" })),
            ("drip", json!({ "bytes": 8 }), json!({ "bytes": 8, "every": "120000us" })),
        ] {
            assert!(has_degree(fault, &params), "{fault}");
            assert_eq!(harder(fault, &params, 1.2), wanted, "{fault}");
            assert_eq!(harder(fault, &params, 1.0), params, "{fault}");
        }
    }

    #[test]
    fn a_complete_outage_has_no_degree() {
        for (fault, params) in [
            ("refuse", Value::Null),
            ("error", json!({ "status": 503 })),
            ("stall", json!({ "after_tokens": 12 })),
            ("throttle", json!({ "retry_after": "10s" })),
        ] {
            assert!(!has_degree(fault, &params), "{fault}");
            assert_eq!(harder(fault, &params, 1.2), params, "{fault}");
        }
    }

    #[test]
    fn what_a_fault_does_by_itself_is_what_the_catalogue_says() {
        for degree in ALL {
            let entry = fake_providers::fault::find(degree.fault).expect("a fault");
            let Some(value) = degree.by_itself else { continue };
            let written = json!({ degree.path[0]: value() });
            assert_eq!(entry.describe(&written), entry.describe(&Value::Null), "{}", degree.fault);
        }
    }
}
