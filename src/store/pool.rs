//! The crate's own thread pools.
//!
//! rayon's global pool must never be touched: its threads do not exist in a forked child, where it hangs for ever. The
//! pools here are made on first use, one for each process id and number of threads, and never destroyed: a forked child
//! finds none of its own and makes a new one, without looking at its parent's.

#![expect(unsafe_code, reason = "a list of pools that is read without a lock, which a fork could leave locked")]

use std::process;
use std::ptr;
use std::sync::atomic::{AtomicPtr, Ordering};

use rayon::{Scope, ThreadPool, ThreadPoolBuilder};

use super::Call;
use crate::error::{Error, Kind, Result};

struct Pool {
    process: u32,
    threads: usize,
    pool: ThreadPool,
    next: *mut Pool,
}

static POOLS: AtomicPtr<Pool> = AtomicPtr::new(ptr::null_mut());

/// Runs `work` in the pool of as many threads as the call grants; rayon's functions inside it use that pool.
///
/// # Errors
/// No thread can be started.
pub fn install<R: Send>(call: &Call, work: impl FnOnce() -> R + Send) -> Result<R> {
    Ok(of(call.threads())?.install(work))
}

/// Starts `work` in that pool and does not wait for it.
///
/// # Errors
/// No thread can be started.
pub fn spawn(call: &Call, work: impl FnOnce() + Send + 'static) -> Result<()> {
    of(call.threads())?.spawn(work);
    Ok(())
}

/// Runs `work` in the caller's thread, and what it spawns in the pool of as many threads as the call grants; returns when
/// all of that is done.
///
/// # Errors
/// No thread can be started.
pub fn in_place_scope<'scope, R>(call: &Call, work: impl FnOnce(&Scope<'scope>) -> R) -> Result<R> {
    Ok(of(call.threads())?.in_place_scope(work))
}

/// The pool of `threads` threads of this process.
fn of(threads: usize) -> Result<&'static ThreadPool> {
    let process = process::id();
    let find = |mut item: *mut Pool| {
        // SAFETY: items are leaked boxes that are never changed after they are published.
        while let Some(pool) = unsafe { item.as_ref() } {
            if pool.process == process && pool.threads == threads {
                return Some(&pool.pool);
            }
            item = pool.next;
        }
        None
    };
    if let Some(pool) = find(POOLS.load(Ordering::Acquire)) {
        return Ok(pool);
    }
    let pool = ThreadPoolBuilder::new()
        .num_threads(threads)
        .thread_name(|index| format!("dggs-{index}"))
        .build()
        .map_err(|error| Error::new(Kind::OutOfMemory, format!("cannot start {threads} threads: {error}")))?;
    let item = Box::leak(Box::new(Pool { process, threads, pool, next: ptr::null_mut() }));
    let mut head = POOLS.load(Ordering::Acquire);
    loop {
        item.next = head;
        match POOLS.compare_exchange(head, item, Ordering::AcqRel, Ordering::Acquire) {
            Ok(_) => return Ok(&item.pool),
            Err(other) => head = other,
        }
    }
}
