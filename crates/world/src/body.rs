//! Reading a whole body, bounded in size and in silence. It must never know what a body says.

use std::time::Duration;

use bytes::Bytes;
use http_body::Body;
use http_body_util::BodyExt;
use tokio::time::timeout;

use crate::ChunkBuf;

/// Why a body could not be read.
#[derive(Debug)]
pub enum BodyError<E> {
    /// There is no room for more of it.
    NoRoom,
    /// It is larger than allowed.
    TooLarge,
    /// No frame came within the gap.
    Stalled,
    /// The connection broke before its end.
    Broken(E),
}

/// Reads a body to its end: at most `bytes_max` bytes, with `gap` between two arrivals. One that came
/// in one piece is not copied.
///
/// # Errors
/// [`BodyError`].
pub async fn collect_body<B>(
    body: B,
    bytes_max: usize,
    gap: Duration,
) -> Result<Bytes, BodyError<B::Error>>
where
    B: Body<Data = Bytes> + Unpin,
{
    collect_body_while(body, bytes_max, gap, |_| true).await
}

/// As [`collect_body`], and only while `has_room` for so many bytes in all.
///
/// # Errors
/// [`BodyError`].
pub async fn collect_body_while<B>(
    body: B,
    bytes_max: usize,
    gap: Duration,
    mut has_room: impl FnMut(usize) -> bool,
) -> Result<Bytes, BodyError<B::Error>>
where
    B: Body<Data = Bytes> + Unpin,
{
    let mut body = body;
    let said = body.size_hint().exact().and_then(|said| usize::try_from(said).ok());
    let mut chunks = ChunkBuf::expecting(said.unwrap_or_default().min(bytes_max));
    // Bounded by `bytes_max`.
    while chunks.len() <= bytes_max {
        match timeout(gap, body.frame()).await {
            Err(_) => return Err(BodyError::Stalled),
            Ok(None) => return Ok(chunks.take()),
            Ok(Some(Err(error))) => return Err(BodyError::Broken(error)),
            Ok(Some(Ok(frame))) => {
                let data = frame.into_data().unwrap_or_default();
                if !has_room(chunks.len() + data.len()) {
                    return Err(BodyError::NoRoom);
                }
                chunks.push(data);
            }
        }
    }
    Err(BodyError::TooLarge)
}
