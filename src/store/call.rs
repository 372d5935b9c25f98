//! One call from GDAL: the caller's configuration options and errors, wherever the work is done.
//!
//! Configuration options set with `CPLSetThreadLocalConfigOption` and CPL errors belong to a thread. [`Call::capture`]
//! takes the options in the caller's thread; [`Call::enter`] replays them in any thread and, while its guard lives,
//! collects errors as text instead of letting them reach the user's error handler or the thread's error state.

#![expect(unsafe_code, reason = "calls GDAL's C functions for options and errors")]

use std::ffi::{CStr, CString, c_char, c_int, c_void};
use std::marker::PhantomData;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, ThreadId};

use gdal_sys::CPLErr;

use super::ffi::{self, StringList};

/// The captured state of one call.
#[derive(Debug)]
pub struct Call {
    options: Vec<CString>,
    thread: ThreadId,
    threads: usize,
    warnings: Mutex<Vec<String>>,
}

impl Call {
    /// Captures the options of the calling thread.
    pub fn capture() -> Arc<Self> {
        let mut options = Vec::new();
        // SAFETY: cpl_conv.h: CPLGetThreadLocalConfigOptions returns a copy to be freed with CSLDestroy.
        unsafe {
            let list = gdal_sys::CPLGetThreadLocalConfigOptions();
            let mut item = list;
            while !item.is_null() && !(*item).is_null() {
                options.push(CStr::from_ptr(*item).to_owned());
                item = item.add(1);
            }
            gdal_sys::CSLDestroy(list);
        }
        let threads = thread_count(config_option(c"GDAL_NUM_THREADS").as_deref());
        Arc::new(Self { options, thread: thread::current().id(), threads, warnings: Mutex::default() })
    }

    /// How many threads the caller grants: `GDAL_NUM_THREADS`, by default all.
    pub fn threads(&self) -> usize {
        self.threads
    }

    /// The same call with at most `threads` threads, and warnings of its own.
    #[must_use]
    pub fn limited(&self, threads: usize) -> Arc<Self> {
        Arc::new(Self {
            options: self.options.clone(),
            thread: self.thread,
            threads: self.threads.min(threads.max(1)),
            warnings: Mutex::default(),
        })
    }

    /// A configuration option as the caller sees it: thread-local, then global, then the environment.
    pub fn option(&self, name: &str) -> Option<String> {
        let _entered = self.enter();
        config_option(&CString::new(name).ok()?)
    }

    /// Something that the user should know although the call succeeds; `abi` shows it when the call ends.
    pub fn warn(&self, warning: impl Into<String>) {
        self.warnings.lock().unwrap_or_else(PoisonError::into_inner).push(warning.into());
    }

    /// The warnings since the last take.
    pub fn take_warnings(&self) -> Vec<String> {
        std::mem::take(&mut *self.warnings.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Makes this thread work for the call until the guard is dropped.
    pub fn enter(&self) -> Entered {
        let replaced = (thread::current().id() != self.thread).then(|| {
            let list = StringList::new(self.options.clone());
            // SAFETY: the getter gives a copy, which the guard frees; the setter copies the list.
            unsafe {
                let previous = gdal_sys::CPLGetThreadLocalConfigOptions();
                gdal_sys::CPLSetThreadLocalConfigOptions(list.as_ptr());
                previous
            }
        });
        // SAFETY: reads the thread's error state; the handler's data is boxed in the guard and outlives the handler.
        unsafe {
            let state = (
                gdal_sys::CPLGetLastErrorType(),
                gdal_sys::CPLGetLastErrorNo(),
                CStr::from_ptr(gdal_sys::CPLGetLastErrorMsg()).to_owned(),
            );
            let collected = Box::into_raw(Box::<Vec<String>>::default());
            gdal_sys::CPLPushErrorHandlerEx(Some(collect), collected.cast());
            Entered { replaced, state, collected, _thread: PhantomData }
        }
    }
}

/// While it lives, this thread has the call's options and errors are collected.
pub struct Entered {
    replaced: Option<*mut *mut c_char>,
    state: (CPLErr::Type, c_int, CString),
    collected: *mut Vec<String>,
    /// The guard must be dropped in the thread that made it.
    _thread: PhantomData<*mut ()>,
}

impl Entered {
    /// The errors since entering or since the last take, joined; `None` when there were none.
    pub fn take_errors(&self) -> Option<String> {
        // SAFETY: only this thread's error handler also writes there, and it is not running now.
        let errors = std::mem::take(unsafe { &mut *self.collected });
        (!errors.is_empty()).then(|| errors.join("; "))
    }
}

impl Drop for Entered {
    fn drop(&mut self) {
        // SAFETY: undoes, in reverse and in the same thread, what `enter` did.
        unsafe {
            gdal_sys::CPLPopErrorHandler();
            drop(Box::from_raw(self.collected));
            gdal_sys::CPLErrorSetState(self.state.0, self.state.1, self.state.2.as_ptr());
            if let Some(previous) = self.replaced {
                gdal_sys::CPLSetThreadLocalConfigOptions(previous.cast_const().cast());
                gdal_sys::CSLDestroy(previous);
            }
        }
    }
}

/// The error handler of [`Call::enter`]: keeps the text of failures.
unsafe extern "C" fn collect(class: CPLErr::Type, _number: c_int, message: *const c_char) {
    if class < CPLErr::CE_Failure {
        return;
    }
    // SAFETY: cpl_error.h: the data is what was given to CPLPushErrorHandlerEx; the message is a C string.
    unsafe {
        let collected: *mut c_void = gdal_sys::CPLGetErrorHandlerUserData();
        if let (Some(collected), Some(text)) = (collected.cast::<Vec<String>>().as_mut(), ffi::text(message)) {
            collected.push(text);
        }
    }
}

fn config_option(name: &CStr) -> Option<String> {
    // SAFETY: both strings live through the call; the result is copied at once.
    unsafe { ffi::text(gdal_sys::CPLGetConfigOption(name.as_ptr(), std::ptr::null())) }
}

/// `GDAL_NUM_THREADS`: a number, `ALL_CPUS`, or nothing.
fn thread_count(option: Option<&str>) -> usize {
    match option.map(str::trim) {
        Some(text) if !text.eq_ignore_ascii_case("ALL_CPUS") => {
            // GDAL reads it with atoi: what is no number counts as one thread
            text.parse::<usize>().unwrap_or(1).clamp(1, 1024)
        }
        // SAFETY: cpl_multiproc.h: takes nothing, gives the number of processors.
        _ => usize::try_from(unsafe { ffi::CPLGetNumCPUs() }).unwrap_or(1).clamp(1, 1024),
    }
}
