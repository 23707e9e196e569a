//! Forms (`multipart/form-data`, RFC 7578), as far as a forwarder must know them: where each part stands,
//! its name, and where its value stands. Values are never copied or decoded.

use std::ops::Range;

use memchr::memmem;

/// Parts of a form at most; OpenAI's largest has ten.
const PARTS_MAX: usize = 64;

/// The parts of a body, in order. Positions are byte ranges of it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Form {
    /// Each begins with its delimiter.
    pub parts: Vec<Part>,
    /// The line that ends the form, and what follows it.
    pub end: Range<usize>,
}

/// One part.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Part {
    /// Name of the field.
    pub name: String,
    /// Delimiter, headers and value, up to the next delimiter.
    pub whole: Range<usize>,
    /// The value alone.
    pub value: Range<usize>,
}

/// Why a body is no form.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FormError {
    /// The content type does not name the line between parts.
    #[error("the content type is not `multipart/form-data` with a boundary")]
    Boundary,
    /// The body does not begin, or does not end, with that line.
    #[error("the form is incomplete: its last boundary is missing")]
    Incomplete,
    /// A part has no name.
    #[error("a part of the form has no name")]
    Nameless,
    /// There are too many.
    #[error("the form has more than {PARTS_MAX} parts")]
    TooMany,
}

impl Form {
    /// Reads a body of that content type.
    ///
    /// # Errors
    /// [`FormError`].
    pub fn read(content_type: &str, body: &[u8]) -> Result<Self, FormError> {
        let boundary = boundary(content_type).ok_or(FormError::Boundary)?;
        let delimiter = format!("--{boundary}");
        let between = format!("\r\n{delimiter}");
        let finder = memmem::Finder::new(between.as_bytes());
        let mut at = if body.starts_with(delimiter.as_bytes()) {
            0
        } else {
            finder.find(body).ok_or(FormError::Incomplete)? + 2
        };
        let mut parts = Vec::new();
        // Ends: every turn goes on in the body, and parts are bounded.
        loop {
            let head = at + delimiter.len();
            let rest = body.get(head..).ok_or(FormError::Incomplete)?;
            if rest.starts_with(b"--") {
                return Ok(Self { parts, end: at..body.len() });
            }
            if parts.len() == PARTS_MAX {
                return Err(FormError::TooMany);
            }
            let next = head + finder.find(rest).ok_or(FormError::Incomplete)?;
            let blank = memmem::find(&body[head..next], b"\r\n\r\n").ok_or(FormError::Nameless)?;
            let value = head + blank + 4..next;
            let name = name(&body[head..head + blank]).ok_or(FormError::Nameless)?;
            parts.push(Part { name, whole: at..next + 2, value });
            at = next + 2;
        }
    }

    /// The part of that name.
    pub fn part(&self, name: &str) -> Option<&Part> {
        self.parts.iter().find(|part| part.name == name)
    }
}

/// The boundary of a content type.
fn boundary(content_type: &str) -> Option<&str> {
    let mut fields = content_type.split(';').map(str::trim);
    fields.next().filter(|kind| kind.eq_ignore_ascii_case("multipart/form-data"))?;
    let value = fields.find_map(|field| {
        let (name, value) = field.split_once('=')?;
        name.eq_ignore_ascii_case("boundary").then_some(value)
    })?;
    let value = value.trim_matches('"');
    // RFC 2046: at most 70 bytes.
    (!value.is_empty() && value.len() <= 70).then_some(value)
}

/// The name within the headers of a part.
fn name(headers: &[u8]) -> Option<String> {
    let headers = std::str::from_utf8(headers).ok()?;
    let disposition = headers.lines().find_map(|line| {
        let (name, value) = line.split_once(':')?;
        name.eq_ignore_ascii_case("content-disposition").then_some(value)
    })?;
    let named = disposition.split(';').find_map(|field| field.trim().strip_prefix("name="))?;
    Some(named.trim_matches('"').to_owned())
}
