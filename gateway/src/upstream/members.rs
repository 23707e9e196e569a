//! What becomes of the members of a request in a provider's words: one table per translated endpoint.
//! The table decides which members are refused, and the documentation is printed from it.
//!
//! It must never know what a member means; how one is translated is the dialect's.

use serde_json::{Map, Value};

use super::beyond::{UNSAID, beyond};
use super::dialect::Refused;

/// What becomes of a member.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Treatment {
    /// It goes along under the same name with the same value.
    Same,
    /// The provider says the same in other words.
    Translated,
    /// The provider has nothing like it.
    Refused,
}

impl Treatment {
    /// The word in the documentation.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Same => "same",
            Self::Translated => "translated",
            Self::Refused => "refused",
        }
    }
}

/// A row: one member of a request.
#[derive(Clone, Copy, Debug)]
pub struct Member {
    /// Its name.
    pub name: &'static str,
    /// What becomes of it.
    pub treatment: Treatment,
    /// How, or why not; for the documentation and for whoever is refused.
    pub how: &'static str,
    /// Values that ask for nothing, besides null: they are never refused.
    idle: Idle,
}

/// Which values ask for nothing.
#[derive(Clone, Copy, Debug)]
enum Idle {
    /// Only null.
    Null,
    /// False, zero, and what is empty.
    Nothing,
    /// True.
    True,
    /// This number.
    Number(u64),
    /// A list of this one word.
    Word(&'static str),
}

/// A member that goes along as it is.
pub(super) const fn same(name: &'static str, how: &'static str) -> Member {
    Member { name, treatment: Treatment::Same, how, idle: Idle::Null }
}

/// A member that the provider says in other words.
pub(super) const fn translated(name: &'static str, how: &'static str) -> Member {
    Member { name, treatment: Treatment::Translated, how, idle: Idle::Null }
}

/// A member that the provider has nothing like.
pub(super) const fn refused(name: &'static str, how: &'static str) -> Member {
    Member { name, treatment: Treatment::Refused, how, idle: Idle::Nothing }
}

impl Member {
    /// The same; this number asks for nothing.
    pub(super) const fn idle_at(self, number: u64) -> Self {
        Self { idle: Idle::Number(number), ..self }
    }

    /// The same; only null asks for nothing: what is zero or empty means something here.
    pub(super) const fn even_if_empty(self) -> Self {
        Self { idle: Idle::Null, ..self }
    }

    /// The same; true asks for nothing.
    pub(super) const fn idle_when_true(self) -> Self {
        Self { idle: Idle::True, ..self }
    }

    /// The same; a list of this one word asks for nothing.
    pub(super) const fn idle_as(self, word: &'static str) -> Self {
        Self { idle: Idle::Word(word), ..self }
    }

    /// Whether a value asks for nothing.
    fn is_idle(&self, value: &Value) -> bool {
        let asks_nothing = match self.idle {
            Idle::Null => false,
            Idle::Nothing => match value {
                Value::Null => true,
                Value::Bool(yes) => !yes,
                Value::Number(number) => number.as_f64() == Some(0.0),
                Value::String(text) => text.is_empty(),
                Value::Array(list) => list.is_empty(),
                Value::Object(map) => map.is_empty(),
            },
            Idle::True => value == &Value::Bool(true),
            Idle::Number(idle) => value.as_u64() == Some(idle),
            Idle::Word(word) => match value.as_array().map(Vec::as_slice) {
                Some([only]) => only.as_str() == Some(word),
                Some(_) | None => false,
            },
        };
        value.is_null() || asks_nothing
    }
}

/// The members of a request while they are translated, and what is done about those that cannot be.
#[derive(Debug)]
pub(super) struct Members {
    /// Those that ask for something.
    members: Map<String, Value>,
    lenience: Lenience,
    provider: &'static str,
    dropped: Vec<Box<str>>,
}

/// What happens to a member that a provider cannot be asked for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Lenience {
    /// The request is refused.
    #[default]
    Refuse,
    /// The member is left out, and the answer says so.
    Drop,
}

