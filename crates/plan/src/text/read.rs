//! A tree into typed values, keeping places: a serde deserializer over [`Node`] whose errors know
//! which key or value they are about, and [`Spot`], a value that remembers where it stood.

use serde::de::{
    DeserializeSeed, Deserializer, EnumAccess, Error as _, Expected, IntoDeserializer, MapAccess,
    SeqAccess, Unexpected, VariantAccess, Visitor,
};
use serde::{Deserialize, forward_to_deserialize_any};

use crate::text::diagnostic::{Problem, SourceId, Span, suggest};
use crate::text::node::{Node, Value};

/// Reads a node as a `T`.
///
/// # Errors
/// The first mistake inside the node, with its place.
pub(crate) fn read<T: serde::de::DeserializeOwned>(node: &Node) -> Result<T, Problem> {
    T::deserialize(NodeReader { node }).map_err(|Mistake(problem)| problem.at(node.at))
}

/// A value and where it stood.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Spot<T> {
    /// The value.
    pub value: T,
    /// Its place.
    pub at: Span,
}

/// Name by which a [`Spot`] asks the reader for its place.
const SPOT: &str = "$spot";

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Spot<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct SpotVisitor<T>(std::marker::PhantomData<T>);
        impl<'de, T: Deserialize<'de>> Visitor<'de> for SpotVisitor<T> {
            type Value = Spot<T>;

            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("a value with its place")
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut parts: A) -> Result<Self::Value, A::Error> {
                let missing = || A::Error::custom("a value without its place");
                let (source, start, len) = parts.next_element()?.ok_or_else(missing)?;
                let value = parts.next_element()?.ok_or_else(missing)?;
                Ok(Spot { value, at: Span { source: SourceId::from_number(source), start, len } })
            }
        }
        deserializer.deserialize_tuple_struct(SPOT, 2, SpotVisitor(std::marker::PhantomData))
    }
}

impl<T: schemars::JsonSchema> schemars::JsonSchema for Spot<T> {
    fn inline_schema() -> bool {
        T::inline_schema()
    }

    fn schema_name() -> std::borrow::Cow<'static, str> {
        T::schema_name()
    }

    fn schema_id() -> std::borrow::Cow<'static, str> {
        T::schema_id()
    }

    fn json_schema(generator: &mut schemars::SchemaGenerator) -> schemars::Schema {
        T::json_schema(generator)
    }
}

/// What serde reports, before it becomes a [`Problem`] of its caller.
#[derive(Debug)]
struct Mistake(Problem);

impl Mistake {
    fn at(self, at: Span) -> Self {
        Self(self.0.at(at))
    }
}

impl std::fmt::Display for Mistake {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("a mistake in the input")
    }
}

impl std::error::Error for Mistake {}

impl serde::de::Error for Mistake {
    /// `message` may carry a remedy after a line break.
    fn custom<T: std::fmt::Display>(message: T) -> Self {
        let text = message.to_string();
        match text.split_once('\n') {
            Some((message, help)) => Self(Problem::new(message).help(help)),
            None => Self(Problem::new(text)),
        }
    }

    fn invalid_type(unexpected: Unexpected<'_>, expected: &dyn Expected) -> Self {
        Self(Problem::new(format!("expected {expected}, found {}", found(&unexpected))))
    }

    fn invalid_value(unexpected: Unexpected<'_>, expected: &dyn Expected) -> Self {
        Self::invalid_type(unexpected, expected)
    }

    fn unknown_field(field: &str, expected: &'static [&'static str]) -> Self {
        let problem = Problem::new(format!("unknown key `{field}`"));
        Self(problem.help(suggest(field, expected, "known keys")))
    }

    fn unknown_variant(variant: &str, expected: &'static [&'static str]) -> Self {
        let problem = Problem::new(format!("unknown choice `{variant}`"));
        Self(problem.help(suggest(variant, expected, "choices")))
    }

    fn missing_field(field: &'static str) -> Self {
        Self(
            Problem::new(format!("`{field}` is missing"))
                .help(format!("add `{field}:` to this entry")),
        )
    }
}

fn found(unexpected: &Unexpected<'_>) -> String {
    match unexpected {
        Unexpected::Str(text) => format!("`{text}`"),
        Unexpected::Unit | Unexpected::Option => "nothing".to_owned(),
        Unexpected::Seq => "a list".to_owned(),
        Unexpected::Map => "a mapping".to_owned(),
        Unexpected::Unsigned(_)
        | Unexpected::Signed(_)
        | Unexpected::Float(_)
        | Unexpected::Bool(_)
        | Unexpected::Char(_)
        | Unexpected::Bytes(_)
        | Unexpected::NewtypeStruct
        | Unexpected::Enum
        | Unexpected::UnitVariant
        | Unexpected::NewtypeVariant
        | Unexpected::TupleVariant
        | Unexpected::StructVariant
        | Unexpected::Other(_) => unexpected.to_string().replace("integer", "number"),
    }
}

#[derive(Clone, Copy)]
struct NodeReader<'n> {
    node: &'n Node,
}

