//! Where a body ends (<https://www.rfc-editor.org/rfc/rfc9112#section-6.3>).

/// How the end of a body is found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Framing {
    /// It comes in chunks; this is where we are.
    Chunked(Chunk),
    /// So many octets are left.
    Length(u64),
    /// It ends with the connection.
    Rest,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Chunk {
    /// A size comes next.
    Size,
    /// So many octets of a chunk are left.
    Data(u64),
    /// The end of the line after a chunk.
    End,
    /// The lines after the last chunk; whether the current one is empty so far.
    Trailer(bool),
    Done,
}

/// What became of some input.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Progress {
    Broken,
    Ended,
    More,
}

/// The longest line with the size of a chunk.
const SIZE_LINE: usize = 256;

impl Framing {
    /// What the head says. `None`: it contradicts itself.
    pub(super) fn of(status: u16, headers: &[httparse::Header<'_>]) -> Option<Self> {
        if matches!(status, 101 | 204 | 304) {
            return Some(Self::Length(0));
        }
        let named = |name: &'static str| {
            headers
                .iter()
                .filter(move |header| header.name.eq_ignore_ascii_case(name))
        };
        if let Some(coding) = named("transfer-encoding").next_back() {
            let last = coding.value.rsplit(|octet| *octet == b',').next();
            let last = last.unwrap_or_default().trim_ascii();
            return Some(match last.eq_ignore_ascii_case(b"chunked") {
                true => Self::Chunked(Chunk::Size),
                false => Self::Rest,
            });
        }
        let mut found = None;
        for header in named("content-length") {
            let value = core::str::from_utf8(header.value).ok()?.trim();
            // `parse` would take a sign.
            let digits = value.bytes().all(|octet| octet.is_ascii_digit());
            let length: u64 = value.parse().ok().filter(|_| digits)?;
            if found.is_some_and(|found| found != length) {
                return None;
            }
            found = Some(length);
        }
        Some(found.map_or(Self::Rest, Self::Length))
    }

    pub(super) fn ends_with_connection(self) -> bool {
        self == Self::Rest
    }

    /// Takes what it can of the input and hands the body on. Says how much that was.
    pub(super) fn take(&mut self, input: &[u8], body: &mut impl FnMut(&[u8])) -> (usize, Progress) {
        match self {
            Self::Rest => {
                body(input);
                (input.len(), Progress::More)
            }
            Self::Length(left) => {
                let used = take_data(left, input, body);
                (used, ended(*left == 0))
            }
            Self::Chunked(chunk) => {
                let mut used = 0;
                loop {
                    let rest = input.get(used..).unwrap_or_default();
                    match chunk.take(rest, body) {
                        None => return (used, Progress::Broken),
                        Some(_) if *chunk == Chunk::Done => return (used, Progress::Ended),
                        Some(0) => return (used, Progress::More),
                        Some(more) => used += more,
                    }
                }
            }
        }
    }
}

impl Chunk {
    /// One step. `None`: these are no chunks; zero: more input is needed.
    fn take(&mut self, input: &[u8], body: &mut impl FnMut(&[u8])) -> Option<usize> {
        match self {
            Self::Size => match httparse::parse_chunk_size(input) {
                Ok(httparse::Status::Complete((used, size))) => {
                    *self = match size {
                        0 => Self::Trailer(true),
                        size => Self::Data(size),
                    };
                    Some(used)
                }
                Ok(httparse::Status::Partial) => (input.len() <= SIZE_LINE).then_some(0),
                Err(_) => None,
            },
            Self::Data(left) => {
                let used = take_data(left, input, body);
                if *left == 0 {
                    *self = Self::End;
                }
                Some(used)
            }
            Self::End => match input {
                [b'\r', b'\n', ..] => {
                    *self = Self::Size;
                    Some(2)
                }
                [] | [b'\r'] => Some(0),
                _ => None,
            },
            Self::Trailer(is_empty) => match input {
                [] => Some(0),
                [b'\n', ..] if *is_empty => {
                    *self = Self::Done;
                    Some(1)
                }
                [octet, ..] => {
                    *is_empty = *octet == b'\n' || *is_empty && *octet == b'\r';
                    Some(1)
                }
            },
            Self::Done => Some(0),
        }
    }
}

fn take_data(left: &mut u64, input: &[u8], body: &mut impl FnMut(&[u8])) -> usize {
    let most = usize::try_from(*left).unwrap_or(usize::MAX);
    let data = input.get(..most).unwrap_or(input);
    body(data);
    *left -= data.len() as u64;
    data.len()
}

fn ended(is: bool) -> Progress {
    if is { Progress::Ended } else { Progress::More }
}
