//! Runs: the pieces of a zone axis that are made and written as a whole, in parallel.

use std::ops::Range;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError, mpsc};

use super::Progress;
use crate::error::{Error, Kind, Result};
use crate::store::{Call, pool};

/// Makes the runs `0..runs`: `threads` threads take them in this order, `together` at a time, fewer when few are left. After an
/// error, or when `progress` says so, those that were begun are finished and no other is begun.
///
/// # Errors
/// The first that `make` gives; the caller stopped it.
pub(super) fn each(
    call: &Arc<Call>,
    runs: u64,
    (threads, together): (usize, u64),
    make: &(dyn Fn(u64) -> Result<()> + Sync),
    progress: Progress<'_>,
) -> Result<()> {
    let (left, stop) = (Mutex::new(0..runs), AtomicBool::new(false));
    let (sender, receiver) = mpsc::channel::<Result<()>>();
    pool::in_place_scope(call, |scope| {
        for _ in 0..threads {
            let (sender, left, stop) = (sender.clone(), &left, &stop);
            scope.spawn(move |_| {
                loop {
                    let taken = take(&mut left.lock().unwrap_or_else(PoisonError::into_inner), threads, together);
                    if taken.is_empty() {
                        return;
                    }
                    for run in taken {
                        if stop.load(Ordering::Relaxed) || sender.send(make(run)).is_err() {
                            return;
                        }
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

/// Takes what a thread makes next: so little that all threads come to an end together.
fn take(left: &mut Range<u64>, threads: usize, together: u64) -> Range<u64> {
    const SHARES: u64 = 4;
    let count = (left.end - left.start) / (SHARES * threads as u64);
    let first = left.start;
    left.start = (first + count.clamp(1, together.max(1))).min(left.end);
    first..left.start
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn runs_are_taken_in_order_once_and_fewer_at_the_end() {
        let mut left = 0..100;
        let mut taken = Vec::new();
        while !left.is_empty() {
            taken.push(take(&mut left, 2, 8));
        }
        assert_eq!(taken.iter().cloned().flatten().collect::<Vec<_>>(), (0..100).collect::<Vec<_>>());
        assert_eq!(taken.first(), Some(&(0..8)));
        assert_eq!(taken.last(), Some(&(99..100)));
        assert!(taken.iter().filter(|runs| runs.end - runs.start == 1).count() >= 8);
        assert!(take(&mut left, 2, 8).is_empty());
    }
}