impl<'de> Deserializer<'de> for NodeReader<'_> {
    type Error = Mistake;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Mistake> {
        let result = match &self.node.value {
            Value::Null => visitor.visit_unit(),
            Value::Bool(value) => visitor.visit_bool(*value),
            Value::Number(value) => match (value.as_u64(), value.as_i64(), value.as_f64()) {
                (Some(value), _, _) => visitor.visit_u64(value),
                (_, Some(value), _) => visitor.visit_i64(value),
                (_, _, Some(value)) => visitor.visit_f64(value),
                (None, None, None) => Err(Mistake::custom("a number out of range")),
            },
            Value::Text(value) => visitor.visit_str(value),
            Value::List(items) => visitor.visit_seq(Items { items: items.iter() }),
            Value::Map(_) => visitor.visit_map(Entries::new(self.node)),
        };
        result.map_err(|mistake| mistake.at(self.node.at))
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Mistake> {
        match &self.node.value {
            Value::Null => visitor.visit_none(),
            Value::Bool(_) | Value::Number(_) | Value::Text(_) | Value::List(_) | Value::Map(_) => {
                visitor.visit_some(self)
            }
        }
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        _name: &'static str,
        visitor: V,
    ) -> Result<V::Value, Mistake> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_tuple_struct<V: Visitor<'de>>(
        self,
        name: &'static str,
        _len: usize,
        visitor: V,
    ) -> Result<V::Value, Mistake> {
        if name == SPOT {
            visitor.visit_seq(SpotParts { node: self.node, given: 0 })
        } else {
            self.deserialize_any(visitor)
        }
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _name: &'static str,
        variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Mistake> {
        let choice = match (&self.node.value, self.node.entries()) {
            (Value::Text(name), _) => Choice { name, at: self.node.at, content: None },
            (_, [(key, content)]) => Choice { name: &key.name, at: key.at, content: Some(content) },
            _ => {
                let problem =
                    Problem::new(format!("expected one choice, found {}", self.node.kind()))
                        .help(format!("write one of: {}", variants.join(", ")));
                return Err(Mistake(problem.at(self.node.at)));
            }
        };
        visitor.visit_enum(choice).map_err(|mistake| mistake.at(self.node.at))
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf
        unit unit_struct seq tuple map struct identifier ignored_any
    }
}

struct Items<'n> {
    items: std::slice::Iter<'n, Node>,
}

impl<'de> SeqAccess<'de> for Items<'_> {
    type Error = Mistake;

    fn next_element_seed<T: DeserializeSeed<'de>>(
        &mut self,
        seed: T,
    ) -> Result<Option<T::Value>, Mistake> {
        self.items.next().map(|node| seed.deserialize(NodeReader { node })).transpose()
    }
}

struct SpotParts<'n> {
    node: &'n Node,
    given: u8,
}

impl<'de> SeqAccess<'de> for SpotParts<'_> {
    type Error = Mistake;

    fn next_element_seed<T: DeserializeSeed<'de>>(
        &mut self,
        seed: T,
    ) -> Result<Option<T::Value>, Mistake> {
        self.given += 1;
        if self.given > 1 {
            return seed.deserialize(NodeReader { node: self.node }).map(Some);
        }
        let at = self.node.at;
        let place = vec![at.source.number(), at.start, at.len];
        seed.deserialize(place.into_deserializer()).map(Some)
    }
}

struct Entries<'n> {
    rest: std::slice::Iter<'n, (crate::text::node::Key, Node)>,
    value: Option<&'n Node>,
}

impl<'n> Entries<'n> {
    fn new(node: &'n Node) -> Self {
        Self { rest: node.entries().iter(), value: None }
    }
}

impl<'de> MapAccess<'de> for Entries<'_> {
    type Error = Mistake;

    fn next_key_seed<K: DeserializeSeed<'de>>(
        &mut self,
        seed: K,
    ) -> Result<Option<K::Value>, Mistake> {
        let Some((key, value)) = self.rest.next() else { return Ok(None) };
        self.value = Some(value);
        let name = key.name.as_str().into_deserializer();
        seed.deserialize(name).map(Some).map_err(|mistake: Mistake| mistake.at(key.at))
    }

    fn next_value_seed<V: DeserializeSeed<'de>>(&mut self, seed: V) -> Result<V::Value, Mistake> {
        let node = self.value.take().ok_or_else(|| Mistake::custom("a value without a key"))?;
        seed.deserialize(NodeReader { node }).map_err(|mistake| mistake.at(node.at))
    }
}

struct Choice<'n> {
    name: &'n str,
    at: Span,
    content: Option<&'n Node>,
}

impl<'de> EnumAccess<'de> for Choice<'_> {
    type Error = Mistake;
    type Variant = Self;

    fn variant_seed<V: DeserializeSeed<'de>>(self, seed: V) -> Result<(V::Value, Self), Mistake> {
        let name = self.name.into_deserializer();
        let variant = seed.deserialize(name).map_err(|mistake: Mistake| mistake.at(self.at))?;
        Ok((variant, self))
    }
}

impl Choice<'_> {
    fn content(&self) -> Result<&Node, Mistake> {
        self.content.ok_or_else(|| {
            let problem = Problem::new(format!("`{}` needs a value", self.name));
            Mistake(problem.help(format!("write `{{ {}: … }}`", self.name)).at(self.at))
        })
    }
}

impl<'de> VariantAccess<'de> for Choice<'_> {
    type Error = Mistake;

    fn unit_variant(self) -> Result<(), Mistake> {
        match self.content {
            None | Some(Node { value: Value::Null, .. }) => Ok(()),
            Some(_) => {
                Err(Mistake(Problem::new(format!("`{}` takes no value", self.name)).at(self.at)))
            }
        }
    }

    fn newtype_variant_seed<T: DeserializeSeed<'de>>(self, seed: T) -> Result<T::Value, Mistake> {
        let node = self.content()?;
        seed.deserialize(NodeReader { node })
    }

    fn tuple_variant<V: Visitor<'de>>(self, _len: usize, visitor: V) -> Result<V::Value, Mistake> {
        let node = self.content()?;
        NodeReader { node }.deserialize_any(visitor)
    }

    fn struct_variant<V: Visitor<'de>>(
        self,
        _fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Mistake> {
        let node = self.content()?;
        NodeReader { node }.deserialize_any(visitor)
    }
}
