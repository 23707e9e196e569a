//! Sends recorded streams on time and does nothing else: what a paced event costs at least.
//!
//! `bare_sender PORT FILE GAP_US` answers every connection with the bytes of FILE, a recorded
//! response: the head and the first frames when a request has arrived, then one chunk per gap, each
//! in one write. One thread, no parsing, no timers but its own sleep. The floor that
//! `scripts/speed-fakes` holds the fakes against; not a fake provider.

use std::collections::VecDeque;
use std::io::{self, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::mpsc::{Receiver, TryRecvError, sync_channel};
use std::time::Duration;

use tokio::time::Instant;

/// Connections that may wait to be served.
const WAITING_MAX: usize = 65_536;

/// One stream under way: when its next chunk is due, and which one that is.
struct Stream {
    due: Instant,
    socket: TcpStream,
    chunk: usize,
}

fn main() -> io::Result<()> {
    let mut words = std::env::args().skip(1);
    let port = words.next().and_then(|word| word.parse().ok()).unwrap_or(0);
    let recorded = std::fs::read(words.next().ok_or(io::ErrorKind::InvalidInput)?)?;
    let gap = words.next().and_then(|word| word.parse().ok()).unwrap_or(20_000);
    let listener = TcpListener::bind(("127.0.0.1", port))?;
    let (arrive, arrived) = sync_channel(WAITING_MAX);
    std::thread::spawn(move || {
        for mut socket in listener.incoming().flatten() {
            let mut request = [0u8; 4096];
            if socket.read(&mut request).is_ok_and(|n| n > 0) && arrive.send(socket).is_err() {
                return;
            }
        }
    });
    serve(&arrived, &chunks(&recorded), Duration::from_micros(gap))
}

/// The recording, cut before each chunk that holds a token: head and role come with the first.
fn chunks(recorded: &[u8]) -> Vec<&[u8]> {
    let marks = recorded.iter().enumerate().filter(|(_, byte)| **byte == b'~').map(|(at, _)| at);
    let starts = marks.filter_map(|mark| {
        let frame = recorded[..mark].windows(6).rposition(|window| window == b"data: ")?;
        // Before it stands the size of the chunk on a line of its own.
        recorded[..frame.saturating_sub(2)].iter().rposition(|byte| *byte == b'\n').map(|at| at + 1)
    });
    let mut cuts: Vec<usize> = starts.skip(1).collect();
    cuts.insert(0, 0);
    cuts.push(recorded.len());
    cuts.windows(2).map(|pair| &recorded[pair[0]..pair[1]]).collect()
}

fn serve(arrived: &Receiver<TcpStream>, chunks: &[&[u8]], gap: Duration) -> io::Result<()> {
    let mut streams: VecDeque<Stream> = VecDeque::new();
    loop {
        let came = if streams.is_empty() {
            arrived.recv().map_err(|_| TryRecvError::Disconnected)
        } else {
            arrived.try_recv()
        };
        match came {
            Ok(mut socket) => {
                socket.set_nodelay(true)?;
                if socket.write_all(chunks[0]).is_ok() && chunks.len() > 1 {
                    // All gaps are equal, so who came last is due last.
                    streams.push_back(Stream { due: Instant::now() + gap, socket, chunk: 1 });
                }
            }
            Err(TryRecvError::Empty) => {}
            Err(TryRecvError::Disconnected) => return Ok(()),
        }
        let Some(mut stream) = streams.pop_front() else { continue };
        let wait = stream.due.saturating_duration_since(Instant::now());
        if wait > NEVER_LONGER {
            #[expect(
                clippy::disallowed_methods,
                reason = "a thread of its own, on the machine's time"
            )]
            std::thread::sleep(NEVER_LONGER);
            streams.push_front(stream);
            continue;
        }
        #[expect(
            clippy::disallowed_methods,
            reason = "a thread of its own, on the machine's time"
        )]
        std::thread::sleep(wait);
        if stream.socket.write_all(chunks[stream.chunk]).is_ok() && stream.chunk + 1 < chunks.len()
        {
            stream.chunk += 1;
            stream.due += gap;
            streams.push_back(stream);
        }
    }
}

/// How long it sleeps before it looks for newcomers.
const NEVER_LONGER: Duration = Duration::from_millis(1);
