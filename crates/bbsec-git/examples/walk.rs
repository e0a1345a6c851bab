//! Decodes every object of a repository and says how long it took: `walk REPOSITORY [THREADS] [all|blobs]`.

use std::{
    path::PathBuf,
    sync::atomic::{AtomicU64, Ordering},
    time::Instant,
};

use bbsec_core::Silent;
use bbsec_git::{Kind, Limits, ObjectView, Problems, Store, Visitor, walk};

struct Sum {
    blobs_only: bool,
    bytes: AtomicU64,
}

impl Visitor for Sum {
    type State = ();
    fn wants(&self, kind: Kind) -> bool {
        !self.blobs_only || kind == Kind::Blob
    }
    fn visit(&self, _: usize, object: &ObjectView<'_>, _: Option<&()>) {
        self.bytes.fetch_add(object.data.len() as u64, Ordering::Relaxed);
    }
}

#[allow(clippy::print_stdout, reason = "an example speaks to the person who runs it")]
fn main() -> Result<(), bbsec_git::GitError> {
    let mut args = std::env::args().skip(1);
    let path = PathBuf::from(args.next().unwrap_or_else(|| ".".to_owned()));
    let threads = args.next().and_then(|n| n.parse().ok()).unwrap_or(2);
    let visitor = Sum { blobs_only: args.next().as_deref() == Some("blobs"), bytes: AtomicU64::new(0) };
    let start = Instant::now();
    let mut problems = Problems::default();
    let store = Store::open(&path, None, &mut problems)?;
    println!("opened after {:.3} s, {} problems", start.elapsed().as_secs_f64(), problems.total());
    let report = walk(&store.dirs(), &visitor, threads, &Limits::default(), &Silent);
    println!(
        "{:.3} s: {} objects, {} bytes, {} unreadable, {} copies, {} unwanted, {} problems",
        start.elapsed().as_secs_f64(),
        report.read.total(),
        visitor.bytes.load(Ordering::Relaxed),
        report.unreadable.total(),
        report.copies,
        report.unwanted,
        report.problems.total()
    );
    for problem in problems.list().iter().chain(report.problems.list()).take(20) {
        println!("{problem}");
    }
    Ok(())
}
