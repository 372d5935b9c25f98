//! A store that is being made: it takes its place as a whole, or not at all.
//!
//! On a disk, and in memory, it grows in the folder `<name>.partial` beside its target and is renamed when it is complete;
//! what was at the target can be read until then. On an object store, where nothing can be renamed, it grows in its place, and
//! the root's metadata come last: without them it is no store.
//!
//! What is not completed is removed, unless the job may be resumed: then the folder stays, and with it a list of the
//! steps that are done. A folder that a killed process left behind is replaced by the next job of the same name.
//!
//! Limits: on an object store a new store takes the place of an unfinished one only; a complete one must be deleted first.

use std::collections::HashSet;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use crate::error::{Context, Error, Result};
use crate::hierarchy::{Editor, Format};
use crate::store::{Call, VsiStore, join};

/// What the name of an unfinished store ends in.
const PARTIAL: &str = ".partial";

/// Says, in an unfinished store, which job it is of, and which of its steps are done: a line each.
pub(super) const JOURNAL: &str = ".dggs_journal";

/// How often the journal is written.
const JOURNAL_PERIOD: Duration = Duration::from_secs(1);

/// The prefix of connection strings, which name what is there already.
const PREFIX: &str = "DGGS:";

/// A store that is being made.
pub struct Frame {
    target: VsiStore,
    /// Where it grows; the target itself on an object store.
    place: VsiStore,
    editor: Arc<Editor>,
    /// `None`: the job cannot be resumed.
    journal: Option<Mutex<Journal>>,
}

struct Journal {
    job: String,
    done: HashSet<String>,
    written: Instant,
}

/// A path that a store may be made at.
///
/// # Errors
/// A connection string with the driver's prefix; an empty name.
pub fn target(call: &Arc<Call>, name: &str) -> Result<VsiStore> {
    let has_prefix = name.get(..PREFIX.len()).is_some_and(|start| start.eq_ignore_ascii_case(PREFIX));
    match name.trim() {
        "" => Err(Error::invalid("the name of what is to be created is empty")),
        _ if has_prefix => Err(Error::invalid(format!(
            "{name} names what is there already: give a path without {PREFIX} as the target"
        ))),
        _ => Ok(VsiStore::new(name, call)),
    }
}

impl Frame {
    /// Begins a store at `name`. `job` is a line that tells this job from others: with `resume` the steps that were done
    /// for the same job are kept.
    ///
    /// # Errors
    /// There is something at the target that must not be replaced, or nothing can be written there.
    pub fn begin(call: &Arc<Call>, name: &str, format: Format, resume: bool, job: &str) -> Result<Self> {
        let target = target(call, name)?;
        // Nothing can take its place at once there, and what is readable must stay so until then.
        let is_left_behind = target.is_remote() && is_unfinished(&target, "")?;
        if !is_left_behind && Editor::is_replaceable(&target)? && target.is_remote() {
            let message = "there is a store of that name already, and an object store cannot exchange it for a new one: delete it first";
            return Err(Error::invalid(message).context(target.path().to_string()));
        }
        let place = match target.is_remote() {
            true => VsiStore::new(target.path(), call),
            false => VsiStore::new(&format!("{}{PARTIAL}", target.path()), call),
        };
        let job: String = job.replace(['\n', '\r'], " ");
        let known = journal_of(&place)?;
        let done = match known.as_ref().filter(|(known, _)| resume && *known == job) {
            Some((_, done)) => {
                if !place.is_remote() {
                    remove_temporary_files(&place, "")?;
                }
                done.clone()
            }
            None => {
                if is_unfinished(&place, "")? || Editor::is_replaceable(&place)? {
                    remove(&place, "")?;
                }
                HashSet::new()
            }
        };
        let frame = Self {
            editor: Editor::begin(&place, format),
            target,
            place,
            journal: resume.then(|| Mutex::new(Journal { job: job.clone(), done, written: Instant::now() })),
        };
        // Even a job that cannot be resumed leaves its name: what a killed process leaves behind can be told from a
        // user's folder.
        let begun = frame.place.write(JOURNAL, format!("{job}\n").as_bytes()).and_then(|()| frame.write_journal());
        match begun {
            Ok(()) => Ok(frame),
            Err(error) => {
                if known.is_none() {
                    // What went wrong first counts.
                    let _ = remove(&frame.place, "");
                }
                Err(error)
            }
        }
    }

    /// The store's nodes. They are written when the frame is finished.
    pub fn editor(&self) -> &Arc<Editor> {
        &self.editor
    }

