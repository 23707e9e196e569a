//! A JSON value that a schema accepts: the arguments of calls and the text of structured output.
//! The same schema always gives the same value.
//!
//! Honours `const`, `enum`, `default`, `examples`, types, `required`, nested objects and arrays,
//! bounds of numbers and lengths, common formats, `$ref` into the schema, and the first of `anyOf`
//! and `oneOf`. Does not solve `pattern`, `not` and `if`. Depth and size are bounded: where a schema
//! goes deeper, null stands.

use serde_json::{Map, Number, Value, json};

/// Deepest nesting of a value.
const DEPTH_MAX: u32 = 12;

/// Most values in one instance.
const VALUES_MAX: u32 = 512;

/// Longest string and most elements, whatever the schema asks for at least.
const LENGTH_MAX: u64 = 64;

/// Arguments of a call: an object, whatever the schema says.
pub(super) fn arguments(schema: &Value) -> String {
    match instance(schema) {
        object @ Value::Object(_) => object.to_string(),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Array(_) => {
            "{}".to_owned()
        }
    }
}

/// A value of `schema`.
pub(super) fn of(schema: &Value) -> String {
    instance(schema).to_string()
}

/// Any JSON object.
pub(super) fn object() -> String {
    json!({ "answer": "brownout" }).to_string()
}

fn instance(schema: &Value) -> Value {
    let mut maker = Maker { root: schema, values: 0 };
    maker.make(schema, 0)
}

struct Maker<'s> {
    root: &'s Value,
    values: u32,
}

impl<'s> Maker<'s> {
    fn make(&mut self, schema: &'s Value, depth: u32) -> Value {
        self.values += 1;
        let Some(schema) = schema.as_object() else { return Value::Null };
        if depth > DEPTH_MAX || self.values > VALUES_MAX {
            return Value::Null;
        }
        if let Some(given) = given(schema) {
            return given.clone();
        }
        if let Some(target) = schema.get("$ref").and_then(Value::as_str) {
            let target = target.strip_prefix('#').and_then(|path| self.root.pointer(path));
            return target.map_or(Value::Null, |target| self.make(target, depth + 1));
        }
        for branches in ["anyOf", "oneOf", "allOf"] {
            if let Some(branches) = schema.get(branches).and_then(Value::as_array) {
                return match branches.iter().find(|branch| !is_null(branch)) {
                    Some(branch) => self.make(branch, depth + 1),
                    None => Value::Null,
                };
            }
        }
        match kind(schema) {
            "object" => self.object(schema, depth),
            "array" => self.array(schema, depth),
            "string" => Value::String(string(schema)),
            "integer" => number(schema, 1.0),
            "number" => number(schema, 0.5),
            "boolean" => Value::Bool(true),
            _ => Value::Null,
        }
    }

    /// The required members; all of them where the schema requires none by name.
    fn object(&mut self, schema: &'s Map<String, Value>, depth: u32) -> Value {
        let mut members = Map::new();
        let properties = schema.get("properties").and_then(Value::as_object);
        let required = schema.get("required").and_then(Value::as_array);
        for (name, property) in properties.into_iter().flatten() {
            if required.is_none_or(|required| required.iter().any(|other| other == name)) {
                members.insert(name.clone(), self.make(property, depth + 1));
            }
        }
        Value::Object(members)
    }

    fn array(&mut self, schema: &'s Map<String, Value>, depth: u32) -> Value {
        if let Some(items) = schema.get("prefixItems").and_then(Value::as_array) {
            return items.iter().map(|item| self.make(item, depth + 1)).collect();
        }
        let bound = |name| schema.get(name).and_then(Value::as_u64);
        let most = bound("maxItems").unwrap_or(1).max(bound("minItems").unwrap_or(0));
        let count = bound("minItems").unwrap_or(1).max(1).min(most).min(LENGTH_MAX);
        match schema.get("items") {
            Some(item) => (0..count).map(|_| self.make(item, depth + 1)).collect(),
            None => Value::Array(Vec::new()),
        }
    }
}

/// A value that the schema spells out.
fn given(schema: &Map<String, Value>) -> Option<&Value> {
    let first = |name| schema.get(name).and_then(Value::as_array).and_then(|list| list.first());
    schema
        .get("const")
        .or_else(|| first("enum"))
        .or_else(|| schema.get("default"))
        .or_else(|| first("examples"))
}

fn is_null(schema: &Value) -> bool {
    schema.get("type").is_some_and(|kind| kind == "null")
}

