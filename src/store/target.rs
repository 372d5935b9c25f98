//! The caller's strided memory, and how elements are copied into it.
//!
//! A [`Target`] can be split along an axis, so that each parallel task owns the part it writes. Elements are converted
//! by `GDALCopyWords64`: bit for bit what GDAL's own drivers deliver.

#![expect(unsafe_code, reason = "writes the caller's memory through a pointer, and calls GDALCopyWords64")]

use std::ffi::c_int;
use std::marker::PhantomData;
use std::mem::MaybeUninit;

use super::{Number, NumericType, Run, Source};
use crate::error::{Error, Result};

/// A strided block of the caller's elements of one numeric type, borrowed for `'a`.
#[derive(Debug)]
pub struct Target<'a> {
    pointer: *mut u8,
    data_type: NumericType,
    counts: Vec<usize>,
    strides: Vec<isize>,
    disjoint: bool,
    _memory: PhantomData<&'a mut [MaybeUninit<u8>]>,
}

// SAFETY: a target is the only access to its elements for 'a, like a `&mut [u8]`, which is Send.
unsafe impl Send for Target<'_> {}

impl<'a> Target<'a> {
    /// The memory at `pointer`: `counts` elements along each axis, `strides_bytes` apart (negative ones too).
    ///
    /// # Safety
    /// Every element addressed by `counts` and `strides_bytes` is writable memory for `'a`, and nothing else reads or
    /// writes it meanwhile. It need not be initialised, nor aligned.
    ///
    /// # Errors
    /// `counts` and `strides_bytes` differ in length.
    pub unsafe fn new(
        pointer: *mut u8,
        data_type: NumericType,
        counts: &[usize],
        strides_bytes: &[isize],
    ) -> Result<Self> {
        if counts.len() != strides_bytes.len() {
            return Err(Error::invalid(format!("{} strides for {} axes", strides_bytes.len(), counts.len())));
        }
        let disjoint = elements_are_disjoint(counts, strides_bytes, data_type.size());
        Ok(Self {
            pointer,
            data_type,
            counts: counts.to_vec(),
            strides: strides_bytes.to_vec(),
            disjoint,
            _memory: PhantomData,
        })
    }

    /// The elements of `slice`, in C order of `counts`.
    ///
    /// # Errors
    /// `slice` has another number of elements.
    pub fn from_slice<T: Number>(slice: &'a mut [T], counts: &[usize]) -> Result<Self> {
        let elements = counts.iter().try_fold(1usize, |product, &count| product.checked_mul(count));
        if elements != Some(slice.len()) {
            return Err(Error::invalid(format!("a buffer of {} elements for the shape {counts:?}", slice.len())));
        }
        let strides = c_strides(counts, T::TYPE.size());
        // SAFETY: the slice is exclusively borrowed for 'a and covers all elements, as just checked.
        unsafe { Self::new(slice.as_mut_ptr().cast(), T::TYPE, counts, &strides) }
    }

    /// The elements of type `data_type` in `bytes`, native byte order, in C order of `counts`.
    ///
    /// # Errors
    /// `bytes` holds another number of elements.
    pub fn from_bytes(bytes: &'a mut [u8], data_type: NumericType, counts: &[usize]) -> Result<Self> {
        let wanted = counts.iter().try_fold(data_type.size(), |product, &count| product.checked_mul(count));
        if wanted != Some(bytes.len()) {
            return Err(Error::invalid(format!("{} bytes for {counts:?} elements of {data_type:?}", bytes.len())));
        }
        let strides = c_strides(counts, data_type.size());
        // SAFETY: the elements are exactly the borrowed bytes.
        unsafe { Self::new(bytes.as_mut_ptr(), data_type, counts, &strides) }
    }

    /// Parts of at most `size` positions along an axis, each with its first position.
    ///
    /// # Panics
    /// There is no such axis, or `size` is zero.
    pub fn batches(self, axis: usize, size: usize) -> Vec<(usize, Target<'a>)> {
        let mut parts = Vec::with_capacity(self.counts[axis].div_ceil(size));
        let (mut rest, mut at) = (self, 0);
        while rest.counts[axis] > size {
            let (part, tail) = rest.split_at(axis, size);
            parts.push((at, part));
            (rest, at) = (tail, at + size);
        }
        parts.push((at, rest));
        parts
    }

