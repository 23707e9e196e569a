//! What a plain scalar means: the resolver of PyYAML 6 (`resolver.py`, `constructor.py`), which is YAML
//! 1.1 with its own gaps, because LiteLLM reads its configs with it. `y` and `1e3` are texts, `on` is
//! true, `010` is eight, `1:30` is ninety.
//!
//! It must never know where a scalar stands or what it is for.

use serde_json::Number;

use crate::text::node::Value;

/// Whose reading of plain scalars.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Dialect {
    /// PyYAML's, for LiteLLM's configs.
    PyYaml,
    /// Scenarios: the same, but `1e3` is a number and `1:30` is none.
    Scenario,
}

/// The value of a plain scalar.
pub(crate) fn plain(text: &str, dialect: Dialect) -> Value {
    if matches!(text, "" | "~" | "null" | "Null" | "NULL") {
        return Value::Null;
    }
    if let Some(flag) = flag(text) {
        return Value::Bool(flag);
    }
    let number = whole(text, dialect).or_else(|| fraction(text, dialect));
    number.map_or_else(|| Value::Text(text.to_owned()), Value::Number)
}

/// `yes`, `on`, `true` and their opposites, in three spellings each; `y` and `n` are none of them.
fn flag(text: &str) -> Option<bool> {
    match text {
        "yes" | "Yes" | "YES" | "true" | "True" | "TRUE" | "on" | "On" | "ON" => Some(true),
        "no" | "No" | "NO" | "false" | "False" | "FALSE" | "off" | "Off" | "OFF" => Some(false),
        _ => None,
    }
}

/// Sign and rest.
fn signed(text: &str) -> (bool, &str) {
    match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text.strip_prefix('+').unwrap_or(text)),
    }
}

/// A whole number: binary, octal with a leading 0, decimal, hexadecimal or in base 60.
fn whole(text: &str, dialect: Dialect) -> Option<Number> {
    let (negative, digits) = signed(text);
    let of = |digits: &str, radix: u32| {
        let allowed = |c: char| c == '_' || c.is_digit(radix);
        let digits = Some(digits).filter(|digits| digits.chars().all(allowed))?.replace('_', "");
        let number = u128::from_str_radix(&digits, radix).ok();
        number.map(|number| made(negative, number)).or_else(|| huge(negative, &digits, radix))
    };
    if let Some(digits) = digits.strip_prefix("0b") {
        return of(digits, 2);
    }
    if let Some(digits) = digits.strip_prefix("0x") {
        return of(digits, 16);
    }
    if digits.starts_with('0') {
        return of(digits, 8);
    }
    if !digits.starts_with(|c: char| c.is_ascii_digit()) {
        return None;
    }
    if digits.contains(':') && dialect == Dialect::PyYaml {
        return sixty(digits).map(|number| made(negative, number));
    }
    of(digits, 10)
}

/// `190:20:30`: whole numbers in base 60.
fn sixty(digits: &str) -> Option<u128> {
    let mut parts = digits.split(':');
    let first = parts.next()?.replace('_', "").parse::<u128>().ok()?;
    parts.try_fold(first, |total, part| {
        let fits = matches!(part.len(), 1 | 2) && part.bytes().all(|b| b.is_ascii_digit());
        let part: u128 = part.parse().ok().filter(|part| fits && *part < 60)?;
        total.checked_mul(60)?.checked_add(part)
    })
}

fn made(negative: bool, number: u128) -> Number {
    let below = i128::try_from(number).ok().and_then(|number| i64::try_from(-number).ok());
    let small = match negative {
        true => below.map(Number::from),
        false => u64::try_from(number).ok().map(Number::from),
    };
    let float = if negative { -(number as f64) } else { number as f64 };
    small.or_else(|| Number::from_f64(float)).unwrap_or_else(|| Number::from(0))
}

/// More than 128 bits of a decimal number, rounded.
fn huge(negative: bool, digits: &str, radix: u32) -> Option<Number> {
    let float: f64 =
        Some(digits).filter(|digits| radix == 10 && !digits.is_empty())?.parse().ok()?;
    Number::from_f64(if negative { -float } else { float })
}

