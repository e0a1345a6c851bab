//! Progress bars on standard error, drawn only for a person, and the wish to stop.

use std::{
    io::IsTerminal as _,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};

use bbsec_core::{Progress, Task, Unit, escape};
use indicatif::{MultiProgress, ProgressBar, ProgressDrawTarget, ProgressStyle};

/// Set by Ctrl-C.
static CANCELLED: AtomicBool = AtomicBool::new(false);

/// Bars that are not drawn yet, with the time at which their task began.
type Waiting = Mutex<Vec<(Instant, ProgressBar)>>;

/// What ends sooner gets no bar.
const PATIENCE: Duration = Duration::from_secs(1);

/// Draws bars for tasks; a second Ctrl-C ends the process at once.
pub(crate) struct Bars {
    all: MultiProgress,
    quiet: bool,
    /// Bars that are not drawn yet; `None` when nobody looks.
    waiting: Option<Arc<Waiting>>,
}

impl Bars {
    /// Bars, if they are wanted and somebody looks.
    pub(crate) fn new(wanted: bool, quiet: bool) -> Arc<Self> {
        let drawn = wanted && std::io::stderr().is_terminal();
        let target = if drawn { ProgressDrawTarget::stderr_with_hz(8) } else { ProgressDrawTarget::hidden() };
        let all = MultiProgress::with_draw_target(target);
        let waiting = drawn.then(|| {
            let waiting = Arc::default();
            let (bars, watched) = (all.clone(), Arc::downgrade(&waiting));
            std::thread::spawn(move || {
                while let Some(waiting) = watched.upgrade() {
                    draw_the_patient(&bars, &waiting);
                    drop(waiting);
                    std::thread::sleep(PATIENCE / 4);
                }
            });
            waiting
        });
        Arc::new(Self { all, quiet, waiting })
    }

    /// Turns Ctrl-C (and SIGTERM, SIGHUP) into a wish to stop.
    pub(crate) fn listen() {
        // The only error is a second handler, and there is none.
        let _ = ctrlc::set_handler(|| {
            if CANCELLED.swap(true, Ordering::SeqCst) {
                #[allow(clippy::disallowed_methods, clippy::exit, reason = "a second Ctrl-C means: at once")]
                std::process::exit(i32::from(bbsec_core::Exit::Interrupted.code()));
            }
            anstream::eprintln!("\nstopping after what is being written; Ctrl-C again stops at once");
        });
    }

    /// Prints a line above the bars.
    pub(crate) fn line(&self, line: &str) {
        if !self.quiet {
            self.all.suspend(|| anstream::eprintln!("{line}"));
        }
    }

    /// Prints a line that belongs to a question, which `--quiet` leaves in place too.
    pub(crate) fn always(&self, line: &str) {
        self.all.suspend(|| anstream::eprintln!("{line}"));
    }

    /// Whether anybody sees what is drawn.
    pub(crate) fn visible(&self) -> bool {
        !self.all.is_hidden()
    }

    /// A line for a running step, with the time that it has taken.
    pub(crate) fn step(&self, name: &str, before: Option<&ProgressBar>) -> ProgressBar {
        self.drawn("  {spinner:.cyan} {prefix:<40} {elapsed:>5} {wide_msg:.yellow}", name, before)
    }

    /// The last line, for what has not started.
    pub(crate) fn foot(&self) -> ProgressBar {
        self.drawn("  {wide_msg:.dim}", "", None)
    }

    fn drawn(&self, template: &str, name: &str, before: Option<&ProgressBar>) -> ProgressBar {
        let style =
            ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_spinner());
        let bar = ProgressBar::new_spinner().with_style(style);
        let bar = match before {
            Some(before) => self.all.insert_before(before, bar),
            None => self.all.add(bar),
        };
        bar.set_prefix(escape::terminal(name).into_owned());
        bar.enable_steady_tick(Duration::from_millis(200));
        bar
    }

    /// Draws nothing while something asks at the terminal; other steps go on meanwhile.
    pub(crate) fn hide<T>(&self, work: impl FnOnce() -> T) -> T {
        if !self.visible() {
            return work();
        }
        let _ = self.all.clear();
        self.all.set_draw_target(ProgressDrawTarget::hidden());
        let done = work();
        self.all.set_draw_target(ProgressDrawTarget::stderr_with_hz(8));
        done
    }

    /// Runs something that uses the terminal itself.
    pub(crate) fn suspend<T>(&self, work: impl FnOnce() -> T) -> T {
        self.all.suspend(work)
    }
}

/// Draws the bars of tasks that have been at work for a while.
fn draw_the_patient(bars: &MultiProgress, waiting: &Waiting) {
    let mut waiting = waiting.lock().unwrap_or_else(PoisonError::into_inner);
    waiting.retain(|(since, bar)| {
        let drawn = since.elapsed() >= PATIENCE && !bar.is_finished();
        if drawn {
            bars.add(bar.clone()).enable_steady_tick(PATIENCE / 8);
        }
        !drawn && !bar.is_finished()
    });
}

impl Progress for Bars {
    fn task(&self, name: &str, unit: Unit, total: Option<u64>) -> Box<dyn Task> {
        let counted = match unit {
            Unit::Bytes => "{bytes}/{total_bytes} {bytes_per_sec}",
            Unit::Items => "{human_pos}/{human_len} {per_sec}",
        };
        let template = match total {
            Some(_) => format!("{{prefix:24}} {{bar:20}} {counted} {{wide_msg}}"),
            None => "{prefix:24} {spinner} {elapsed} {wide_msg}".to_owned(),
        };
        let style = ProgressStyle::with_template(&template)
            .unwrap_or_else(|_| ProgressStyle::default_bar())
            .progress_chars("━╸─");
        let target = ProgressDrawTarget::hidden();
        let bar = ProgressBar::with_draw_target(Some(total.unwrap_or(0)), target).with_style(style);
        bar.set_prefix(escape::terminal(name).into_owned());
        if let Some(waiting) = &self.waiting {
            let mut waiting = waiting.lock().unwrap_or_else(PoisonError::into_inner);
            waiting.push((Instant::now(), bar.clone()));
        }
        Box::new(Bar(bar))
    }

    fn say(&self, line: &str) {
        self.line(line);
    }

    fn cancelled(&self) -> bool {
        CANCELLED.load(Ordering::SeqCst)
    }
}

struct Bar(ProgressBar);

impl Task for Bar {
    fn advance(&self, n: u64) {
        self.0.inc(n);
    }
    fn total(&self, n: u64) {
        self.0.set_length(n);
    }
    fn at(&self, what: &str) {
        self.0.set_message(escape::terminal(what).into_owned());
    }
}

impl Drop for Bar {
    fn drop(&mut self) {
        self.0.finish_and_clear();
    }
}
