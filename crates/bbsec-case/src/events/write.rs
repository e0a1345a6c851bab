//! Writes events in bounded memory: a lane for each source and day, of which the oldest give way.

use std::{
    borrow::Cow,
    collections::BTreeMap,
    path::{Path, PathBuf},
};

use bbsec_core::Event;

use super::{
    filter::EventFilter,
    lane::{Files, Lane},
    merge::Merge,
    pages::Packer,
    part::{FileDigest, Partition},
};
use crate::CaseError;

/// A lane that holds more is written out.
const LANE_BYTES: usize = 20 << 20;
/// All lanes together.
const ALL_BYTES: usize = 40 << 20;
/// Lanes that are open at once.
const LANES: usize = 64;
/// A lane's size is looked at after so many events, and after one that is large by itself.
const LOOK_EVERY: u64 = 64;
const LARGE: u32 = 64 << 10;
/// Pieces of one day that are merged in one go.
const MERGED_AT_ONCE: usize = 32;

const DAY: i64 = 86_400_000_000;

/// Takes events in any order.
pub(crate) struct EventWriter {
    files: Files,
    /// By source and day.
    lanes: Vec<((Cow<'static, str>, i64), Lane)>,
    /// The lane of the last event, which is mostly that of the next.
    last: usize,
    count: u64,
}

impl EventWriter {
    pub(crate) fn new(case: &Path, stem: String) -> Result<Self, CaseError> {
        let packer = Packer::new().map_err(CaseError::io("compress for", case))?;
        let files = Files { case: case.into(), stem, created: 0, packer, done: Vec::new() };
        Ok(Self { files, lanes: Vec::new(), last: 0, count: 0 })
    }

    pub(crate) fn push(&mut self, event: &Event) -> Result<(), CaseError> {
        self.count = self.count.wrapping_add(1);
        let day = event.time.micros().div_euclid(DAY);
        let fits = |key: &(Cow<'static, str>, i64)| key.1 == day && key.0 == event.source;
        if !self.lanes.get(self.last).is_some_and(|(key, _)| fits(key)) {
            self.last = match self.lanes.iter().position(|(key, _)| fits(key)) {
                Some(at) => at,
                None => self.begin(event, day)?,
            };
        }
        let Some((_, lane)) = self.lanes.get_mut(self.last) else { return Ok(()) };
        lane.used = self.count;
        lane.push(event, &mut self.files)?;
        if self.count.is_multiple_of(LOOK_EVERY) || event.at.length > LARGE {
            if lane.memory() > LANE_BYTES {
                lane.shrink(&mut self.files)?;
            }
            self.bound_memory()?;
        }
        Ok(())
    }

    fn begin(&mut self, event: &Event, day: i64) -> Result<usize, CaseError> {
        if self.lanes.len() >= LANES {
            self.close_oldest()?;
        }
        self.lanes.push(((event.source.clone(), day), Lane::new(Partition::of(event))));
        Ok(self.lanes.len() - 1)
    }

    fn bound_memory(&mut self) -> Result<(), CaseError> {
        while self.lanes.len() > 1
            && self.lanes.iter().map(|(_, lane)| lane.memory()).sum::<usize>() > ALL_BYTES
        {
            self.close_oldest()?;
        }
        Ok(())
    }

    fn close_oldest(&mut self) -> Result<(), CaseError> {
        let oldest = self.lanes.iter().enumerate().min_by_key(|(_, (_, lane))| lane.used);
        if let Some(at) = oldest.map(|(at, _)| at) {
            let (_, mut lane) = self.lanes.remove(at);
            lane.close(&mut self.files)?;
            self.last = usize::MAX;
        }
        Ok(())
    }

    /// Writes what is left and merges the pieces of each day; gives every file.
    pub(crate) fn finish(mut self) -> Result<Vec<FileDigest>, CaseError> {
        for (_, mut lane) in std::mem::take(&mut self.lanes) {
            lane.close(&mut self.files)?;
        }
        let mut days: BTreeMap<Partition, Vec<FileDigest>> = BTreeMap::new();
        for (partition, file) in std::mem::take(&mut self.files.done) {
            days.entry(partition).or_default().push(file);
        }
        let mut files = Vec::new();
        for (partition, mut pieces) in days {
            while pieces.len() > 1 {
                let rest = pieces.split_off(pieces.len().min(MERGED_AT_ONCE));
                let merged = self.merge(&partition, &pieces)?;
                // The merged piece stays first: events of one microsecond keep the order in which they came.
                pieces = merged.into_iter().chain(rest).collect();
            }
            files.append(&mut pieces);
        }
        files.sort_by(|a, b| a.path.cmp(&b.path));
        Ok(files)
    }

    /// Events that came in no order of time leave many small files of one day: they become one.
    fn merge(
        &mut self,
        partition: &Partition,
        pieces: &[FileDigest],
    ) -> Result<Option<FileDigest>, CaseError> {
        let paths: Vec<PathBuf> = pieces.iter().map(|piece| self.files.case.join(&piece.path)).collect();
        let filter = EventFilter::default();
        let mut merge = Merge::new(&paths, &filter)?;
        let mut lane = Lane::new(partition.clone());
        while let Some(event) = merge.next()? {
            lane.push(&event, &mut self.files)?;
            if event.at.length > LARGE && lane.memory() > LANE_BYTES {
                lane.shrink(&mut self.files)?;
            }
        }
        lane.close(&mut self.files)?;
        for path in paths {
            std::fs::remove_file(&path).map_err(CaseError::io("remove", &path))?;
        }
        Ok(self.files.done.pop().map(|(_, file)| file))
    }
}
