//! The caller's strided memory that is only read: what is to be written to a store.
//!
//! An [`Input`] can be split along an axis, as a [`Target`](super::Target) can. Elements are converted by
//! `GDALCopyWords64`: bit for bit what GDAL's own drivers store.

#![expect(unsafe_code, reason = "reads the caller's memory through a pointer")]

use std::marker::PhantomData;

use super::words::{self, Segment, c_strides};
use super::{Number, NumericType, Run};
use crate::error::{Error, Result};

/// A strided block of the caller's elements of one numeric type, borrowed for `'a`. Elements may share memory: a stride
/// of zero repeats one.
#[derive(Clone, Debug)]
pub struct Input<'a> {
    pointer: *const u8,
    data_type: NumericType,
    counts: Vec<usize>,
    strides: Vec<isize>,
    _memory: PhantomData<&'a [u8]>,
}

// SAFETY: an input only reads its elements, which nothing writes for 'a, like a `&[u8]`, which is Send and Sync.
unsafe impl Send for Input<'_> {}
// SAFETY: as above.
unsafe impl Sync for Input<'_> {}

impl<'a> Input<'a> {
    /// The memory at `pointer`: `counts` elements along each axis, `strides_bytes` apart (negative ones and zero too).
    ///
    /// # Safety
    /// Every element addressed by `counts` and `strides_bytes` is initialised, readable memory for `'a`, and nothing
    /// writes it meanwhile. It need not be aligned.
    ///
    /// # Errors
    /// `counts` and `strides_bytes` differ in length.
    pub unsafe fn new(
        pointer: *const u8,
        data_type: NumericType,
        counts: &[usize],
        strides_bytes: &[isize],
    ) -> Result<Self> {
        if counts.len() != strides_bytes.len() {
            return Err(Error::invalid(format!("{} strides for {} axes", strides_bytes.len(), counts.len())));
        }
        Ok(Self { pointer, data_type, counts: counts.to_vec(), strides: strides_bytes.to_vec(), _memory: PhantomData })
    }

    /// The elements of `slice`, in C order of `counts`.
    ///
    /// # Errors
    /// `slice` has another number of elements.
    pub fn from_slice<T: Number>(slice: &'a [T], counts: &[usize]) -> Result<Self> {
        Self::from_bytes(bytemuck::cast_slice(slice), T::TYPE, counts)
    }

    /// The elements of type `data_type` in `bytes`, native byte order, in C order of `counts`.
    ///
    /// # Errors
    /// `bytes` holds another number of elements.
    pub fn from_bytes(bytes: &'a [u8], data_type: NumericType, counts: &[usize]) -> Result<Self> {
        let wanted = counts.iter().try_fold(data_type.size(), |product, &count| product.checked_mul(count));
        if wanted != Some(bytes.len()) {
            return Err(Error::invalid(format!("{} bytes for {counts:?} elements of {data_type:?}", bytes.len())));
        }
        let strides = c_strides(counts, data_type.size());
        // SAFETY: the elements are exactly the borrowed bytes.
        unsafe { Self::new(bytes.as_ptr(), data_type, counts, &strides) }
    }

    /// `element`, one of type `data_type` in native byte order, over and over.
    ///
    /// # Errors
    /// `element` is not one element.
    pub fn repeated(element: &'a [u8], data_type: NumericType, counts: &[usize]) -> Result<Self> {
        if element.len() != data_type.size() {
            return Err(Error::invalid(format!("{} bytes for one element of {data_type:?}", element.len())));
        }
        // SAFETY: each position is the one borrowed element.
        unsafe { Self::new(element.as_ptr(), data_type, counts, &vec![0; counts.len()]) }
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

    /// The elements before position `index` of `axis`, and those from it on.
    ///
    /// # Panics
    /// There is no such axis, or `index` is beyond its end.
    pub fn split_at(self, axis: usize, index: usize) -> (Input<'a>, Input<'a>) {
        assert!(index <= self.counts[axis], "split at {index} of {}", self.counts[axis]);
        let (mut before, mut after) = (self.clone(), self);
        before.counts[axis] = index;
        after.counts[axis] -= index;
        if after.counts[axis] > 0 {
            after.pointer = after.pointer.wrapping_offset(after.strides[axis].wrapping_mul(index as isize));
        }
        (before, after)
    }

    /// The `count` positions of `axis` from `start` on.
    ///
    /// # Panics
    /// There is no such axis, or they reach beyond its end.
    #[must_use]
    pub fn narrow(self, axis: usize, start: usize, count: usize) -> Input<'a> {
        self.split_at(axis, start).1.split_at(axis, count).0
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

    /// The bytes of the input, where they follow one another in C order.
    pub fn as_contiguous(&self) -> Option<&'a [u8]> {
        let size = self.data_type.size();
        let strides = c_strides(&self.counts, size);
        let contiguous = (self.counts.iter().zip(&self.strides).zip(&strides))
            .all(|((&count, &stride), &expected)| count <= 1 || stride == expected);
        let bytes = self.counts.iter().product::<usize>().checked_mul(size)?;
        // SAFETY: these are exactly the elements of the input, readable and initialised for 'a.
        (contiguous && bytes > 0).then(|| unsafe { std::slice::from_raw_parts(self.pointer, bytes) })
    }

    /// Copies all elements, converted to `data_type`, into the block `bytes` (C order of `shape`), to the positions that
    /// `runs` (a list for each axis) name: the run's `from` and `step` are the block's, its `to` is the input's.
    ///
    /// # Errors
    /// The runs do not fit into input or block, or the host does not know a type.
    pub fn copy_to(&self, bytes: &mut [u8], data_type: NumericType, shape: &[usize], runs: &[&[Run]]) -> Result<()> {
        let size = data_type.size();
        let expected = shape.iter().try_fold(size, |product, &count| product.checked_mul(count));
        if runs.len() != self.counts.len() || shape.len() != runs.len() || expected != Some(bytes.len()) {
            return Err(Error::invalid("input, runs and block differ in their shape"));
        }
        let strides = c_strides(shape, size);
        let mut axes = Vec::with_capacity(runs.len());
        for (axis, runs) in runs.iter().enumerate() {
            let fits = |run: &&Run| {
                run.count == 0
                    || (run.last().is_some_and(|last| last < shape[axis])
                        && run.to.checked_add(run.count).is_some_and(|end| end <= self.counts[axis]))
            };
            if !runs.iter().all(|run| fits(&run)) {
                return Err(Error::invalid(format!("positions outside of axis {axis}")));
            }
            let segment = |run: &Run| Segment {
                count: run.count,
                source: self.strides[axis].wrapping_mul(run.to as isize),
                target: strides[axis].wrapping_mul(run.from as isize),
                source_stride: self.strides[axis],
                target_stride: strides[axis].wrapping_mul(run.step as isize),
            };
            axes.push(runs.iter().map(segment).collect());
        }
        // SAFETY: the offsets stay inside both blocks, as just checked; ours does not overlap the caller's.
        unsafe { words::copy((self.pointer, self.data_type), (bytes.as_mut_ptr(), data_type), axes) }
    }
}
