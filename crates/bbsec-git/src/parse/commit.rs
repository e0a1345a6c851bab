//! Commits and annotated tags: header lines, an empty line, a message.
//!
//! Format: as `git cat-file -p` prints it; times are seconds since the epoch and a zone as `+hhmm`.

use bbsec_core::Time;

use crate::{Kind, Oid};

/// Who, and when.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Signature<'a> {
    /// The name, without the spaces around it.
    pub name: &'a [u8],
    /// The address, without its angle brackets.
    pub email: &'a [u8],
    /// When, as the clock of whoever wrote it said.
    pub time: Option<Time>,
    /// Minutes east of Greenwich.
    pub zone: Option<i32>,
}

/// A commit.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Commit<'a> {
    /// The directory that it records.
    pub tree: Option<Oid>,
    /// The commits that it follows.
    pub parents: Vec<Oid>,
    /// Who wrote the change.
    pub author: Signature<'a>,
    /// Who made the commit.
    pub committer: Signature<'a>,
    /// The character set of the message, when it is named.
    pub encoding: Option<&'a [u8]>,
    /// Whether it carries a signature.
    pub gpgsig: bool,
    /// The header, as it stands, with everything that is in no field here.
    pub header: &'a [u8],
    /// What the author says.
    pub message: &'a [u8],
}

/// An annotated tag.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Tag<'a> {
    /// What it names.
    pub target: Option<Oid>,
    /// What that is.
    pub target_kind: Option<Kind>,
    /// The tag's name.
    pub name: &'a [u8],
    /// Who made it.
    pub tagger: Option<Signature<'a>>,
    /// What they say; a signature is part of it.
    pub message: &'a [u8],
}

/// Reads a commit.
pub fn commit(data: &[u8]) -> Commit<'_> {
    let (header, message) = split(data);
    let mut commit = Commit { header, message, ..Commit::default() };
    for (key, value) in lines(header) {
        match key {
            b"tree" if commit.tree.is_none() => commit.tree = Oid::from_hex(value),
            b"parent" => commit.parents.extend(Oid::from_hex(value)),
            b"author" => commit.author = signature(value),
            b"committer" => commit.committer = signature(value),
            b"encoding" => commit.encoding = Some(value),
            b"gpgsig" | b"gpgsig-sha256" => commit.gpgsig = true,
            _ => {}
        }
    }
    commit
}

/// Reads an annotated tag.
pub fn tag(data: &[u8]) -> Tag<'_> {
    let (header, message) = split(data);
    let mut tag = Tag { message, ..Tag::default() };
    for (key, value) in lines(header) {
        match key {
            b"object" if tag.target.is_none() => tag.target = Oid::from_hex(value),
            b"type" => tag.target_kind = Kind::from_name(value),
            b"tag" => tag.name = value,
            b"tagger" => tag.tagger = Some(signature(value)),
            _ => {}
        }
    }
    tag
}

/// Header and message: what stands before and after the first empty line.
fn split(data: &[u8]) -> (&[u8], &[u8]) {
    match memchr::memmem::find(data, b"\n\n") {
        Some(at) => {
            let (header, rest) = data.split_at_checked(at + 1).unwrap_or((data, &[]));
            (header, rest.get(1..).unwrap_or_default())
        }
        None => (data, &[]),
    }
}

/// Key and value of each header line; lines that continue another begin with a space and are passed over.
fn lines(header: &[u8]) -> impl Iterator<Item = (&[u8], &[u8])> {
    header.split(|&byte| byte == b'\n').filter(|line| !line.starts_with(b" ")).filter_map(|line| {
        let space = memchr::memchr(b' ', line)?;
        let (key, value) = line.split_at_checked(space)?;
        Some((key, value.get(1..)?))
    })
}

/// Reads `Name <address> seconds zone`.
pub fn signature(text: &[u8]) -> Signature<'_> {
    let close = memchr::memrchr(b'>', text);
    let open = memchr::memchr(b'<', text);
    let (Some(open), Some(close)) = (open, close.filter(|&close| open.is_some_and(|open| open < close)))
    else {
        return Signature { name: text.trim_ascii(), ..Signature::default() };
    };
    let rest = text.get(close + 1..).unwrap_or_default();
    let mut words = rest.split(u8::is_ascii_whitespace).filter(|word| !word.is_empty());
    let number = |word: &[u8]| std::str::from_utf8(word).ok()?.parse::<i64>().ok();
    let time = words.next().and_then(number);
    let zone = words.next().and_then(number).and_then(|zone| i32::try_from(zone).ok());
    Signature {
        name: text.get(..open).unwrap_or_default().trim_ascii(),
        email: text.get(open + 1..close).unwrap_or_default(),
        time: time.map(|seconds| Time::from_micros(seconds.saturating_mul(1_000_000))),
        zone: zone.map(|zone| (zone / 100).saturating_mul(60).saturating_add(zone % 100)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const COMMIT: &[u8] = b"tree 4b825dc642cb6eb9a060e54bf8d69288fbee4904\n\
        parent 1111111111111111111111111111111111111111\nparent 2222222222222222222222222222222222222222\n\
        author Ann <Example> O'Hara <ann@example.org> 1700000000 -0330\ncommitter  <> 1700000001 +0000\n\
        gpgsig -----BEGIN PGP SIGNATURE-----\n \n parent 3333333333333333333333333333333333333333\n -----END\n\
        encoding latin1\n\nsubject\n\nbody\n";

    #[test]
    fn a_commit_is_read_whole() {
        let commit = commit(COMMIT);
        assert_eq!(commit.tree, "4b825dc642cb6eb9a060e54bf8d69288fbee4904".parse().ok());
        assert_eq!(commit.parents.len(), 2, "a line of the signature is no parent");
        assert_eq!(commit.author.time.map(Time::micros), Some(1_700_000_000_000_000));
        assert_eq!(commit.author.zone, Some(-210));
        assert_eq!(commit.author.name, b"Ann");
        assert_eq!(
            commit.committer,
            Signature {
                time: Some(Time::from_micros(1_700_000_001_000_000)),
                zone: Some(0),
                ..Signature::default()
            }
        );
        assert!(commit.gpgsig);
        assert_eq!(commit.encoding, Some(&b"latin1"[..]));
        assert_eq!(commit.message, b"subject\n\nbody\n");
    }

    proptest! {
        #[test]
        fn no_bytes_make_it_panic(mut data in prop::collection::vec(any::<u8>(), 0..200), at in 0..400_usize, bits: u8) {
            let _ = (commit(&data), tag(&data), signature(&data));
            data = COMMIT.to_vec();
            let at = at % data.len();
            data[at] ^= bits;
            let _ = (commit(&data), tag(&data));
            let _ = commit(&data[..at]);
        }
    }
}
