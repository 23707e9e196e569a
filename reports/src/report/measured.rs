//! A number, or why there is none. Whoever decides by a number matches on this, so that what is infinite, what is not
//! known and what does not apply cannot be taken for one another.

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// A number of a report, or why there is none. In files everything but a number is `null`; the object around it lists
/// the fields whose numbers are [absent](Self::is_absent).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Measured<T> {
    /// It was measured.
    Known(T),
    /// It never happened, or is infinite: ranks worst.
    Never,
    /// The question does not arise: no stream was asked for, no fault was met.
    NotApplicable,
    /// Nobody recorded what would tell it.
    NotObserved,
    /// There was too little traffic to tell.
    TooFew,
    /// A deployment that billed tokens has no price.
    Unpriced,
    /// The instrument's own error could have moved it too far.
    Withheld,
}

impl<T> Measured<T> {
    /// `value`, or `otherwise` where there is none.
    pub fn known_or(value: Option<T>, otherwise: Self) -> Self {
        value.map_or(otherwise, Self::Known)
    }

    /// The number, if there is one.
    pub fn known(self) -> Option<T> {
        match self {
            Self::Known(value) => Some(value),
            Self::Never
            | Self::NotApplicable
            | Self::NotObserved
            | Self::TooFew
            | Self::Unpriced
            | Self::Withheld => None,
        }
    }

    /// Whether nothing can be said, neither a number nor never: then it is neither ranked nor gated.
    pub const fn is_absent(&self) -> bool {
        match self {
            Self::Known(_) | Self::Never => false,
            Self::NotApplicable
            | Self::NotObserved
            | Self::TooFew
            | Self::Unpriced
            | Self::Withheld => true,
        }
    }

    /// The same by reference.
    pub const fn as_ref(&self) -> Measured<&T> {
        match self {
            Self::Known(value) => Measured::Known(value),
            Self::Never => Measured::Never,
            Self::NotApplicable => Measured::NotApplicable,
            Self::NotObserved => Measured::NotObserved,
            Self::TooFew => Measured::TooFew,
            Self::Unpriced => Measured::Unpriced,
            Self::Withheld => Measured::Withheld,
        }
    }

    /// What follows from the number; why there is none stays.
    pub fn and_then<U>(self, then: impl FnOnce(T) -> Measured<U>) -> Measured<U> {
        match self {
            Self::Known(value) => then(value),
            Self::Never => Measured::Never,
            Self::NotApplicable => Measured::NotApplicable,
            Self::NotObserved => Measured::NotObserved,
            Self::TooFew => Measured::TooFew,
            Self::Unpriced => Measured::Unpriced,
            Self::Withheld => Measured::Withheld,
        }
    }

    /// The number in another unit or shape; why there is none stays.
    pub fn map<U>(self, to: impl FnOnce(T) -> U) -> Measured<U> {
        self.and_then(|value| Measured::Known(to(value)))
    }
}

impl Measured<f64> {
    /// The largest of those that can be told; never is larger than any, and of none there is nothing to tell.
    pub fn largest(values: impl IntoIterator<Item = Self>) -> Self {
        let told = values.into_iter().filter(|value| !value.is_absent());
        let larger = |a: Self, b: Self| a.and_then(|a| b.map(|b| a.max(b)));
        told.reduce(larger).unwrap_or(Self::NotApplicable)
    }
}

impl<T: Serialize> Serialize for Measured<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.as_ref().known().serialize(serializer)
    }
}

/// `null` is read as never; the object around it knows which of its fields are absent.
impl<'de, T: Deserialize<'de>> Deserialize<'de> for Measured<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let value = Option::deserialize(deserializer)?;
        Ok(Self::known_or(value, Self::Never))
    }
}

impl<T: JsonSchema> JsonSchema for Measured<T> {
    fn inline_schema() -> bool {
        Option::<T>::inline_schema()
    }

    fn schema_name() -> Cow<'static, str> {
        Option::<T>::schema_name()
    }

    fn schema_id() -> Cow<'static, str> {
        Option::<T>::schema_id()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        Option::<T>::json_schema(generator)
    }
}

#[cfg(test)]
mod tests {
    use super::Measured;

    #[test]
    fn never_is_larger_than_any_and_what_is_absent_does_not_count() {
        let largest = Measured::largest;
        assert_eq!(largest([Measured::Known(1.0), Measured::Known(3.0)]), Measured::Known(3.0));
        for order in [[0, 1], [1, 0]] {
            let values = [Measured::Never, Measured::Known(3.0)];
            assert_eq!(largest(order.map(|at| values[at])), Measured::Never);
        }
        assert_eq!(largest([Measured::TooFew, Measured::Known(1.0)]), Measured::Known(1.0));
        assert!(largest([Measured::TooFew, Measured::Unpriced]).is_absent());
        assert!(!Measured::<f64>::Never.is_absent());
    }

    #[test]
    fn in_files_there_is_a_number_or_null() {
        let values = [Measured::Known(1.5), Measured::Never, Measured::NotObserved];
        assert_eq!(serde_json::to_string(&values).expect("serialises"), "[1.5,null,null]");
        let back: Vec<Measured<f64>> = serde_json::from_str("[1.5,null]").expect("reads");
        assert_eq!(back, [Measured::Known(1.5), Measured::Never]);
    }
}
