//! The values of zones, from the pixels of their footprints.

use std::sync::Arc;

use super::apart;
use super::footprint::{Footprint, Footprints, NO_PIXEL, pixel_of};
use super::lattice::Position;
use super::raster::{Block, Blocks, Loaded, Variable};
use super::reduce::{Reducer, Reduction, Sample};
use crate::cube::Resampling;
use crate::error::{Error, Result};
use crate::store::NumericType;

/// Refuses what cannot be resampled.
///
/// # Errors
/// Types that are no real numbers of the machine's, but for NEAREST.
pub(super) fn check(variable: &Variable, resampling: Resampling) -> Result<()> {
    let real = !variable.data_type.is_complex() && variable.data_type != NumericType::Float16;
    if resampling != Resampling::Nearest && !real {
        return Err(Error::unsupported(format!(
            "array {}: values of type {:?} can only be resampled with RESAMPLING=NEAREST",
            variable.name, variable.data_type
        )));
    }
    Ok(())
}

/// Calls a generic function with the Rust type of a real numeric type.
macro_rules! with_type {
    ($data_type:expr, $function:ident ( $($argument:expr),* $(,)? )) => {
        match $data_type {
            $crate::store::NumericType::UInt8 => $function::<u8>($($argument),*),
            $crate::store::NumericType::Int8 => $function::<i8>($($argument),*),
            $crate::store::NumericType::UInt16 => $function::<u16>($($argument),*),
            $crate::store::NumericType::Int16 => $function::<i16>($($argument),*),
            $crate::store::NumericType::UInt32 => $function::<u32>($($argument),*),
            $crate::store::NumericType::Int32 => $function::<i32>($($argument),*),
            $crate::store::NumericType::UInt64 => $function::<u64>($($argument),*),
            $crate::store::NumericType::Int64 => $function::<i64>($($argument),*),
            $crate::store::NumericType::Float32 => $function::<f32>($($argument),*),
            $crate::store::NumericType::Float64 => $function::<f64>($($argument),*),
            other => Err($crate::error::Error::unsupported(format!("values of type {other:?} cannot be resampled"))),
        }
    };
}

pub(in crate::ops) use with_type;

/// Fills `into` with the values of a batch of zones, of one slice of a variable; zones without data get `fill`.
pub(super) fn fill_in(
    blocks: &Blocks<'_>,
    variable: usize,
    slice: u64,
    footprints: &Footprints<'_>,
    footprint: &Footprint,
    fill: &[u8],
    into: &mut [u8],
) -> Result<()> {
    let description = &blocks.raster().variables()[variable];
    let mut reader = Reader { blocks, variable, slice, recent: Vec::new() };
    match footprint {
        Footprint::Pixels(pixels) => match fill.len() {
            1 => gather::<1>(&mut reader, pixels, fill, into),
            2 => gather::<2>(&mut reader, pixels, fill, into),
            4 => gather::<4>(&mut reader, pixels, fill, into),
            8 => gather::<8>(&mut reader, pixels, fill, into),
            _ => gather::<16>(&mut reader, pixels, fill, into),
        },
        Footprint::Points(points) => {
            with_type!(
                description.data_type,
                interpolate(&mut reader, description, footprints.lattice().period(), points, fill, into)
            )
        }
        Footprint::Spans { .. } => {
            with_type!(description.data_type, reduce(&mut reader, description, footprints, footprint, fill, into))
        }
    }
}

/// Blocks that one thread reads pixels from.
struct Reader<'a, 'b> {
    blocks: &'a Blocks<'b>,
    variable: usize,
    slice: u64,
    /// The last ones used, the last first.
    recent: Vec<Arc<Loaded>>,
}

/// Blocks that a thread keeps at hand: where four meet, all of them.
const RECENT: usize = 4;

