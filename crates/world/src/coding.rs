//! Content codings of answers (RFC 9110, section 8.4): gzip is undone, piece by piece, as it comes, so that a small answer
//! that becomes a large one takes no more memory than its reader lets it. It must never know what is coded.

use std::io::{self, Write as _};
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use flate2::write::MultiGzDecoder;
use http::{HeaderMap, header};
use http_body::{Body, Frame, SizeHint};

use crate::pool::PooledBody;

/// Bytes that are decoded at a time: each may become a thousand.
const PIECE_BYTES: usize = 512;

/// Longest name of a coding that is repeated, in characters.
const NAME_MAX: usize = 40;

/// A coding that is not undone here.
#[derive(Debug, thiserror::Error)]
#[error("the content coding `{0}` is not understood, and was not asked for")]
pub struct UnknownCoding(String);

/// Why there is no more of a body.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    /// The connection broke.
    #[error("{0}")]
    Broken(#[source] hyper::Error),
    /// It is not coded as its head says, or ends within.
    #[error("it is not coded as its head says: {0}")]
    Coding(#[source] io::Error),
}

/// A body without its content coding.
#[derive(Debug)]
pub struct Decoded {
    body: PooledBody,
    /// `None` for a body that is not coded, or no longer.
    gunzip: Option<Box<Gunzip>>,
}

#[derive(Debug)]
struct Gunzip {
    decoder: MultiGzDecoder<Vec<u8>>,
    /// What has come and is not yet decoded.
    input: Bytes,
    begun: bool,
}

impl From<PooledBody> for Decoded {
    /// A body that is not coded.
    fn from(body: PooledBody) -> Self {
        Self { body, gunzip: None }
    }
}

impl Decoded {
    /// A body that is coded as its head says, which then says so no more.
    ///
    /// # Errors
    /// [`UnknownCoding`] for anything but gzip, and for several codings.
    pub fn new(headers: &mut HeaderMap, body: PooledBody) -> Result<Self, UnknownCoding> {
        let mut gunzip = None;
        for value in headers.get_all(header::CONTENT_ENCODING) {
            let name = value.to_str().unwrap_or("?").trim();
            let gzip = ["gzip", "x-gzip"].iter().any(|known| name.eq_ignore_ascii_case(known));
            match gzip {
                true if gunzip.is_none() => gunzip = Some(Box::new(Gunzip::new())),
                false if name.is_empty() || name.eq_ignore_ascii_case("identity") => {}
                true | false => {
                    let name = name.chars().take(NAME_MAX).flat_map(char::escape_debug).collect();
                    return Err(UnknownCoding(name));
                }
            }
        }
        if gunzip.is_some() {
            headers.remove(header::CONTENT_ENCODING);
            headers.remove(header::CONTENT_LENGTH);
        }
        Ok(Self { body, gunzip })
    }
}

impl Gunzip {
    fn new() -> Self {
        let decoder = MultiGzDecoder::new(Vec::new());
        Self { decoder, input: Bytes::new(), begun: false }
    }

    /// The next of what has come, decoded; `None` if more has to come first.
    fn next(&mut self) -> io::Result<Option<Bytes>> {
        while !self.input.is_empty() {
            let piece = self.input.split_to(self.input.len().min(PIECE_BYTES));
            self.begun = true;
            self.decoder.write_all(&piece)?;
            // Whoever streams has flushed up to here, and its reader waits for no more.
            self.decoder.flush()?;
            let decoded = std::mem::take(self.decoder.get_mut());
            if !decoded.is_empty() {
                return Ok(Some(Bytes::from(decoded)));
            }
        }
        Ok(None)
    }

    /// Whether all came that belongs to it, at the end of the body.
    fn finish(&mut self) -> io::Result<()> {
        // An answer without a body says how it would be coded, too.
        if self.begun { self.decoder.try_finish() } else { Ok(()) }
    }
}

impl Body for Decoded {
    type Data = Bytes;
    type Error = ReadError;

    fn poll_frame(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, ReadError>>> {
        let this = self.get_mut();
        // Each turn takes a frame, of which a connection has a few at most.
        loop {
            let Some(gunzip) = &mut this.gunzip else {
                let frame = ready!(Pin::new(&mut this.body).poll_frame(cx));
                return Poll::Ready(frame.map(|frame| frame.map_err(ReadError::Broken)));
            };
            match gunzip.next() {
                Ok(Some(decoded)) => return Poll::Ready(Some(Ok(Frame::data(decoded)))),
                Ok(None) => {}
                Err(error) => return Poll::Ready(Some(Err(ReadError::Coding(error)))),
            }
            match ready!(Pin::new(&mut this.body).poll_frame(cx)) {
                Some(Ok(frame)) => match frame.into_data() {
                    Ok(data) => gunzip.input = data,
                    Err(trailers) => return Poll::Ready(Some(Ok(trailers))),
                },
                Some(Err(error)) => return Poll::Ready(Some(Err(ReadError::Broken(error)))),
                None => {
                    let finished = gunzip.finish();
                    this.gunzip = None;
                    let missing = finished.err().map(|error| Err(ReadError::Coding(error)));
                    return Poll::Ready(missing);
                }
            }
        }
    }

    fn is_end_stream(&self) -> bool {
        self.gunzip.is_none() && self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        match self.gunzip {
            Some(_) => SizeHint::default(),
            None => self.body.size_hint(),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use bytes::Bytes;
    use flate2::Compression;
    use flate2::write::GzEncoder;
    use http::{HeaderMap, HeaderValue, header};
    use http_body_util::BodyExt as _;

    use super::{Decoded, Gunzip, PIECE_BYTES, ReadError};
    use crate::pool::PooledBody;

    fn gzip(text: &[u8]) -> Vec<u8> {
        let mut coder = GzEncoder::new(Vec::new(), Compression::best());
        coder.write_all(text).expect("memory");
        coder.finish().expect("memory")
    }

    fn coded(names: &[&'static str], body: Vec<u8>) -> Result<Decoded, String> {
        let mut headers = HeaderMap::new();
        for name in names {
            headers.append(header::CONTENT_ENCODING, HeaderValue::from_static(name));
        }
        let body = PooledBody::made(Bytes::from(body));
        Decoded::new(&mut headers, body).map_err(|error| error.to_string())
    }

    #[tokio::test]
    async fn gzip_is_undone_by_whatever_name() {
        let text = b"text ".repeat(100_000);
        for name in ["gzip", "x-gzip", "GZIP"] {
            let body = coded(&[name], gzip(&text)).expect("known");
            assert_eq!(body.collect().await.expect("decoded").to_bytes(), text);
        }
        let members = [gzip(b"one "), gzip(b"two")].concat();
        let body = coded(&["gzip"], members).expect("known");
        assert_eq!(body.collect().await.expect("decoded").to_bytes(), "one two");
        let body = coded(&["gzip"], Vec::new()).expect("known");
        assert!(body.collect().await.expect("nothing").to_bytes().is_empty());
    }

    #[tokio::test]
    async fn what_is_not_coded_stays_as_it_is() {
        for names in [&[][..], &["identity"], &[""]] {
            let body = coded(names, b"text".to_vec()).expect("known");
            assert_eq!(body.collect().await.expect("read").to_bytes(), "text");
        }
    }

    #[test]
    fn other_codings_are_named() {
        for (names, named) in [
            (&["br"][..], "`br`"),
            (&["gzip, gzip"], "`gzip, gzip`"),
            (&["gzip", "gzip"], "`gzip`"),
        ] {
            let error = coded(names, Vec::new()).expect_err("unknown");
            assert!(error.contains(named), "{error}");
        }
    }

    #[tokio::test]
    async fn what_is_cut_short_or_no_gzip_is_an_error() {
        let whole = gzip(&b"text ".repeat(1_000));
        let mut changed = whole.clone();
        let check = changed.len() - 6;
        changed[check] ^= 1;
        let cases =
            [whole[..whole.len() - 1].to_vec(), whole[..5].to_vec(), b"{}".to_vec(), changed];
        for body in cases {
            let body = coded(&["gzip"], body).expect("known");
            let error = body.collect().await.expect_err("not whole");
            assert!(matches!(error, ReadError::Coding(_)), "{error}");
        }
    }

    #[test]
    fn a_bomb_comes_in_small_pieces() {
        let bomb = gzip(&vec![0; 64 * 1024 * 1024]);
        assert!(bomb.len() < 100 * 1024);
        let mut gunzip = Gunzip::new();
        gunzip.input = Bytes::from(bomb);
        let mut all = 0;
        while let Some(piece) = gunzip.next().expect("decoded") {
            assert!(piece.len() <= 2048 * PIECE_BYTES, "{}", piece.len());
            all += piece.len();
        }
        assert_eq!(all, 64 * 1024 * 1024);
    }

    #[test]
    fn what_was_flushed_is_there_before_the_end() {
        let mut coder = GzEncoder::new(Vec::new(), Compression::fast());
        let mut gunzip = Gunzip::new();
        for word in ["data: one\n\n", "data: two\n\n"] {
            coder.write_all(word.as_bytes()).expect("memory");
            coder.flush().expect("memory");
            gunzip.input = Bytes::from(std::mem::take(coder.get_mut()));
            assert_eq!(gunzip.next().expect("decoded").expect("at once"), word);
        }
    }
}
