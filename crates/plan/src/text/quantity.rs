//! Quantities as scenarios write them: `60s`, `30%`, `8/s`, `6000/min`, `1M`. Each with its unit, each
//! with an error that says what to write instead.

use std::time::Duration;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::{Deserialize, Deserializer, Error, Visitor};

/// Highest accepted arrival rate, per second: a hundred times what one generator offers.
const PER_SECOND_MAX: f64 = 1e6;
/// Highest accepted limit: beyond it a limit is no limit.
const AMOUNT_MAX: f64 = 1e12;

/// A duration with a unit: `250ms`, `1m30s`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Time(pub Duration);

/// A share from 0 to 1: `30%` or `0.3`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Share(pub f64);

/// A difference of shares in percentage points, from 0 to 100: `0.5 points`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Points(pub f64);

/// Requests per second: `8/s`, `480/min`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct PerSecond(pub f64);

/// A limit: `6000/min`, `1M/min`, `20/10s`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Limit(pub fake_providers::config::Rate);

/// Reads `6000/min` into an amount and a time.
fn per(text: &str) -> Result<(f64, Duration), String> {
    let example = "write an amount per time, such as 8/s, 6000/min or 1M/min";
    let (amount, unit) =
        text.split_once('/').ok_or_else(|| format!("`{text}` has no unit\n{example}"))?;
    let amount = amount.trim();
    let (digits, scale) = match amount.as_bytes().last() {
        Some(b'k' | b'K') => (&amount[..amount.len() - 1], 1e3),
        Some(b'M') => (&amount[..amount.len() - 1], 1e6),
        _ => (amount, 1.0),
    };
    let number: f64 = digits
        .replace('_', "")
        .trim()
        .parse()
        .ok()
        .filter(|number: &f64| number.is_finite())
        .ok_or_else(|| format!("`{amount}` is no amount\n{example}"))?;
    if number < 0.0 {
        return Err(format!("`{text}` is negative\n{example}"));
    }
    let unit = unit.trim();
    let span = match unit {
        "s" | "sec" | "second" => Duration::from_secs(1),
        "m" | "min" | "minute" => Duration::from_secs(60),
        "h" | "hour" => Duration::from_secs(3600),
        "d" | "day" => Duration::from_secs(86_400),
        _ => vocab::parse_duration(unit)
            .ok()
            .filter(|span| !span.is_zero())
            .ok_or_else(|| format!("`{unit}` is no unit of time\n{example}"))?,
    };
    Ok((number * scale, span))
}

fn parse_share(text: &str) -> Result<f64, String> {
    let help = "write a percentage such as 30%, or a fraction from 0 to 1";
    let number = |digits: &str| digits.trim().parse::<f64>().ok().filter(|n| n.is_finite());
    let share = match text.trim().strip_suffix('%') {
        Some(percent) => number(percent).map(|percent| percent / 100.0),
        None => number(text),
    };
    let share = share.ok_or_else(|| format!("`{text}` is no share\n{help}"))?;
    if (0.0..=1.0).contains(&share) {
        Ok(share)
    } else {
        Err(format!("the share `{text}` is not between 0 and 100 %\n{help}"))
    }
}

fn parse_points(text: &str) -> Result<f64, String> {
    let help = "write percentage points, such as `0.5 points`";
    let text = text.trim();
    let digits = ["points", "point", "pp"].iter().find_map(|unit| text.strip_suffix(unit));
    let number = digits.and_then(|digits| digits.trim().parse::<f64>().ok());
    match number {
        Some(points) if (0.0..=100.0).contains(&points) => Ok(points),
        Some(_) => Err(format!("`{text}` is not between 0 and 100 points\n{help}")),
        None => Err(format!("`{text}` is no number of points\n{help}")),
    }
}