impl Reader<'_, '_> {
    /// The block with a pixel in it, and the pixel's place in it.
    #[inline]
    fn at(&mut self, pixel: [u32; 2]) -> Result<(&Loaded, usize)> {
        match self.recent.first().and_then(|loaded| loaded.place(pixel)) {
            Some(found) => Ok((&self.recent[0], found)),
            None => self.look_up(pixel),
        }
    }

    /// The same, of another block than the last one.
    #[inline(never)]
    fn look_up(&mut self, pixel: [u32; 2]) -> Result<(&Loaded, usize)> {
        let [row, column] = pixel;
        let known = self.recent.iter().position(|loaded| loaded.place(pixel).is_some());
        match known {
            Some(at) => self.recent[..=at].rotate_right(1),
            None => {
                let loaded = self.blocks.load(self.variable, self.slice, row, column)?;
                self.recent.truncate(RECENT - 1);
                self.recent.insert(0, loaded);
            }
        }
        let found = self.recent[0].place(pixel).ok_or_else(|| Error::invalid("a pixel outside of the raster"))?;
        Ok((&self.recent[0], found))
    }

    /// The value of a pixel, `None` where it has no data.
    #[inline]
    fn value<T: Sample>(&mut self, pixel: [u32; 2], nodata: Option<T>) -> Result<Option<T>> {
        let (loaded, at) = self.at(pixel)?;
        Ok(value_at(loaded, at, nodata))
    }
}

#[inline]
fn value_at<T: Sample>(loaded: &Loaded, at: usize, nodata: Option<T>) -> Option<T> {
    let size = size_of::<T>();
    let value: T = bytemuck::pod_read_unaligned(&loaded.values[at * size..(at + 1) * size]);
    let valid = value.is_number() && Some(value) != nodata && loaded.valid.get(at) != Some(&0);
    valid.then_some(value)
}

/// The pixels' own values, of any type of `N` bytes.
fn gather<const N: usize>(
    reader: &mut Reader<'_, '_>,
    pixels: &[[u32; 2]],
    fill: &[u8],
    into: &mut [u8],
) -> Result<()> {
    let (mut pixels, mut into) = (pixels, into.chunks_exact_mut(N));
    while let Some(pixel) = pixels.first() {
        if *pixel == NO_PIXEL {
            into.next().into_iter().for_each(|into| into.copy_from_slice(fill));
            pixels = &pixels[1..];
            continue;
        }
        // All that follow in the same block.
        let (loaded, _) = reader.at(*pixel)?;
        let mut done = 0;
        for (at, into) in pixels.iter().map_while(|pixel| loaded.place(*pixel)).zip(&mut into) {
            match loaded.valid.get(at) {
                Some(0) => into.copy_from_slice(fill),
                _ => into.copy_from_slice(&loaded.values[at * N..(at + 1) * N]),
            }
            done += 1;
        }
        pixels = &pixels[done..];
    }
    Ok(())
}

/// One element of `fill`'s type.
fn element<T: Sample>(bytes: &[u8]) -> T {
    bytemuck::pod_read_unaligned(bytes)
}