impl Members {
    /// Checks the members of a body against `table`. Unknown ones are refused as the provider itself would.
    ///
    /// # Errors
    /// The first that cannot be said, unless it may be dropped.
    pub(super) fn check(
        body: Map<String, Value>,
        table: &[Member],
        (provider, lenience): (&'static str, Lenience),
    ) -> Result<Self, Refused> {
        let mut checked = Self { members: Map::new(), lenience, provider, dropped: Vec::new() };
        for (name, value) in body {
            match table.iter().find(|row| row.name == name) {
                Some(row) if row.is_idle(&value) => {}
                None if value.is_null() => {}
                None => checked.refuse(&name, "is no member that it knows")?,
                Some(row) => match row.treatment {
                    Treatment::Refused => checked.refuse(&name, row.how)?,
                    Treatment::Same | Treatment::Translated => {
                        checked.members.insert(name, value);
                    }
                },
            }
        }
        Ok(checked)
    }

    /// The value of a member that asks for something.
    pub(super) fn get(&self, name: &str) -> Option<&Value> {
        self.members.get(name)
    }

    /// The same, taken out.
    pub(super) fn take(&mut self, name: &str) -> Option<Value> {
        self.members.remove(name)
    }

    /// A whole number.
    ///
    /// # Errors
    /// If it is something else.
    pub(super) fn whole(&self, name: &str) -> Result<Option<u64>, Refused> {
        let read =
            |value: &Value| value.as_u64().ok_or_else(|| self.refusal(name, "is no whole number"));
        self.get(name).map(read).transpose()
    }

    /// A number.
    ///
    /// # Errors
    /// If it is something else.
    pub(super) fn float(&self, name: &str) -> Result<Option<f64>, Refused> {
        let read = |value: &Value| value.as_f64().ok_or_else(|| self.refusal(name, "is no number"));
        self.get(name).map(read).transpose()
    }

    /// Bound of a chat completion's answer, in tokens: the newer spelling before the older one.
    ///
    /// # Errors
    /// If one of them is something else.
    pub(super) fn answer_limit(&self) -> Result<Option<u64>, Refused> {
        let newer = self.whole("max_completion_tokens")?;
        Ok(newer.or(self.whole("max_tokens")?))
    }

    /// A text or a list of texts; an empty list is none.
    ///
    /// # Errors
    /// If it is something else.
    pub(super) fn texts(&self, name: &str) -> Result<Option<Vec<String>>, Refused> {
        let texts = match self.get(name) {
            None => return Ok(None),
            Some(Value::String(one)) => vec![one.clone()],
            Some(many) => serde_json::from_value(many.clone())
                .map_err(|_| self.refusal(name, "is neither a text nor a list of texts"))?,
        };
        Ok(Some(texts).filter(|texts: &Vec<String>| !texts.is_empty()))
    }

    /// Texts that end an answer; none where one is blank, which providers refuse, and that may be dropped.
    ///
    /// # Errors
    /// If they are no texts, or one of them is blank.
    pub(super) fn stops(&mut self) -> Result<Option<Vec<String>>, Refused> {
        const NAME: &str = "stop";
        let Some(all) = self.texts(NAME)? else { return Ok(None) };
        if all.iter().any(|text| text.trim().is_empty()) {
            self.refuse(NAME, "ends the answer at blanks")?;
            return Ok(None);
        }
        Ok(Some(all))
    }

    /// The member `name` cannot be said: `why` completes the sentence that begins with its name.
    ///
    /// # Errors
    /// The refusal, unless it may be dropped.
    pub(super) fn refuse(&mut self, name: &str, why: &str) -> Result<(), Refused> {
        match self.lenience {
            Lenience::Drop => {
                self.members.remove(name);
                self.dropped.push(Box::from(name));
                Ok(())
            }
            Lenience::Refuse => Err(self.refusal(name, why)),
        }
    }

    /// Refuses what an object holds beside `known`, under its path; `hints` among it are left out, and named.
    ///
    /// # Errors
    /// The refusal, unless it may be dropped.
    pub(super) fn holds_only(
        &mut self,
        name: &str,
        known: &[&str],
        hints: &[&str],
    ) -> Result<(), Refused> {
        let Some(object) = self.get(name).cloned() else { return Ok(()) };
        for within in beyond(&object, known) {
            let path = format!("{name}.{within}");
            match hints.contains(&within) {
                true => self.leave_out(path),
                false => self.refuse(&path, UNSAID)?,
            }
        }
        Ok(())
    }

    /// Leaves a mere hint out, which asks for nothing of the answer; the answer's header names it.
    pub(super) fn leave_out(&mut self, name: impl Into<Box<str>>) {
        let name = name.into();
        if !self.dropped.contains(&name) {
            self.dropped.push(name);
        }
    }

    /// The refusal of what cannot be dropped: without it the request would be another one.
    pub(super) fn refusal(&self, name: &str, why: &str) -> Refused {
        let message = format!(
            "`{name}` {why}, and so it cannot be asked of {}; name a model of another provider, or \
             leave it out",
            self.provider
        );
        Refused { param: Box::from(name), message }
    }

    /// What was left out.
    pub(super) fn into_dropped(self) -> Vec<Box<str>> {
        self.dropped
    }
}