    /// Type of the elements.
    pub fn data_type(&self) -> NumericType {
        self.data_type
    }

    /// Number of elements along each axis.
    pub fn counts(&self) -> &[usize] {
        &self.counts
    }

    /// Bytes from one element to the next along an axis, whichever way.
    ///
    /// # Panics
    /// There is no such axis.
    pub fn stride_bytes(&self, axis: usize) -> usize {
        self.strides[axis].unsigned_abs()
    }

    /// Whether no two elements share memory, so that parts may be written at the same time. A caller with odd strides
    /// may say otherwise; then only one thread may write.
    pub fn is_disjoint(&self) -> bool {
        self.disjoint
    }

    /// The same memory, borrowed for a shorter time.
    pub fn reborrow(&mut self) -> Target<'_> {
        Target {
            pointer: self.pointer,
            data_type: self.data_type,
            counts: self.counts.clone(),
            strides: self.strides.clone(),
            disjoint: self.disjoint,
            _memory: PhantomData,
        }
    }

    /// The elements before position `index` of `axis`, and those from it on.
    ///
    /// # Panics
    /// There is no such axis, or `index` is beyond its end.
    pub fn split_at(self, axis: usize, index: usize) -> (Target<'a>, Target<'a>) {
        assert!(index <= self.counts[axis], "split at {index} of {}", self.counts[axis]);
        let mut counts = self.counts.clone();
        counts[axis] -= index;
        let offset = if counts[axis] == 0 { 0 } else { self.strides[axis].wrapping_mul(index as isize) };
        let after = Target {
            pointer: self.pointer.wrapping_offset(offset),
            data_type: self.data_type,
            counts,
            strides: self.strides.clone(),
            disjoint: self.disjoint,
            _memory: PhantomData,
        };
        let mut before = self;
        before.counts[axis] = index;
        (before, after)
    }

    /// The `count` positions of `axis` from `start` on.
    ///
    /// # Panics
    /// There is no such axis, or they reach beyond its end.
    #[must_use]
    pub fn narrow(self, axis: usize, start: usize, count: usize) -> Target<'a> {
        self.split_at(axis, start).1.split_at(axis, count).0
    }

    /// The axes in another order: axis i is what was axis `order[i]`.
    ///
    /// # Panics
    /// `order` does not name every axis once.
    #[must_use]
    pub fn permuted(self, order: &[usize]) -> Target<'a> {
        let every = (0..self.counts.len()).all(|axis| order.contains(&axis));
        assert!(every && order.len() == self.counts.len(), "{order:?} for {} axes", self.counts.len());
        let counts = order.iter().map(|axis| self.counts[*axis]).collect();
        let strides = order.iter().map(|axis| self.strides[*axis]).collect();
        Target { counts, strides, ..self }
    }

    /// Turns `axis` round: its last position becomes the first.
    ///
    /// # Panics
    /// There is no such axis.
    pub fn reverse(&mut self, axis: usize) {
        if let Some(last) = self.counts[axis].checked_sub(1) {
            self.pointer = self.pointer.wrapping_offset(self.strides[axis].wrapping_mul(last as isize));
            self.strides[axis] = self.strides[axis].wrapping_neg();
        }
    }

    /// The bytes of the target, where they follow one another in C order.
    pub fn as_contiguous(&mut self) -> Option<&mut [MaybeUninit<u8>]> {
        let size = self.data_type.size();
        let strides = c_strides(&self.counts, size);
        let contiguous = (self.counts.iter().zip(&self.strides).zip(&strides))
            .all(|((&count, &stride), &expected)| count <= 1 || stride == expected);
        let bytes = self.counts.iter().product::<usize>().checked_mul(size)?;
        // SAFETY: these are exactly the elements of the target; MaybeUninit<u8> needs neither value nor alignment.
        (contiguous && bytes > 0).then(|| unsafe { std::slice::from_raw_parts_mut(self.pointer.cast(), bytes) })
    }

    /// Sets every element to `value`, one element of `data_type` in native byte order.
    ///
    /// # Errors
    /// `value` is not one element of a type that the host knows.
    pub fn fill(&mut self, value: &[u8], data_type: NumericType) -> Result<()> {
        if value.len() != data_type.size() {
            return Err(Error::invalid(format!("a fill value of {} bytes for {data_type:?}", value.len())));
        }
        let axes = (self.counts.iter().zip(&self.strides))
            .map(|(&count, &target_stride)| {
                vec![Segment { count, source: 0, target: 0, source_stride: 0, target_stride }]
            })
            .collect();
        self.copy(value, data_type, axes)
    }

    /// Copies the elements of `source` that `runs` (a list for each axis) choose, converted to the target's type.
    ///
    /// # Errors
    /// The runs do not fit into source or target, or the host does not know the source's type.
    pub fn copy_from(&mut self, source: &Source<'_>, runs: &[&[Run]]) -> Result<()> {
        let size = source.data_type.size();
        let elements = source.shape.iter().try_fold(1usize, |product, &count| product.checked_mul(count));
        let bytes = elements.and_then(|elements| elements.checked_mul(size));
        if runs.len() != self.counts.len() || source.shape.len() != runs.len() || bytes != Some(source.bytes.len()) {
            return Err(Error::invalid("source, runs and target differ in their shape"));
        }
        let strides = c_strides(source.shape, size);
        let mut axes = Vec::with_capacity(runs.len());
        for (axis, runs) in runs.iter().enumerate() {
            let fits = |run: &&Run| {
                run.count == 0
                    || (run.last().is_some_and(|last| last < source.shape[axis])
                        && run.to.checked_add(run.count).is_some_and(|end| end <= self.counts[axis]))
            };
            if !runs.iter().all(|run| fits(&run)) {
                return Err(Error::invalid(format!("positions outside of axis {axis}")));
            }
            let segment = |run: &Run| Segment {
                count: run.count,
                source: strides[axis].wrapping_mul(run.from as isize),
                target: self.strides[axis].wrapping_mul(run.to as isize),
                source_stride: strides[axis].wrapping_mul(run.step as isize),
                target_stride: self.strides[axis],
            };
            axes.push(runs.iter().map(segment).collect());
        }
        self.copy(source.bytes, source.data_type, axes)
    }

    /// `axes` address only elements inside `bytes` and inside the target.
    fn copy(&mut self, bytes: &[u8], data_type: NumericType, mut axes: Vec<Vec<Segment>>) -> Result<()> {
        if data_type.on_host() != data_type || self.data_type.on_host() != self.data_type {
            return Err(Error::unsupported(format!("{data_type:?} to {:?} in this GDAL", self.data_type)));
        }
        if axes.iter().any(|segments| segments.iter().all(|segment| segment.count == 0)) {
            return Ok(());
        }
        collapse(&mut axes);
        let words = Words { from: data_type, to: self.data_type };
        // SAFETY: the offsets stay inside both blocks, as the callers checked.
        unsafe { words.copy_axes(bytes.as_ptr(), self.pointer, &axes) };
        Ok(())
    }
}

/// A row of elements: offsets and strides in bytes.
#[derive(Clone, Copy, Debug)]
struct Segment {
    count: usize,
    source: isize,
    target: isize,
    source_stride: isize,
    target_stride: isize,
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
fn c_strides(counts: &[usize], size: usize) -> Vec<isize> {
    let mut strides = vec![0; counts.len()];
    let mut stride = size;
    for (slot, &count) in strides.iter_mut().zip(counts).rev() {
        *slot = stride as isize;
        stride = stride.saturating_mul(count.max(1));
    }
    strides
}

/// Whether each axis steps over all that the shorter steps reach.
fn elements_are_disjoint(counts: &[usize], strides: &[isize], size: usize) -> bool {
    let mut axes: Vec<_> = (counts.iter().zip(strides))
        .filter(|(count, _)| **count > 1)
        .map(|(&count, stride)| (stride.unsigned_abs(), count))
        .collect();
    axes.sort_unstable();
    let mut extent = size;
    for (stride, count) in axes {
        if stride < extent {
            return false;
        }
        extent = extent.saturating_add(stride.saturating_mul(count - 1));
    }
    true
}
