//! Reads the timeline, day by day, in order of time.

use std::{
    collections::BTreeMap,
    ops::ControlFlow,
    path::{Path, PathBuf},
};

use bbsec_core::Event;

use super::{filter::EventFilter, merge::Merge};
use crate::{CaseError, verify::inside};

/// Hands out the wanted events of these files (relative to the case), and how many there were.
pub(crate) fn read(
    case: &Path,
    files: &[String],
    filter: &EventFilter,
    each: &mut dyn FnMut(Event) -> ControlFlow<()>,
) -> Result<u64, CaseError> {
    let mut days: BTreeMap<String, Vec<PathBuf>> = BTreeMap::new();
    for file in files {
        let date = file.split('/').find_map(|part| part.strip_prefix("date=")).unwrap_or_default();
        if filter.wants_date(date) {
            days.entry(date.into()).or_default().push(inside(case, file));
        }
    }
    let mut count = 0_u64;
    for paths in days.values() {
        let mut merge = Merge::new(paths, filter)?;
        while let Some(event) = merge.next()? {
            count = count.saturating_add(1);
            if each(event).is_break() {
                return Ok(count);
            }
        }
    }
    Ok(count)
}
