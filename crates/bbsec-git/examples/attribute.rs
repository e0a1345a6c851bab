//! Attributes every n-th blob of a repository and says how long it took: `attribute REPOSITORY [HITS] [THREADS]`.

use std::{path::PathBuf, sync::Mutex, time::Instant};

use bbsec_core::Silent;
use bbsec_git::{
    AttributeOptions, History, Kind, Limits, ObjectView, Oid, OidSet, Problems, Store, Visitor, reflogs,
    refs, walk,
};

struct Blobs(Mutex<Vec<Oid>>);

impl Visitor for Blobs {
    type State = ();
    fn wants(&self, kind: Kind) -> bool {
        kind == Kind::Blob
    }
    fn visit(&self, _: usize, object: &ObjectView<'_>, _: Option<&()>) {
        if let Ok(mut list) = self.0.lock() {
            list.push(object.oid);
        }
    }
}

#[allow(clippy::print_stdout, reason = "an example speaks to the person who runs it")]
fn main() -> Result<(), bbsec_git::GitError> {
    let mut args = std::env::args().skip(1);
    let path = PathBuf::from(args.next().unwrap_or_else(|| ".".to_owned()));
    let most: usize = args.next().and_then(|n| n.parse().ok()).unwrap_or(1000);
    let threads = args.next().and_then(|n| n.parse().ok()).unwrap_or(2);
    let mut problems = Problems::default();
    let store = Store::open(&path, None, &mut problems)?;
    let blobs = Blobs(Mutex::default());
    walk(&store.dirs(), &blobs, threads, &Limits::default(), &Silent);
    let mut blobs = blobs.0.into_inner().unwrap_or_default();
    blobs.sort_unstable();
    let step = (blobs.len() / most.max(1)).max(1);
    let hits: OidSet = blobs.into_iter().step_by(step).collect();
    let start = Instant::now();
    let (history, report) = History::build(&store.dirs(), &hits, threads, &Limits::default(), &Silent);
    let built = start.elapsed().as_secs_f64();
    let refs = refs(&path, None, &mut problems);
    let logs = reflogs(&path, None, &mut problems);
    let named = start.elapsed().as_secs_f64();
    let options = AttributeOptions { threads, ..AttributeOptions::default() };
    let found = history.attribute(&refs, &logs, None, &options);
    println!(
        "{} problems, {} hits, {} commits, {} refs: graph {built:.3} s, refs {:.3} s, answers {:.3} s, {} unreadable",
        report.problems.total(),
        found.len(),
        history.commit_count(),
        refs.len(),
        named - built,
        start.elapsed().as_secs_f64() - named,
        report.unreadable.total()
    );
    let places: u64 = found.values().map(|at| at.places).sum();
    let reach: u64 = found.values().map(|at| at.reach_count).sum();
    println!(
        "{places} places, {reach} pairs of hit and ref, {} at a tip",
        found.values().filter(|at| at.at_head).count()
    );
    Ok(())
}