/// A number with a point; its exponent needs a sign. `.inf` and `.nan` stay texts, since no setting
/// may be either.
fn fraction(text: &str, dialect: Dialect) -> Option<Number> {
    let (_, digits) = signed(text);
    let (mantissa, exponent) = match digits.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, Some(exponent)),
        None => (digits, None),
    };
    let pointed = match mantissa.split_once('.') {
        Some((whole, part)) => {
            (!whole.is_empty() || (!part.is_empty() && text == digits))
                && numeric(whole)
                && numeric(part)
        }
        None => dialect == Dialect::Scenario && !mantissa.is_empty() && numeric(mantissa),
    };
    let raised = exponent.is_none_or(|exponent| {
        let digits = exponent.strip_prefix(['+', '-']);
        let digits = if dialect == Dialect::Scenario { digits.or(Some(exponent)) } else { digits };
        digits.is_some_and(|digits| {
            !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit())
        })
    });
    if !pointed || !raised {
        return None;
    }
    text.replace('_', "").parse().ok().and_then(Number::from_f64)
}

fn numeric(digits: &str) -> bool {
    !digits.starts_with('_') && digits.bytes().all(|byte| byte == b'_' || byte.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::{Dialect, plain};
    use crate::text::diagnostic::{SourceId, Span};
    use crate::text::node::{Node, Value};

    fn json(value: Value) -> serde_json::Value {
        let at = Span { source: SourceId::from_number(0), start: 0, len: 0 };
        Node { value, at }.to_json()
    }

    /// Recorded from `yaml.safe_load` of PyYAML 6.0.4, Python 3.12.
    #[test]
    fn plain_scalars_mean_what_they_mean_to_pyyaml() {
        for (text, value) in [
            ("y", "\"y\""),
            ("n", "\"n\""),
            ("Y", "\"Y\""),
            ("yes", "true"),
            ("No", "false"),
            ("oN", "\"oN\""),
            ("on", "true"),
            ("OFF", "false"),
            ("TRUE", "true"),
            ("tRue", "\"tRue\""),
            ("~", "null"),
            ("", "null"),
            ("Null", "null"),
            ("nULL", "\"nULL\""),
            ("none", "\"none\""),
            ("010", "8"),
            ("0_", "0"),
            ("0o10", "\"0o10\""),
            ("08", "\"08\""),
            ("0", "0"),
            ("-0", "0"),
            ("00", "0"),
            ("0x1F", "31"),
            ("-0x1F", "-31"),
            ("0b101", "5"),
            ("1_000", "1000"),
            ("_1", "\"_1\""),
            ("+12", "12"),
            ("-12", "-12"),
            ("1:30", "90"),
            ("1:60", "\"1:60\""),
            ("190:20:30", "685230"),
            ("1.5", "1.5"),
            ("1.", "1.0"),
            (".5", "0.5"),
            ("-.5", "\"-.5\""),
            (".", "\".\""),
            ("1e3", "\"1e3\""),
            ("1e-06", "\"1e-06\""),
            ("1.0e3", "\"1.0e3\""),
            ("1.0e+3", "1000.0"),
            ("2.5e-06", "2.5e-6"),
            ("1_0.5", "10.5"),
            ("2024-10-21", "\"2024-10-21\""),
            ("1.2.3", "\"1.2.3\""),
            (".inf", "\".inf\""),
            (".nan", "\".nan\""),
            ("1e999", "\"1e999\""),
            ("-", "\"-\""),
            ("+", "\"+\""),
            ("18446744073709551615", "18446744073709551615"),
            ("99999999999999999999", "1e+20"),
            ("-9223372036854775808", "-9223372036854775808"),
        ] {
            assert_eq!(json(plain(text, Dialect::PyYaml)).to_string(), value, "`{text}`");
        }
    }

    #[test]
    fn scenarios_take_exponents_and_leave_times_of_day_alone() {
        for (text, value) in
            [("1e3", "1000.0"), ("1e-06", "1e-6"), ("12:30", "\"12:30\""), ("y", "\"y\"")]
        {
            assert_eq!(json(plain(text, Dialect::Scenario)).to_string(), value, "`{text}`");
        }
    }
}
