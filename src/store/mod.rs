//! Stand-in until branch `store` is merged.
mod call;
mod ffi;
mod numeric;
mod source;
mod target;

pub use call::{Call, Entered};
pub use numeric::{Host, Number, NumericType, host};
pub use source::{Run, Source};
pub use target::Target;
