//! How an object of `report.json` says which of its fields do not apply: by their names, in `not_applicable`. The list
//! is made from the values when the object is written, and is read back into them; nothing else ever asks for a name.

use schemars::generate::SchemaSettings;
use schemars::transform::{Transform, transform_subschemas};
use schemars::{JsonSchema, Schema};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::measured::Measured;

/// An object with fields that may not apply. [`listed!`] implements it.
pub(crate) trait Listed: Sized {
    /// The fields that may not apply, in the order of the list.
    const FIELDS: &'static [&'static str];

    /// Those that do not.
    fn not_applicable(&self) -> Vec<String>;

    /// Notes what a list says of a field. Why it does not apply is not written.
    fn set_not_applicable(&mut self, field: &str);

    /// The object without the list.
    fn write<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error>;

    /// The object without the list.
    fn read<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error>;
}

/// A field that may not apply.
pub(crate) trait Absent {
    /// Whether it does not.
    fn is_absent(&self) -> bool;

    /// What stands there if it does not.
    fn not_applicable() -> Self;
}

impl<T> Absent for Measured<T> {
    fn is_absent(&self) -> bool {
        Self::is_absent(self)
    }

    fn not_applicable() -> Self {
        Self::NotApplicable
    }
}

/// Ties the names of a list to fields: a name without a field does not compile. The object derives its own
/// serialisation with `#[serde(remote = "Self")]`, to which this adds the list.
macro_rules! listed {
    ($object:ident: $($field:ident),+ $(,)?) => {
        impl $crate::report::listed::Listed for $object {
            const FIELDS: &'static [&'static str] = &[$(stringify!($field)),+];

            fn not_applicable(&self) -> Vec<String> {
                let fields =
                    [$((stringify!($field), $crate::report::listed::Absent::is_absent(&self.$field))),+];
                let absent = fields.into_iter().filter(|(_, absent)| *absent);
                absent.map(|(name, _)| name.to_owned()).collect()
            }

            fn set_not_applicable(&mut self, field: &str) {
                match field {
                    $(stringify!($field) => {
                        self.$field = $crate::report::listed::Absent::not_applicable();
                    })+
                    // A newer version may list what this one does not have.
                    _ => {}
                }
            }

            fn write<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                Self::serialize(self, serializer)
            }

            fn read<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                Self::deserialize(deserializer)
            }
        }

        impl serde::Serialize for $object {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                $crate::report::listed::write(self, serializer)
            }
        }

        impl<'de> serde::Deserialize<'de> for $object {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                $crate::report::listed::read(deserializer)
            }
        }
    };
}

pub(crate) use listed;

/// The object as it stands in the file.
#[derive(Serialize, Deserialize)]
struct File<T> {
    #[serde(flatten)]
    object: T,
    not_applicable: Vec<String>,
}

struct Bare<T>(T);

impl<T: Listed> Serialize for Bare<&T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.0.write(serializer)
    }
}

impl<'de, T: Listed> Deserialize<'de> for Bare<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        T::read(deserializer).map(Self)
    }
}

pub(crate) fn write<T: Listed, S: Serializer>(
    object: &T,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    let not_applicable = object.not_applicable();
    File { object: Bare(object), not_applicable }.serialize(serializer)
}

pub(crate) fn read<'de, T: Listed, D: Deserializer<'de>>(deserializer: D) -> Result<T, D::Error> {
    let File::<Bare<T>> { object: Bare(mut object), not_applicable } =
        File::deserialize(deserializer)?;
    for field in &not_applicable {
        object.set_not_applicable(field);
    }
    Ok(object)
}

/// Adds the list, and what can stand in it, to an object's schema.
pub(crate) fn list_in_schema<T: Listed>(schema: &mut Schema) {
    #[derive(JsonSchema)]
    #[expect(dead_code, reason = "only its schema is used")]
    struct List {
        /// Fields of this object that do not apply.
        not_applicable: Vec<String>,
    }
    let mut list = schemars::schema_for!(List).to_value();
    if let Some(items) = list.pointer_mut("/properties/not_applicable/items") {
        items["enum"] = T::FIELDS.into();
    }
    for key in ["properties", "required"] {
        match (schema.ensure_object().get_mut(key), list.get(key)) {
            (Some(serde_json::Value::Object(all)), Some(serde_json::Value::Object(list))) => {
                all.extend(list.clone());
            }
            (Some(serde_json::Value::Array(all)), Some(serde_json::Value::Array(list))) => {
                all.extend(list.iter().cloned());
            }
            (Some(_) | None, Some(list)) => {
                schema.ensure_object().insert(key.to_owned(), list.clone());
            }
            (Some(_) | None, None) => {}
        }
    }
}

/// The schema of a file: what may be null need not be there.
pub(crate) fn schema_of<T: JsonSchema>() -> serde_json::Value {
    let settings = SchemaSettings::default().with_transform(NullIsOptional);
    settings.into_generator().into_root_schema_for::<T>().to_value()
}

#[derive(Clone, Debug)]
struct NullIsOptional;

impl Transform for NullIsOptional {
    fn transform(&mut self, schema: &mut Schema) {
        transform_subschemas(self, schema);
        let properties = schema.get("properties").cloned().unwrap_or_default();
        let optional = |name: &serde_json::Value| {
            let property = name.as_str().and_then(|name| properties.get(name));
            property.is_some_and(admits_null)
        };
        if let Some(serde_json::Value::Array(required)) = schema.get_mut("required") {
            required.retain(|name| !optional(name));
        }
    }
}

fn admits_null(schema: &serde_json::Value) -> bool {
    let is_null = |kind: &serde_json::Value| kind == "null";
    let kinds = schema.get("type").and_then(serde_json::Value::as_array);
    let forms = schema.get("anyOf").and_then(serde_json::Value::as_array);
    kinds.is_some_and(|kinds| kinds.iter().any(is_null))
        || forms.is_some_and(|forms| forms.iter().filter_map(|form| form.get("type")).any(is_null))
}

#[cfg(test)]
mod tests {
    use super::Listed;
    use crate::report::{Contender, FaultResult, Marks, Tokens, schema};

    /// Never listed: a plain absence, told by `null` or by the field's own absence.
    const OWN: [&str; 4] = ["slowest_request", "entry", "product", "witnessed"];

    fn check(schema: &serde_json::Value, name: &str, fields: &[&str]) {
        let object = &schema["$defs"][name];
        let required = object["required"].as_array().expect("a list");
        assert!(required.iter().any(|field| field == "not_applicable"), "{name} has a list");
        let properties = object["properties"].as_object().expect("properties");
        for field in properties.keys().filter(|field| !OWN.contains(&field.as_str())) {
            let nullable = !required.iter().any(|required| required == field);
            assert!(!nullable || fields.contains(&field.as_str()), "{name}.{field}");
        }
    }

    #[test]
    fn whatever_may_be_null_can_be_listed() {
        let schema = schema();
        check(&schema, "Contender", Contender::FIELDS);
        check(&schema, "FaultResult", FaultResult::FIELDS);
        check(&schema, "Marks", Marks::FIELDS);
        check(&schema, "Tokens", Tokens::FIELDS);
    }
}
