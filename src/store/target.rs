//! The caller's strided memory, and how elements are copied into it.
//!
//! A [`Target`] can be split along an axis, so that each parallel task owns the part it writes. Elements are converted
//! by `GDALCopyWords64`: bit for bit what GDAL's own drivers deliver.

#![expect(unsafe_code, reason = "writes the caller's memory through a pointer")]

use std::marker::PhantomData;
use std::mem::MaybeUninit;

use super::words::{self, Segment, c_strides};
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

    /// The first element's place, the type, and the bytes between elements along each axis, for a C function to write.
    pub(super) fn into_raw(self) -> (*mut u8, NumericType, Vec<isize>) {
        (self.pointer, self.data_type, self.strides)
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
    fn copy(&mut self, bytes: &[u8], data_type: NumericType, axes: Vec<Vec<Segment>>) -> Result<()> {
        // SAFETY: the offsets stay inside both blocks, as the callers checked; decoded bytes never overlap the caller's.
        unsafe { words::copy((bytes.as_ptr(), data_type), (self.pointer, self.data_type), axes) }
    }
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