    /// Whether a step was done before the job was stopped.
    pub fn is_done(&self, step: &str) -> bool {
        let journal = self.journal.as_ref().map(|journal| journal.lock().unwrap_or_else(PoisonError::into_inner));
        journal.is_some_and(|journal| journal.done.contains(step))
    }

    /// Remembers that all that belongs to a step, a word without line breaks, is written.
    ///
    /// # Errors
    /// The journal cannot be written.
    pub fn done(&self, step: &str) -> Result<()> {
        let Some(journal) = &self.journal else { return Ok(()) };
        let is_due = {
            let mut journal = journal.lock().unwrap_or_else(PoisonError::into_inner);
            journal.done.insert(step.to_owned());
            journal.written.elapsed() >= JOURNAL_PERIOD
        };
        if is_due { self.write_journal() } else { Ok(()) }
    }

    fn write_journal(&self) -> Result<()> {
        let Some(journal) = &self.journal else { return Ok(()) };
        let mut journal = journal.lock().unwrap_or_else(PoisonError::into_inner);
        let lines: Vec<&str> =
            std::iter::once(journal.job.as_str()).chain(journal.done.iter().map(String::as_str)).collect();
        self.place.write(JOURNAL, (lines.join("\n") + "\n").as_bytes())?;
        journal.written = Instant::now();
        Ok(())
    }

    /// Writes what is left, the root's metadata last, and takes the target's place.
    ///
    /// # Errors
    /// Something cannot be written; then nothing is at the target that was not there.
    pub fn finish(self, call: &Arc<Call>) -> Result<()> {
        let finished = self.take_place(call);
        if finished.is_err() {
            // What went wrong first counts.
            let _ = self.give_up();
        }
        finished
    }

    fn take_place(&self, call: &Arc<Call>) -> Result<()> {
        // The journal goes last: without it, what a killed job leaves could not be told from a user's folder.
        self.editor.flush(call)?;
        self.place.delete(JOURNAL)?;
        if self.place.is_remote() {
            return Ok(());
        }
        // Something may have come there meanwhile.
        Editor::is_replaceable(&self.target)?;
        match self.place.replace(&self.target)? {
            None => Ok(()),
            Some(old) => {
                // What is left of it when this is stopped can be told from a user's folder.
                old.write(JOURNAL, b"replaced\n")?;
                remove(&old, "")
            }
        }
    }

    /// Ends a job that failed or was stopped: what it made is removed, or stays for the next one to resume.
    pub fn abandon(self) {
        // The reason for giving up is what the user must hear of.
        let _ = self.give_up();
    }

    fn give_up(&self) -> Result<()> {
        match &self.journal {
            Some(_) => self.write_journal(),
            None => remove(&self.place, ""),
        }
    }
}

/// Whether the folder `key` of `place` is what a job left behind: it has a journal, or one that was being written.
pub(super) fn is_unfinished(place: &VsiStore, key: &str) -> Result<bool> {
    Ok(place.list(key)?.iter().any(|entry| entry.name.starts_with(JOURNAL)))
}

/// Deletes the folder `folder` of `place`, its journal last: until it is gone it can be told from a user's.
pub(super) fn remove(place: &VsiStore, folder: &str) -> Result<()> {
    for entry in place.list(folder)?.into_iter().filter(|entry| !entry.name.starts_with(JOURNAL)) {
        let key = join(folder, &entry.name);
        match entry.is_folder {
            true => place.delete_folder(&key)?,
            false => place.delete(&key)?,
        }
    }
    match place.is_remote() {
        // there are no folders but those of names
        true => place.delete(&join(folder, JOURNAL)),
        false => place.delete_folder(folder),
    }
}

/// The job of an unfinished store, and its steps that are done.
fn journal_of(place: &VsiStore) -> Result<Option<(String, HashSet<String>)>> {
    let Some(bytes) = place.read(JOURNAL)? else { return Ok(None) };
    let text = String::from_utf8_lossy(&bytes).into_owned();
    let mut lines = text.lines().map(str::to_owned);
    let job = lines.next().unwrap_or_default();
    Ok(Some((job, lines.collect())))
}

/// Removes files that were being written when a process was killed.
fn remove_temporary_files(place: &VsiStore, key: &str) -> Result<()> {
    for entry in place.list(key)? {
        let below = join(key, &entry.name);
        match entry.is_folder {
            true => remove_temporary_files(place, &below)?,
            false if entry.name.ends_with(PARTIAL) => place.delete(&below).context(|| below.clone())?,
            false => {}
        }
    }
    Ok(())
}
