//! A store that new nodes are added to in place: until all of them are complete nothing tells of them, and what cannot be
//! completed is taken away again.
//!
//! Arrays write their chunks at once, below folders that no metadata name; then come the metadata, children first, and
//! last those of the groups that were there already. Each new folder holds a file that says whose it is until then, so
//! that the next job knows what a killed process left behind.
//!
//! Limits: off local disks, where there are no locks, two processes must not add levels to one store at once.

use std::sync::Arc;

use crate::error::{Error, Result};
use crate::hierarchy::Editor;
use crate::ops::frame::{self, JOURNAL};
use crate::store::{Call, VsiStore, join};

/// Files that tell of a group.
const METADATA: [&str; 4] = ["zarr.json", ".zgroup", ".zattrs", ".zmetadata"];

/// A store that is added to.
pub(super) struct Growth {
    pub(super) editor: Arc<Editor>,
    store: VsiStore,
    /// Keys of the folders that are new.
    claimed: Vec<String>,
}

impl Growth {
    /// Opens the store at `path`, in whose `groups` nodes will be added, and removes what a killed process left there.
    ///
    /// # Errors
    /// There is no store, or it cannot be written.
    pub(super) fn begin(call: &Arc<Call>, path: &str, groups: &[&str]) -> Result<Self> {
        let store = VsiStore::new(path, call);
        let editor = Editor::open(call, &store)?.ok_or_else(|| Error::not_found("there is no Zarr store"))?;
        let growth = Self { editor, store, claimed: Vec::new() };
        groups.iter().try_for_each(|group| growth.sweep(group))?;
        Ok(growth)
    }

    fn sweep(&self, group: &str) -> Result<()> {
        let key = group.trim_matches('/');
        let known = [self.editor.group_names(group)?, self.editor.array_names(group)?].concat();
        for entry in self.store.list(key)?.into_iter().filter(|entry| entry.is_folder) {
            let folder = join(key, &entry.name);
            let mark = join(&folder, JOURNAL);
            match frame::is_unfinished(&self.store, &folder)? {
                // All of it is told: only the last step was missing.
                true if known.contains(&entry.name) => self.store.delete(&mark)?,
                true => self.store.delete_folder(&folder)?,
                false => {}
            }
        }
        Ok(())
    }

    /// Makes the folder of a node, which is to be new.
    ///
    /// # Errors
    /// Something is there; it cannot be written.
    pub(super) fn claim(&mut self, path: &str) -> Result<()> {
        let key = path.trim_matches('/').to_owned();
        if !self.store.list(&key)?.is_empty() {
            let message = "there is a folder of that name, which is no part of the store: delete it first";
            return Err(Error::invalid(message).context(path.to_owned()));
        }
        let mark = join(&key, JOURNAL);
        self.claimed.push(key);
        self.store.write(&mark, b"levels\n")
    }

    /// Makes the attributes of a group what they are to be.
    ///
    /// # Errors
    /// There is no such group.
    pub(super) fn set_attributes(&self, group: &str, attributes: crate::convention::Attributes) -> Result<()> {
        let before = self.editor.attributes(group)?;
        for key in before.keys().filter(|key| !attributes.contains_key(*key)) {
            self.editor.set_attribute(group, key, None)?;
        }
        for (key, value) in attributes {
            if before.get(&key) != Some(&value) {
                self.editor.set_attribute(group, &key, Some(value))?;
            }
        }
        Ok(())
    }

    /// Tells of all that is new; `groups` are those that were there and tell of it.
    ///
    /// # Errors
    /// Something cannot be written: then the store is as it was.
    pub(super) fn finish(self, call: &Arc<Call>, groups: &[&str]) -> Result<()> {
        let mut before = Vec::new();
        for group in groups.iter().copied().chain(["/"]) {
            for file in METADATA {
                let key = join(group.trim_matches('/'), file);
                before.push((self.store.read(&key)?, key));
            }
        }
        match self.editor.flush(call) {
            Ok(()) => self.claimed.iter().try_for_each(|folder| self.store.delete(&join(folder, JOURNAL))),
            Err(error) => {
                for (bytes, key) in before {
                    // What went wrong first counts; what is still the same need not be written.
                    if self.store.read(&key).ok().as_ref() != Some(&bytes) {
                        let _ = match bytes {
                            Some(bytes) => self.store.write(&key, &bytes),
                            None => self.store.delete(&key),
                        };
                    }
                }
                self.abandon();
                Err(error)
            }
        }
    }

    /// Takes away what is new.
    pub(super) fn abandon(self) {
        for folder in &self.claimed {
            // The reason for giving up is what the user must hear of; the mark in it tells the next job.
            let _ = frame::remove(&self.store, folder);
        }
    }
}