/// Between the centres of the four pixels around each point. A pixel without data has no weight; where that is the one
/// that holds the point, there is no value.
fn interpolate<T: Sample>(
    reader: &mut Reader<'_, '_>,
    variable: &Variable,
    period: Option<usize>,
    points: &[Position],
    fill: &[u8],
    into: &mut [u8],
) -> Result<()> {
    let (rows, columns) = (reader.blocks.shape()[0] as i64, reader.blocks.shape()[1] as i64);
    let nodata: Option<T> = variable.nodata.as_deref().map(element);
    let (mut points, mut into) = (points, into.chunks_exact_mut(size_of::<T>()));
    while let Some(point) = points.first() {
        let own = pixel_of(point);
        if own != NO_PIXEL {
            let (loaded, _) = reader.at(own)?;
            let window = Window::new(loaded, nodata);
            let mut done = 0;
            for (mean, into) in points.iter().map_while(|point| window.mean(point)).zip(&mut into) {
                into.copy_from_slice(bytemuck::bytes_of(&T::of_f64(mean)));
                apart::keep::<T>(into, variable.nodata.as_deref());
                done += 1;
            }
            points = &points[done..];
            if done > 0 {
                continue;
            }
        }
        points = &points[1..];
        let Some(into) = into.next() else { break };
        if own == NO_PIXEL || reader.value(own, nodata)?.is_none() {
            into.copy_from_slice(fill);
            continue;
        }
        let [x, y] = [point[0] - 0.5, point[1] - 0.5];
        let (left, top) = (x.floor(), y.floor());
        let mut mean = Reducer::<f64>::new(Reduction::Average);
        for (row, height) in [(top, 1.0 - (y - top)), (top + 1.0, y - top)] {
            for (column, width) in [(left, 1.0 - (x - left)), (left + 1.0, x - left)] {
                let (row, column) = (row as i64, column as i64);
                let column = period.map_or(column, |period| column.rem_euclid(period as i64));
                if (0..rows).contains(&row)
                    && (0..columns).contains(&column)
                    && let Some(value) = reader.value([row as u32, column as u32], nodata)?
                {
                    mean.add(value.to_f64(), height * width);
                }
            }
        }
        match mean.finish() {
            Some(value) => {
                into.copy_from_slice(bytemuck::bytes_of(&T::of_f64(value)));
                apart::keep::<T>(into, variable.nodata.as_deref());
            }
            None => into.copy_from_slice(fill),
        }
    }
    Ok(())
}

/// A block and the points in it that lie between the centres of four of its pixels.
struct Window<'a, T> {
    loaded: &'a Loaded,
    nodata: Option<T>,
    /// The first and the last column and row, for points that are half a pixel less.
    first: [f64; 2],
    last: [f64; 2],
}

impl<'a, T: Sample> Window<'a, T> {
    fn new(loaded: &'a Loaded, nodata: Option<T>) -> Self {
        let Block { row, column, rows, columns } = loaded.block;
        let (first, last) = ([column, row], [column + columns - 1, row + rows - 1]);
        Self { loaded, nodata, first: first.map(|at| at as f64), last: last.map(|at| at as f64) }
    }

    /// The mean of the four pixels around a point, where all lie in the block and have data.
    #[inline]
    fn mean(&self, point: &Position) -> Option<f64> {
        let [x, y] = [point[0] - 0.5, point[1] - 0.5];
        let is_inside = x >= self.first[0] && x < self.last[0] && y >= self.first[1] && y < self.last[1];
        if !is_inside {
            return None;
        }
        let (x, y) = (x - self.first[0], y - self.first[1]);
        let (column, row) = (x as i64, y as i64);
        let columns = self.loaded.block.columns;
        let at = row as usize * columns + column as usize;
        let value = |at: usize| value_at(self.loaded, at, self.nodata).map(T::to_f64);
        let corners = [value(at)?, value(at + 1)?, value(at + columns)?, value(at + columns + 1)?];
        Some(between(corners, x - column as f64, y - row as f64))
    }
}

/// The mean of four values, two above and two below, at `x` and `y` of the way between; the same, to the bit, as a
/// [`Reducer`] makes of them.
#[inline]
fn between([first, b, c, d]: [f64; 4], x: f64, y: f64) -> f64 {
    let weights = [(1.0 - y) * (1.0 - x), (1.0 - y) * x, y * (1.0 - x), y * x];
    let sum = weights[1] * (b - first) + weights[2] * (c - first) + weights[3] * (d - first);
    if sum == 0.0 { first } else { first + sum / (weights[0] + weights[1] + weights[2] + weights[3]) }
}

/// Pixels that are reduced together, at most.
const TOGETHER: usize = 1024;

