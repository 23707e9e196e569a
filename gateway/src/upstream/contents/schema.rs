//! Schemas in Google's own words (an excerpt of OpenAPI 3.0 with types in capitals) as JSON schemas, and schemas that an
//! answer can be held to exactly.

use serde_json::{Map, Value, json};

/// Deepest schema that is looked into; what lies deeper goes along as it is.
const DEPTH_MAX: usize = 64;

/// Formats that say how a number or a choice is stored, which JSON schemas have no word for.
const STORED: [&str; 6] = ["double", "enum", "float", "int32", "int64", "byte"];

/// Numbers that Google's JSON writes as texts (64 bits).
const COUNTS: [&str; 6] =
    ["maxItems", "maxLength", "maxProperties", "minItems", "minLength", "minProperties"];

/// A schema of Google's as a JSON schema.
pub(super) fn json_schema(schema: &Value) -> Value {
    converted(schema, DEPTH_MAX)
}

fn converted(schema: &Value, depth: usize) -> Value {
    let (Value::Object(members), Some(depth)) = (schema, depth.checked_sub(1)) else {
        return schema.clone();
    };
    let mut out = Map::new();
    for (name, value) in members {
        let name = match name.as_str() {
            "any_of" => "anyOf",
            "max_items" => "maxItems",
            "min_items" => "minItems",
            other => other,
        };
        let value = match (name, value) {
            ("nullable" | "propertyOrdering" | "property_ordering" | "example", _) => continue,
            ("format", Value::String(format)) if STORED.contains(&format.as_str()) => continue,
            ("type", Value::String(kind)) => json!(kind.to_ascii_lowercase()),
            ("properties", Value::Object(properties)) => {
                let each = properties.iter();
                each.map(|(name, value)| (name.clone(), converted(value, depth))).collect()
            }
            ("anyOf", Value::Array(schemas)) => {
                schemas.iter().map(|schema| converted(schema, depth)).collect()
            }
            ("items", items) => converted(items, depth),
            (count, Value::String(text)) if COUNTS.contains(&count) => {
                text.parse::<u64>().map_or_else(|_| json!(text), |count| json!(count))
            }
            (_, other) => other.clone(),
        };
        out.insert(name.to_owned(), value);
    }
    if members.get("nullable") == Some(&Value::Bool(true)) {
        if let Some(kind) = out.get("type").cloned() {
            out.insert("type".to_owned(), json!([kind, "null"]));
        }
        if let Some(Value::Array(words)) = out.get_mut("enum") {
            words.push(Value::Null);
        }
    }
    Value::Object(out)
}

/// The schema with nothing in its objects beside their members, which an answer can be held to exactly; `None` where
/// an object does not demand all of its members.
pub(super) fn exact(schema: &Value) -> Option<Value> {
    closed(schema, DEPTH_MAX)
}

fn closed(schema: &Value, depth: usize) -> Option<Value> {
    let depth = depth.checked_sub(1)?;
    let Value::Object(members) = schema else { return Some(schema.clone()) };
    let mut out = members.clone();
    for (name, value) in &mut out {
        match (name.as_str(), &*value) {
            ("properties" | "$defs" | "definitions", Value::Object(schemas)) => {
                let each = schemas.iter();
                let each = each.map(|(name, value)| Some((name.clone(), closed(value, depth)?)));
                *value = Value::Object(each.collect::<Option<_>>()?);
            }
            ("anyOf" | "allOf" | "oneOf", Value::Array(schemas)) => {
                let each = schemas.iter().map(|schema| closed(schema, depth));
                *value = Value::Array(each.collect::<Option<_>>()?);
            }
            ("items", items) => *value = closed(items, depth)?,
            (_, _) => {}
        }
    }
    let is_object = members.get("type").is_some_and(|kind| kind == "object");
    let Some(Value::Object(properties)) = members.get("properties") else {
        // An object of any members is nothing that an answer can be held to.
        return (!is_object).then_some(Value::Object(out));
    };
    let demanded = members.get("required").and_then(Value::as_array);
    let demanded: Vec<&str> = demanded.into_iter().flatten().filter_map(Value::as_str).collect();
    if !properties.keys().all(|name| demanded.contains(&name.as_str())) {
        return None;
    }
    out.insert("additionalProperties".to_owned(), json!(false));
    Some(Value::Object(out))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::{exact, json_schema};

    #[test]
    fn googles_words_become_those_of_json_schemas() {
        let google = json!({
            "type": "OBJECT", "nullable": true, "propertyOrdering": ["a"], "required": ["a"],
            "properties": {
                "a": { "type": "ARRAY", "minItems": "1", "items": { "type": "INTEGER", "format": "int32" } },
                "b": { "anyOf": [{ "type": "STRING", "format": "enum", "enum": ["x"], "nullable": true }] },
                "type": { "type": "STRING", "format": "date-time" },
            },
        });
        assert_eq!(
            json_schema(&google),
            json!({
                "type": ["object", "null"], "required": ["a"],
                "properties": {
                    "a": { "type": "array", "minItems": 1, "items": { "type": "integer" } },
                    "b": { "anyOf": [{ "type": ["string", "null"], "enum": ["x", null] }] },
                    "type": { "type": "string", "format": "date-time" },
                },
            })
        );
    }

    #[test]
    fn an_answer_is_held_exactly_to_what_demands_every_member() {
        let object = |required: &[&str]| json!({ "type": "object", "properties": { "a": { "type": "string" } }, "required": required });
        let mut closed = object(&["a"]);
        closed["additionalProperties"] = json!(false);
        assert_eq!(exact(&object(&["a"])), Some(closed.clone()));
        assert_eq!(exact(&object(&[])), None);
        let list = |of: &serde_json::Value| json!({ "type": "array", "items": of });
        assert_eq!(exact(&list(&object(&["a"]))), Some(list(&closed)));
        assert_eq!(exact(&list(&object(&[]))), None);
        assert_eq!(exact(&json!({ "type": "object" })), None);
    }
}
