//! C structs together with the memory that their pointers point to.

use std::any::Any;
use std::ptr;

use super::bindings::{DggsPair, DggsPairs, DggsStrings};

/// Memory for strings and lists; they stay where they are when the arena moves.
#[derive(Default)]
pub(super) struct Arena {
    blocks: Vec<Box<dyn Any>>,
}

impl Arena {
    /// A C string; it ends at the first NUL of `text`, as any reader in C would see it.
    pub(super) fn text(&mut self, text: &str) -> *const std::ffi::c_char {
        let mut bytes: Vec<u8> = text.bytes().take_while(|&byte| byte != 0).collect();
        bytes.push(0);
        self.list(bytes).cast()
    }

    /// A list; NULL when it is empty.
    pub(super) fn list<T: 'static>(&mut self, items: Vec<T>) -> *const T {
        if items.is_empty() {
            return ptr::null();
        }
        let pointer = items.as_ptr();
        self.blocks.push(Box::new(items));
        pointer
    }

    /// Bytes, aligned for any number.
    pub(super) fn aligned(&mut self, bytes: &[u8]) -> *const std::ffi::c_void {
        let words = bytes.chunks(size_of::<u128>()).map(|chunk| {
            let mut word = [0; size_of::<u128>()];
            word[..chunk.len()].copy_from_slice(chunk);
            u128::from_ne_bytes(word)
        });
        let words: Vec<u128> = words.collect();
        self.list(words).cast()
    }

    pub(super) fn strings<'a>(&mut self, texts: impl IntoIterator<Item = &'a str>) -> DggsStrings {
        let items: Vec<_> = texts.into_iter().map(|text| self.text(text)).collect();
        DggsStrings { count: items.len(), items: self.list(items) }
    }

    pub(super) fn pairs(&mut self, pairs: &[(String, String)]) -> DggsPairs {
        let items: Vec<_> =
            pairs.iter().map(|(key, value)| DggsPair { key: self.text(key), value: self.text(value) }).collect();
        DggsPairs { count: items.len(), items: self.list(items) }
    }
}

/// A C struct and its memory; a pointer to it is a pointer to the struct.
#[repr(C)]
pub(super) struct Owned<T> {
    value: T,
    arena: Arena,
}

// SAFETY: *Memory*: nobody writes the struct or its memory after `new`, so that any thread may read it, and the arena
// holds plain data, which any thread may free.
unsafe impl<T> Send for Owned<T> {}
// SAFETY: as for Send.
unsafe impl<T> Sync for Owned<T> {}

impl<T> Owned<T> {
    /// The struct that `make` builds with memory of the arena.
    pub(super) fn new<E>(make: impl FnOnce(&mut Arena) -> Result<T, E>) -> Result<Box<Self>, E> {
        let mut arena = Arena::default();
        Ok(Box::new(Self { value: make(&mut arena)?, arena }))
    }

    /// The struct; it lives as long as `self`.
    pub(super) fn as_ptr(&self) -> *const T {
        &raw const self.value
    }

    /// The struct, owned by the caller.
    pub(super) fn into_raw(self: Box<Self>) -> *mut T {
        Box::into_raw(self).cast()
    }

    /// Ends what [`Owned::into_raw`] gave; NULL is nothing.
    ///
    /// # Safety
    /// `pointer` is NULL or comes from [`Owned::into_raw`] of the same `T`, and nobody uses it any more.
    pub(super) unsafe fn free(pointer: *mut T) {
        if !pointer.is_null() {
            // SAFETY: the caller's promise; `value` is at the start of the struct (`repr(C)`).
            drop(unsafe { Box::from_raw(pointer.cast::<Self>()) });
        }
    }
}