/// Of all pixels that overlap.
fn reduce<T: Sample>(
    reader: &mut Reader<'_, '_>,
    variable: &Variable,
    footprints: &Footprints<'_>,
    footprint: &Footprint,
    fill: &[u8],
    into: &mut [u8],
) -> Result<()> {
    let (Footprint::Spans { spans, ends }, Some(overlap)) = (footprint, footprints.overlap()) else {
        return Err(Error::invalid("a footprint of another kind"));
    };
    let nodata: Option<T> = variable.nodata.as_deref().map(element);
    let resampling = footprints.resampling();
    let reduction = Reduction::of(if variable.descends { resampling.turned() } else { resampling });
    let by_area = matches!(reduction, Reduction::Average | Reduction::Mode);
    let mut reducer = Reducer::<T>::new(reduction);
    let mut weighted: Vec<(T, f64)> = Vec::with_capacity(TOGETHER);
    let mut first = 0;
    for (&end, into) in ends.iter().zip(into.chunks_exact_mut(fill.len())) {
        for span in &spans[first..end] {
            let mut column = span.start;
            while column < span.end {
                let pixel = [span.row, column];
                let (loaded, at) = reader.at(pixel)?;
                let block_end = (loaded.block.column + loaded.block.columns) as u32;
                let count = (span.end.min(block_end) - column).min((TOGETHER - weighted.len()) as u32);
                for offset in 0..count {
                    if let Some(value) = value_at(loaded, at + offset as usize, nodata) {
                        let area = if by_area { overlap.pixel_area(span.row, column + offset) } else { 1.0 };
                        weighted.push((value, span.fraction * area));
                    }
                }
                column += count;
                if weighted.len() == TOGETHER {
                    reducer.add_all(weighted.drain(..));
                }
            }
        }
        reducer.add_all(weighted.drain(..));
        first = end;
        let written = match reduction {
            Reduction::Sum => reducer.finish_sum().map(|sum| into.copy_from_slice(bytemuck::bytes_of(&sum))),
            _ => reducer.finish().map(|value| into.copy_from_slice(bytemuck::bytes_of(&value))),
        };
        if written.is_none() {
            into.copy_from_slice(fill);
        } else if reduction == Reduction::Average {
            apart::keep::<T>(into, variable.nodata.as_deref());
        }
    }
    Ok(())
}

/// See [`super::engine::fill_of`].
pub(super) fn default_fill(data_type: NumericType) -> Vec<u8> {
    match data_type {
        NumericType::UInt8 => u8::MAX.to_ne_bytes().to_vec(),
        NumericType::Int8 => i8::MIN.to_ne_bytes().to_vec(),
        NumericType::UInt16 => u16::MAX.to_ne_bytes().to_vec(),
        NumericType::Int16 => i16::MIN.to_ne_bytes().to_vec(),
        NumericType::UInt32 => u32::MAX.to_ne_bytes().to_vec(),
        NumericType::Int32 => i32::MIN.to_ne_bytes().to_vec(),
        NumericType::UInt64 => u64::MAX.to_ne_bytes().to_vec(),
        NumericType::Int64 => i64::MIN.to_ne_bytes().to_vec(),
        NumericType::CInt16 => [i16::MIN, 0].iter().flat_map(|part| part.to_ne_bytes()).collect(),
        NumericType::CInt32 => [i32::MIN, 0].iter().flat_map(|part| part.to_ne_bytes()).collect(),
        NumericType::Float16 => half::f16::NAN.to_ne_bytes().to_vec(),
        NumericType::CFloat16 => half::f16::NAN.to_ne_bytes().repeat(2),
        NumericType::Float32 => f32::NAN.to_ne_bytes().to_vec(),
        NumericType::CFloat32 => f32::NAN.to_ne_bytes().repeat(2),
        NumericType::Float64 => f64::NAN.to_ne_bytes().to_vec(),
        NumericType::CFloat64 => f64::NAN.to_ne_bytes().repeat(2),
    }
}