/// The schema's type in lower case (Gemini spells it in upper case); of several the first that is
/// not null. Without one, what its members suggest.
fn kind(schema: &Map<String, Value>) -> &'static str {
    const KINDS: [&str; 6] = ["object", "array", "string", "integer", "number", "boolean"];
    let known = |name: &str| KINDS.into_iter().find(|kind| kind.eq_ignore_ascii_case(name));
    match schema.get("type") {
        Some(Value::String(name)) => known(name).unwrap_or("null"),
        Some(Value::Array(names)) => {
            names.iter().filter_map(Value::as_str).find_map(known).unwrap_or("null")
        }
        Some(_) | None if schema.contains_key("properties") => "object",
        Some(_) | None if schema.contains_key("items") => "array",
        Some(_) | None => "string",
    }
}

fn string(schema: &Map<String, Value>) -> String {
    let format = schema.get("format").and_then(Value::as_str).unwrap_or_default();
    let text = match format {
        "date-time" => "2026-01-01T00:00:17Z",
        "date" => "2026-01-01",
        "time" => "00:00:17Z",
        "duration" => "PT1M",
        "email" => "someone@example.com",
        "hostname" => "example.com",
        "ipv4" => "192.0.2.1",
        "ipv6" => "2001:db8::1",
        "uuid" => "6ba7b810-9dad-11d1-80b4-00c04fd430c8",
        "uri" | "url" => "https://example.com/",
        _ => "brownout",
    };
    let bound = |name| schema.get(name).and_then(Value::as_u64);
    let least = bound("minLength").unwrap_or(0).min(LENGTH_MAX) as usize;
    let most = bound("maxLength").unwrap_or(LENGTH_MAX) as usize;
    let length = text.len().max(least);
    text.chars().cycle().take(length.min(most.max(least))).collect()
}

/// A number within the bounds; a multiple, if one is asked for. `step` is the usual distance from an
/// exclusive bound.
fn number(schema: &Map<String, Value>, step: f64) -> Value {
    let bound = |name| schema.get(name).and_then(Value::as_f64);
    let multiple = bound("multipleOf").filter(|multiple| *multiple > 0.0);
    let step = multiple.unwrap_or(step);
    let least = bound("minimum").or_else(|| bound("exclusiveMinimum").map(|least| least + step));
    let most = bound("maximum").or_else(|| bound("exclusiveMaximum").map(|most| most - step));
    let usual = least.unwrap_or(1.0);
    let mut value = most.map_or(usual, |most| usual.min(most));
    if let Some(multiple) = multiple {
        value = (value / multiple).ceil() * multiple;
    }
    if value.fract() == 0.0 && value.abs() < 9e15 {
        return Value::from(value as i64);
    }
    Number::from_f64(value).map_or(Value::Null, Value::Number)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::{arguments, instance};

    #[test]
    fn schemas_of_many_kinds() {
        let schema = json!({
            "type": "object",
            "properties": {
                "city": { "type": "string", "minLength": 12 },
                "unit": { "enum": ["C", "F"] },
                "days": { "type": "integer", "minimum": 3, "maximum": 9 },
                "share": { "type": "number", "exclusiveMinimum": 0, "maximum": 1 },
                "tags": { "type": "array", "items": { "type": "string" }, "minItems": 2 },
                "when": { "type": ["null", "string"], "format": "date-time" },
                "place": { "$ref": "#/$defs/place" },
                "either": { "anyOf": [{ "type": "null" }, { "type": "boolean" }] },
                "optional": { "type": "string" }
            },
            "required": ["city", "unit", "days", "share", "tags", "when", "place", "either"],
            "$defs": { "place": {
                "type": "object",
                "properties": { "lat": { "const": 1.5 }, "next": { "$ref": "#/$defs/place" } },
                "required": ["lat"]
            } }
        });
        assert_eq!(
            instance(&schema),
            json!({
                "city": "brownoutbrow", "unit": "C", "days": 3, "share": 0.5,
                "tags": ["brownout", "brownout"], "when": "2026-01-01T00:00:17Z",
                "place": { "lat": 1.5 }, "either": true
            })
        );
    }

    #[test]
    fn depth_and_size_are_bounded() {
        let endless = json!({ "type": "object", "required": ["a", "b"], "properties": {
            "a": { "$ref": "#" }, "b": { "$ref": "#" }
        } });
        assert!(arguments(&endless).len() < 20_000);
        let wide = json!({ "type": "array", "minItems": u64::MAX, "items": { "type": "null" } });
        assert_eq!(instance(&wide).as_array().unwrap().len(), 64);
        assert_eq!(arguments(&json!(null)), "{}");
    }
}
