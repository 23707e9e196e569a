//! Media types of files in Google's storage, by what their names end in.

/// Endings and media types of what Gemini reads (LiteLLM 1.106.2's `types/files.py`, and Google's list of formats).
const KINDS: &[(&str, &str)] = &[
    ("aac", "audio/aac"),
    ("csv", "text/csv"),
    ("flac", "audio/flac"),
    ("flv", "video/x-flv"),
    ("heic", "image/heic"),
    ("heif", "image/heif"),
    ("htm", "text/html"),
    ("html", "text/html"),
    ("jpeg", "image/jpeg"),
    ("jpg", "image/jpeg"),
    ("json", "application/json"),
    ("md", "text/markdown"),
    ("mov", "video/quicktime"),
    ("mp3", "audio/mpeg"),
    ("mp4", "video/mp4"),
    ("mpeg", "video/mpeg"),
    ("mpg", "video/mpg"),
    ("ogg", "audio/ogg"),
    ("opus", "audio/opus"),
    ("pdf", "application/pdf"),
    ("png", "image/png"),
    ("txt", "text/plain"),
    ("wav", "audio/wav"),
    ("webm", "video/webm"),
    ("webp", "image/webp"),
    ("wmv", "video/wmv"),
];

/// The media type of the object at `gs://bucket/name`, by its name; none at other addresses.
pub(super) fn of(url: &str) -> Option<&'static str> {
    let (_, name) = url.strip_prefix("gs://")?.rsplit_once('/')?;
    let (_, ending) = name.rsplit_once('.')?;
    let known = KINDS.iter().find(|(own, _)| own.eq_ignore_ascii_case(ending));
    known.map(|(_, kind)| *kind)
}
