//! Opens a log file, whatever it is packed with. The packing is told by the first bytes, not by the name.

use std::{
    fs::File,
    io::{self, BufRead, BufReader, Read},
    path::{Path, PathBuf},
};

/// How a file is packed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Packing {
    /// Not at all.
    Plain,
    /// gzip, one member or many.
    Gzip,
    /// bzip2, one stream or many.
    Bzip2,
    /// Zstandard, one frame or many.
    Zstd,
    /// A zip archive: its members are read one by one.
    Zip,
    /// xz: told, not read.
    Xz,
}

/// Why a file could not be opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// The system refused.
    #[error("cannot open {path}")]
    Open {
        /// The file.
        path: PathBuf,
        /// What the system said.
        #[source]
        source: io::Error,
    },
    /// A device, pipe, socket or folder.
    #[error("{path} is no regular file")]
    NotAFile {
        /// The file.
        path: PathBuf,
    },
    /// Packed in a way that is told but not read.
    #[error("{path} is packed as {packing:?}, which is not read here")]
    Packing {
        /// The file.
        path: PathBuf,
        /// How it is packed.
        packing: Packing,
    },
}

/// An open file: its unpacked bytes.
pub struct Opened {
    /// The unpacked bytes.
    pub bytes: Box<dyn Read + Send>,
    /// How it was packed.
    pub packing: Packing,
    /// Size of the file as it lies on disk.
    pub size: u64,
    /// How many unpacked bytes are believed; more is a decompression bomb.
    pub limit: u64,
}

/// Logs pack ten to forty times; a file that unpacks to more than this many times its size is no log.
const BOMB_RATIO: u64 = 300;
/// Below this nothing is called a bomb.
const BOMB_FLOOR: u64 = 1 << 30;
const BUFFER: usize = 256 << 10;

/// How the bytes that begin like this are packed.
pub fn packing(head: &[u8]) -> Packing {
    match head {
        [0x1f, 0x8b, ..] => Packing::Gzip,
        [b'B', b'Z', b'h', b'1'..=b'9', ..] => Packing::Bzip2,
        [0x28, 0xb5, 0x2f, 0xfd, ..] => Packing::Zstd,
        [b'P', b'K', 3, 4, ..] => Packing::Zip,
        [0xfd, b'7', b'z', b'X', b'Z', 0, ..] => Packing::Xz,
        _ => Packing::Plain,
    }
}

/// Opens a regular file for reading, unpacked.
pub fn open(path: &Path) -> Result<Opened, OpenError> {
    let refused = |source| OpenError::Open { path: path.into(), source };
    let metadata = std::fs::metadata(path).map_err(refused)?;
    if !metadata.is_file() {
        return Err(OpenError::NotAFile { path: path.into() });
    }
    let file = File::open(path).map_err(refused)?;
    unpack(path, file, metadata.len())
}

/// Unpacks a stream; `path` is for the message only.
pub(crate) fn unpack(path: &Path, from: impl Read + Send + 'static, size: u64) -> Result<Opened, OpenError> {
    let refused = |source| OpenError::Open { path: path.into(), source };
    let mut from = BufReader::with_capacity(BUFFER, from);
    let packing = packing(from.fill_buf().map_err(refused)?);
    let limit = size.saturating_mul(BOMB_RATIO).max(BOMB_FLOOR);
    let bytes: Box<dyn Read + Send> = match packing {
        Packing::Plain => return Ok(Opened { bytes: Box::new(from), packing, size, limit: u64::MAX }),
        Packing::Gzip => Box::new(flate2::bufread::MultiGzDecoder::new(from)),
        Packing::Bzip2 => Box::new(bzip2::bufread::MultiBzDecoder::new(from)),
        Packing::Zstd => {
            let mut decoder = zstd::stream::read::Decoder::with_buffer(from).map_err(refused)?;
            // A window of 128 MiB is the most that the command line tool takes unasked.
            decoder.window_log_max(27).map_err(refused)?;
            Box::new(decoder)
        }
        Packing::Zip | Packing::Xz => return Err(OpenError::Packing { path: path.into(), packing }),
    };
    Ok(Opened { bytes, packing, size, limit })
}
