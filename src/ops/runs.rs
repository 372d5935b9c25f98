//! Runs: the pieces of a zone axis that are made and written as a whole, in parallel.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::mpsc;

use super::Progress;
use crate::error::{Error, Kind, Result};
use crate::store::{Call, pool};

/// Makes the runs `0..runs`: `threads` threads take them in this order. After an error, or when `progress` says so, those
/// that were begun are finished and no other is begun.
///
/// # Errors
/// The first that `make` gives; the caller stopped it.
pub(super) fn each(
    call: &Arc<Call>,
    runs: u64,
    threads: usize,
    make: &(dyn Fn(u64) -> Result<()> + Sync),
    progress: Progress<'_>,
) -> Result<()> {
    let (next, stop) = (AtomicU64::new(0), AtomicBool::new(false));
    let (sender, receiver) = mpsc::channel::<Result<()>>();
    pool::in_place_scope(call, |scope| {
        for _ in 0..threads {
            let (sender, next, stop) = (sender.clone(), &next, &stop);
            scope.spawn(move |_| {
                while !stop.load(Ordering::Relaxed) {
                    let run = next.fetch_add(1, Ordering::Relaxed);
                    if run >= runs || sender.send(make(run)).is_err() {
                        return;
                    }
                }
            });
        }
        drop(sender);
        let (mut finished, mut result) = (0u64, Ok(()));
        for done in receiver {
            if let Err(error) = done {
                stop.store(true, Ordering::Relaxed);
                result = result.and(Err(error));
                continue;
            }
            finished += 1;
            if result.is_ok() && !progress(finished as f64 / runs as f64) {
                stop.store(true, Ordering::Relaxed);
                result = Err(Error::new(Kind::Cancelled, "stopped by the user"));
            }
        }
        result
    })?
}
