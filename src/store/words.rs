//! Rows of elements from one strided block to another, converted by `GDALCopyWords64`.

#![expect(unsafe_code, reason = "copies between blocks through pointers, and calls GDALCopyWords64")]

use std::ffi::c_int;

use super::NumericType;
use crate::error::{Error, Result};

/// Copies between two blocks whose elements `axes` address, converting `from` one type `to` another.
///
/// # Safety
/// Every element that `axes` address is readable at `source` and writable at `target`, and the blocks do not overlap.
///
/// # Errors
/// The host does not know one of the types.
pub(super) unsafe fn copy(
    (source, from): (*const u8, NumericType),
    (target, to): (*mut u8, NumericType),
    mut axes: Vec<Vec<Segment>>,
) -> Result<()> {
    if from.on_host() != from || to.on_host() != to {
        return Err(Error::unsupported(format!("{from:?} to {to:?} in this GDAL")));
    }
    if axes.iter().any(|segments| segments.iter().all(|segment| segment.count == 0)) {
        return Ok(());
    }
    collapse(&mut axes);
    // SAFETY: as promised by the caller.
    unsafe { Words { from, to }.copy_axes(source, target, &axes) };
    Ok(())
}

/// A row of elements: offsets and strides in bytes.
#[derive(Clone, Copy, Debug)]
pub(super) struct Segment {
    pub(super) count: usize,
    pub(super) source: isize,
    pub(super) target: isize,
    pub(super) source_stride: isize,
    pub(super) target_stride: isize,
}

/// Joins axes that are one row in memory, and puts the axis for the innermost loop last.
fn collapse(axes: &mut Vec<Vec<Segment>>) {
    let mut index = axes.len();
    while index > 1 {
        index -= 1;
        if let ([outer], [inner]) = (axes[index - 1].as_slice(), axes[index].as_slice()) {
            let count = inner.count as isize;
            let one_row = outer.count == 1
                || inner.count == 1
                || (outer.source_stride == inner.source_stride.wrapping_mul(count)
                    && outer.target_stride == inner.target_stride.wrapping_mul(count));
            if one_row {
                let strides = if inner.count == 1 { outer } else { inner };
                axes[index - 1] = vec![Segment {
                    count: outer.count * inner.count,
                    source: outer.source + inner.source,
                    target: outer.target + inner.target,
                    source_stride: strides.source_stride,
                    target_stride: strides.target_stride,
                }];
                axes.remove(index);
            }
        }
    }
    // a short innermost loop would call GDAL for every few elements
    let length = |segments: &Vec<Segment>| segments.iter().map(|s| s.count).max().unwrap_or(0).min(64);
    if let Some(longest) = (0..axes.len()).max_by_key(|&axis| (length(&axes[axis]), axis)) {
        let inner = axes.remove(longest);
        axes.push(inner);
    }
}

/// Copies rows of one type to another.
#[derive(Clone, Copy)]
struct Words {
    from: NumericType,
    to: NumericType,
}

impl Words {
    /// # Safety
    /// Every element that `axes` address is readable at `source` and writable at `target`.
    unsafe fn copy_axes(self, source: *const u8, target: *mut u8, axes: &[Vec<Segment>]) {
        let Some((segments, inner)) = axes.split_first() else {
            let one = Segment { count: 1, source: 0, target: 0, source_stride: 0, target_stride: 0 };
            // SAFETY: the one element of a block without axes.
            return unsafe { self.copy_row(source, target, &one) };
        };
        for segment in segments {
            if inner.is_empty() {
                // SAFETY: as promised by the caller.
                unsafe { self.copy_row(source, target, segment) };
                continue;
            }
            for index in 0..segment.count as isize {
                let source = source.wrapping_offset(segment.source + segment.source_stride * index);
                let target = target.wrapping_offset(segment.target + segment.target_stride * index);
                // SAFETY: as promised by the caller.
                unsafe { self.copy_axes(source, target, inner) };
            }
        }
    }

    /// # Safety
    /// As [`Words::copy_axes`], for one row.
    unsafe fn copy_row(self, source: *const u8, target: *mut u8, row: &Segment) {
        let source = source.wrapping_offset(row.source);
        let target = target.wrapping_offset(row.target);
        let size = self.from.size() as isize;
        if self.from == self.to && row.target_stride == size && row.source_stride == size {
            // SAFETY: both rows are contiguous and of this length; our decoded bytes never overlap the caller's.
            return unsafe { std::ptr::copy_nonoverlapping(source, target, row.count * self.from.size()) };
        }
        let strides = (c_int::try_from(row.source_stride), c_int::try_from(row.target_stride));
        if let (Ok(source_stride), Ok(target_stride)) = strides {
            // SAFETY: gdal.h: copies `count` elements with these byte strides; GDALCopyWords64 takes unaligned data.
            unsafe { self.convert(source, source_stride, target, target_stride, row.count as isize) };
        } else {
            // GDAL's strides are 32-bit
            for index in 0..row.count as isize {
                let source = source.wrapping_offset(row.source_stride * index);
                let target = target.wrapping_offset(row.target_stride * index);
                // SAFETY: one element each.
                unsafe { self.convert(source, 0, target, 0, 1) };
            }
        }
    }

    /// # Safety
    /// As `GDALCopyWords64`.
    unsafe fn convert(self, source: *const u8, from_stride: c_int, target: *mut u8, to_stride: c_int, count: isize) {
        // SAFETY: passed on.
        unsafe {
            gdal_sys::GDALCopyWords64(
                source.cast(),
                self.from.gdal() as gdal_sys::GDALDataType::Type,
                from_stride,
                target.cast(),
                self.to.gdal() as gdal_sys::GDALDataType::Type,
                to_stride,
                count as gdal_sys::GPtrDiff_t,
            );
        }
    }
}

/// Byte strides of a C-order block.
pub(super) fn c_strides(counts: &[usize], size: usize) -> Vec<isize> {
    let mut strides = vec![0; counts.len()];
    let mut stride = size;
    for (slot, &count) in strides.iter_mut().zip(counts).rev() {
        *slot = stride as isize;
        stride = stride.saturating_mul(count.max(1));
    }
    strides
}
