//! Bytes out of evidence files: packed or not, line by line, in bounded memory.

mod ahead;
mod lines;
mod open;
mod stamp;
mod zone;

pub(crate) use ahead::Ahead;
pub use lines::{Line, Lines, MAX_LINE};
pub(crate) use open::unpack;
pub use open::{OpenError, Opened, Packing, open, packing};
pub use stamp::{Stamp, StampReader, clf, iso};
pub use zone::{BadZone, Clock, Zone, Zones};
