//! Types of elements: as users see them, and as they are stored.

use crate::error::{Error, Result};
use crate::store::{DataType, Field, NumericType};

/// What one element is once its chunk is decoded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Stored {
    /// A number in native byte order.
    Number(NumericType),
    /// So many bytes of text, padded with NUL.
    Bytes(usize),
    /// So many characters of UTF-32, padded with NUL.
    Utf32 {
        /// Number of characters.
        characters: usize,
        /// Whether the byte order is not the machine's.
        swapped: bool,
    },
    /// Text of any length in UTF-8.
    Text,
    /// A structure, as it lies in the chunk.
    Record {
        /// Bytes of one element.
        size: usize,
        /// The numbers in it, and where they go.
        parts: Vec<Part>,
    },
}

/// A number inside a stored structure.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Part {
    /// Bytes from the start of the stored structure.
    pub(super) from: usize,
    /// Bytes from the start of the user's structure.
    pub(super) to: usize,
    /// Its type.
    pub(super) number: NumericType,
    /// Whether its byte order is not the machine's.
    pub(super) swapped: bool,
}

/// A member of a stored structure, before it is laid out.
#[derive(Clone, Debug)]
pub(super) struct Member {
    pub(super) name: String,
    pub(super) from: usize,
    pub(super) kind: MemberKind,
}

#[derive(Clone, Debug)]
pub(super) enum MemberKind {
    Number { number: NumericType, swapped: bool },
    Record(Vec<Member>),
}

impl Stored {
    /// Bytes of one decoded element, `None` where they differ.
    pub(super) fn size(&self) -> Option<usize> {
        match self {
            Self::Number(number) => Some(number.size()),
            Self::Bytes(size) | Self::Record { size, .. } => Some(*size),
            Self::Utf32 { characters, .. } => characters.checked_mul(4),
            Self::Text => None,
        }
    }

    /// As users see it; for a record see [`record`].
    pub(super) fn shown(&self) -> DataType {
        match self {
            Self::Number(number) => DataType::Numeric(number.on_host()),
            Self::Bytes(size) => DataType::Text { max_length: *size },
            Self::Utf32 { .. } | Self::Text | Self::Record { .. } => DataType::Text { max_length: 0 },
        }
    }
}

/// Lays out a structure: what is stored, and what users see.
pub(super) fn record(size: usize, members: &[Member]) -> Result<(Stored, DataType)> {
    let mut parts = Vec::new();
    let (data_type, _) = lay_out(members, 0, 0, &mut parts)?;
    if parts.iter().any(|part| part.from.saturating_add(part.number.size()) > size) {
        return Err(Error::corrupt("a field reaches beyond its structure"));
    }
    Ok((Stored::Record { size, parts }, data_type))
}

/// The layout and the alignment of `members`, which begin `from` and `to` bytes from the start of the whole.
fn lay_out(members: &[Member], from: usize, to: usize, parts: &mut Vec<Part>) -> Result<(DataType, usize)> {
    let (mut offset, mut alignment, mut fields) = (0usize, 1, Vec::new());
    for member in members {
        let member_from = from.saturating_add(member.from);
        let (data_type, size) = match &member.kind {
            MemberKind::Number { number, swapped } => {
                let shown = number.on_host();
                offset = offset.next_multiple_of(shown.alignment());
                alignment = alignment.max(shown.alignment());
                parts.push(Part { from: member_from, to: to + offset, number: *number, swapped: *swapped });
                (DataType::Numeric(shown), shown.size())
            }
            MemberKind::Record(members) => {
                let aligned = lay_out(members, 0, 0, &mut Vec::new())?.1;
                offset = offset.next_multiple_of(aligned);
                alignment = alignment.max(aligned);
                let data_type = lay_out(members, member_from, to + offset, parts)?.0;
                let DataType::Compound { size, .. } = data_type else { unreachable!("a record is laid out as one") };
                (data_type, size)
            }
        };
        if fields.iter().any(|field: &Field| field.name == member.name) {
            return Err(Error::corrupt(format!("two fields are named \"{}\"", member.name)));
        }
        fields.push(Field { name: member.name.clone(), offset, data_type });
        offset += size;
    }
    if fields.is_empty() {
        return Err(Error::corrupt("a structure without fields"));
    }
    let name = fields.iter().map(|field| field.name.as_str()).collect::<Vec<_>>().join("_");
    Ok((DataType::Compound { name, size: offset.next_multiple_of(alignment), fields }, alignment))
}
