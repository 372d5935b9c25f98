//! The crate's one error type: what went wrong, where, and why.
//!
//! An [`Error`] reads outside in: the outermost context names the file, the next the array or option, the innermost
//! the cause. `abi/` turns it into one `CPLError` message; nothing else prints.

use std::fmt;

/// What a caller may want to tell apart; the text is for people.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A file, array, group or zone does not exist.
    NotFound,
    /// An option, argument or selection makes no sense.
    InvalidArgument,
    /// Stored metadata or data break their specification.
    Corrupt,
    /// Well formed, but beyond what this driver can do.
    Unsupported,
    /// The operating system, the network or GDAL's virtual file system failed.
    Io,
    /// Memory for a request of this size cannot be had.
    OutOfMemory,
    /// The caller's progress function asked to stop.
    Cancelled,
    /// A defect of ours: a panic that was stopped at the border.
    Panic,
}

/// An error with its kind, its message, and the places it passed on its way up, outermost first.
#[derive(Clone, Debug)]
pub struct Error {
    kind: Kind,
    message: String,
    context: Vec<String>,
}

/// The result of everything fallible in this crate.
pub type Result<T> = std::result::Result<T, Error>;

impl Error {
    /// An error of `kind`; `message` says what is wrong and, where it can, what to do.
    pub fn new(kind: Kind, message: impl Into<String>) -> Self {
        Self { kind, message: message.into(), context: Vec::new() }
    }

    /// [`Kind::NotFound`].
    pub fn not_found(message: impl Into<String>) -> Self {
        Self::new(Kind::NotFound, message)
    }

    /// [`Kind::InvalidArgument`].
    pub fn invalid(message: impl Into<String>) -> Self {
        Self::new(Kind::InvalidArgument, message)
    }

    /// [`Kind::Corrupt`].
    pub fn corrupt(message: impl Into<String>) -> Self {
        Self::new(Kind::Corrupt, message)
    }

    /// [`Kind::Unsupported`].
    pub fn unsupported(message: impl Into<String>) -> Self {
        Self::new(Kind::Unsupported, message)
    }

    /// [`Kind::Io`].
    pub fn io(message: impl Into<String>) -> Self {
        Self::new(Kind::Io, message)
    }

    /// The same error, seen from one place further out (`"array /u"`, `"chunk c/0/3"`, `"open option BBOX"`).
    #[must_use]
    pub fn context(mut self, place: impl Into<String>) -> Self {
        self.context.insert(0, place.into());
        self
    }

    /// What kind of error it is.
    pub fn kind(&self) -> Kind {
        self.kind
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for place in &self.context {
            write!(f, "{place}: ")?;
        }
        f.write_str(&self.message)
    }
}

impl std::error::Error for Error {}

/// Adds a place to the error of a [`Result`].
pub trait Context<T> {
    /// The same result, its error seen from `place`; `place` is only made when there is an error.
    fn context(self, place: impl FnOnce() -> String) -> Result<T>;
}

impl<T> Context<T> for Result<T> {
    fn context(self, place: impl FnOnce() -> String) -> Result<T> {
        self.map_err(|error| error.context(place()))
    }
}