macro_rules! quantity {
    ($name:ident, $expecting:literal, $text:expr, $number:expr, $schema:tt) => {
        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                struct QuantityVisitor;
                impl Visitor<'_> for QuantityVisitor {
                    type Value = $name;
                    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                        f.write_str($expecting)
                    }
                    fn visit_str<E: Error>(self, text: &str) -> Result<$name, E> {
                        let read: fn(&str) -> Result<$name, String> = $text;
                        read(text).map_err(E::custom)
                    }
                    fn visit_u64<E: Error>(self, number: u64) -> Result<$name, E> {
                        self.visit_f64(number as f64)
                    }
                    fn visit_i64<E: Error>(self, number: i64) -> Result<$name, E> {
                        self.visit_f64(number as f64)
                    }
                    fn visit_f64<E: Error>(self, number: f64) -> Result<$name, E> {
                        let read: fn(f64) -> Result<$name, String> = $number;
                        read(number).map_err(E::custom)
                    }
                }
                deserializer.deserialize_any(QuantityVisitor)
            }
        }

        impl JsonSchema for $name {
            fn schema_name() -> std::borrow::Cow<'static, str> {
                stringify!($name).into()
            }
            fn json_schema(_: &mut SchemaGenerator) -> Schema {
                json_schema!($schema)
            }
        }
    };
}

quantity!(
    Time,
    "a duration with a unit, such as 10s",
    |text| {
        let parsed = vocab::parse_duration(text);
        parsed.map(Time).map_err(|error| error.to_string().replacen("; ", "\n", 1))
    },
    |number| {
        if number < 0.0 {
            return Err(format!("`{number}` is negative\ndurations start at 0s"));
        }
        Err(format!("`{number}` has no unit\nwrite {number}s, {number}ms or {number}m"))
    },
    {
        "type": "string",
        "pattern": "^([0-9]+(\\.[0-9]+)? ?(ns|us|µs|ms|s|sec|m|min|h|d) ?)+$",
        "description": "A duration with a unit.",
        "examples": ["250ms", "10s", "1m30s"]
    }
);

quantity!(
    Share,
    "a share such as 30% or 0.3",
    |text| parse_share(text).map(Share),
    |number| parse_share(&number.to_string()).map(Share),
    {
        "description": "A share: a percentage, or a fraction from 0 to 1.",
        "anyOf": [
            { "type": "string", "pattern": "^[0-9]+(\\.[0-9]+)? ?%$" },
            { "type": "number", "minimum": 0, "maximum": 1 }
        ],
        "examples": ["30%", 0.3]
    }
);

quantity!(
    Points,
    "percentage points, such as `0.5 points`",
    |text| parse_points(text).map(Points),
    |number| Err(format!("`{number}` has no unit\nwrite `{number} points`")),
    {
        "type": "string",
        "pattern": "^[0-9]+(\\.[0-9]+)? ?(points?|pp)$",
        "description": "A difference of two shares, in percentage points.",
        "examples": ["0.5 points"]
    }
);

quantity!(
    PerSecond,
    "a rate such as 8/s",
    |text| {
        let (amount, span) = per(text)?;
        let rate = amount / span.as_secs_f64();
        if rate > 0.0 && rate <= PER_SECOND_MAX {
            Ok(PerSecond(rate))
        } else {
            Err(format!("`{text}` is not between 0 and a million per second\nwrite 8/s"))
        }
    },
    |number| Err(format!("`{number}` has no unit\nwrite {number}/s or {number}/min")),
    {
        "type": "string",
        "pattern": "^[0-9_]+(\\.[0-9]+)?[kKmM]? ?/ ?[0-9a-z]+$",
        "description": "Requests per time.",
        "examples": ["8/s", "480/min"]
    }
);

quantity!(
    Limit,
    "a limit such as 6000/min",
    |text| {
        let (amount, per) = per(text)?;
        if !(1.0..=AMOUNT_MAX).contains(&amount) {
            return Err(format!("`{text}` admits nothing, or everything\nleave the key out for no limit"));
        }
        Ok(Limit(fake_providers::config::Rate { amount: amount as u64, per }))
    },
    |number| Err(format!("`{number}` has no unit\nwrite {number}/min or {number}/s")),
    {
        "type": "string",
        "pattern": "^[0-9_]+(\\.[0-9]+)?[kKmM]? ?/ ?[0-9a-z]+$",
        "description": "An amount per time; k and M stand for thousand and million.",
        "examples": ["6000/min", "1M/min"]
    }
);
