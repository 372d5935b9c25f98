//! Decoded chunks: kept for a while, and copied to where they are wanted.

use std::cell::RefCell;
use std::sync::Arc;

use half::f16;

use super::decoder::Decoder;
use super::selection::Positions;
use crate::error::Result;
use crate::store::cache::Cache;
use crate::store::{NumericType, Run, Source, Target};

/// Which chunk of which array of a store.
pub(super) type TileKey = (u64, Box<[u64]>);

/// The decoded chunks that a store keeps.
pub(super) type TileCache = Cache<TileKey, Tile>;

/// Bytes of decoded chunks that a store keeps, unless `AdviseRead` asks for more.
pub(super) const TILES_BYTES: usize = 64 << 20;

/// The elements of a decoded chunk.
#[derive(Debug)]
pub(super) enum Tile {
    /// Of a fixed size, one after the other; numbers are of the type that the host shows.
    Fixed(Vec<u8>),
    /// Texts of any length.
    Texts(Vec<Vec<u8>>),
    /// The chunk does not exist.
    Missing,
    /// The chunk was decoded once for a part of it, and not kept: fresh memory for each chunk would cost a single look at
    /// many chunks more than decoding them. The second time it is kept.
    Seen,
}

impl Tile {
    /// Bytes it takes, roughly.
    pub(super) fn size(&self) -> usize {
        const OVERHEAD: usize = 128;
        match self {
            Self::Fixed(bytes) => bytes.len() + OVERHEAD,
            Self::Texts(texts) => texts.iter().map(|text| text.len() + size_of::<Vec<u8>>()).sum::<usize>() + OVERHEAD,
            Self::Missing | Self::Seen => OVERHEAD,
        }
    }
}

/// The part of a chunk that is wanted.
pub(super) struct Wanted<'a, 'p> {
    pub(super) positions: &'a [Positions<'p>],
    /// Where the chunk begins in the array, on each axis.
    pub(super) origin: Vec<u64>,
    /// Whether all of the chunk is wanted, and whether all of it that lies inside the array.
    pub(super) is_whole: bool,
    pub(super) is_all_inside: bool,
}

impl<'a, 'p> Wanted<'a, 'p> {
    pub(super) fn new(tile: &[u64], extents: &[usize], shape: &[u64], positions: &'a [Positions<'p>]) -> Self {
        let origin: Vec<u64> = tile.iter().zip(extents).map(|(&index, &extent)| index * extent as u64).collect();
        let (mut is_whole, mut is_all_inside) = (true, true);
        for axis in 0..shape.len() {
            let end = origin[axis].saturating_add(extents[axis] as u64);
            is_whole &= positions[axis].covers(origin[axis], end);
            is_all_inside &= positions[axis].covers(origin[axis], end.min(shape[axis]));
        }
        Self { positions, origin, is_whole, is_all_inside }
    }

    pub(super) fn runs(&self) -> Vec<Vec<Run>> {
        self.positions.iter().zip(&self.origin).map(|(positions, &origin)| positions.runs(origin)).collect()
    }

    /// The consecutive elements that hold everything wanted, where they are few: the first axis along which more than one
    /// position is wanted, the first element and the shape.
    fn part(&self, extents: &[usize]) -> Option<(usize, usize, Vec<usize>)> {
        const FEW: usize = 8;
        let ends = self.positions.iter().zip(&self.origin).map(|(positions, origin)| {
            let (first, last) = positions.ends();
            ((first - origin) as usize, (last - origin) as usize)
        });
        let ends: Vec<(usize, usize)> = ends.collect();
        let axis = ends.iter().position(|(first, last)| first != last).or(extents.len().checked_sub(1))?;
        let mut shape = vec![1; axis];
        shape.push(ends[axis].1 - ends[axis].0 + 1);
        shape.extend_from_slice(&extents[axis + 1..]);
        let first = (0..=axis).fold(0, |first, axis| first * extents[axis] + ends[axis].0);
        let first = first * extents[axis + 1..].iter().product::<usize>();
        let few = shape.iter().product::<usize>().checked_mul(FEW)? <= extents.iter().product();
        few.then_some((axis, first, shape))
    }

    /// Copies the wanted part of decoded numbers.
    pub(super) fn copy(
        &self,
        bytes: &[u8],
        number: NumericType,
        extents: &[usize],
        target: &mut Target<'_>,
    ) -> Result<()> {
        let runs = self.runs();
        let runs: Vec<&[Run]> = runs.iter().map(Vec::as_slice).collect();
        target.copy_from(&Source { bytes, data_type: number, shape: extents }, &runs)
    }
}

/// Calls `visit` for each element of a chunk that `runs` choose, with its index in the chunk and its positions in what
/// is chosen.
pub(super) fn for_each_element(runs: &[Vec<Run>], extents: &[usize], visit: &mut dyn FnMut(usize, &[usize])) {
    fn along(
        runs: &[Vec<Run>],
        extents: &[usize],
        from: usize,
        to: &mut Vec<usize>,
        visit: &mut dyn FnMut(usize, &[usize]),
    ) {
        let (Some((first, runs)), Some((extent, extents))) = (runs.split_first(), extents.split_first()) else {
            return visit(from, to);
        };
        for run in first {
            for index in 0..run.count {
                to.push(run.to + index);
                along(runs, extents, from * extent + run.from + index * run.step, to, visit);
                to.pop();
            }
        }
    }
    along(runs, extents, 0, &mut Vec::with_capacity(extents.len()), visit);
}

/// Decodes a chunk of numbers straight into `target`, or through a buffer that the thread keeps.
///
/// Gives what to keep of it: the decoded chunk where a part of it is wanted for the second time.
pub(super) fn deliver(
    decoder: &Decoder,
    stored: NumericType,
    encoded: &[u8],
    wanted: &Wanted<'_, '_>,
    is_seen: bool,
    target: &mut Target<'_>,
) -> Result<Option<Arc<Tile>>> {
    let shown = stored.on_host();
    if wanted.is_whole
        && target.data_type() == stored
        && shown == stored
        && let Some(memory) = target.as_contiguous()
        && decoder.decode_into(encoded, memory)?
    {
        return Ok(None);
    }
    if !is_seen
        && shown == stored
        && let Some((axis, first, shape)) = wanted.part(decoder.counts())
        && let Some(part) = decoder.decode_part(encoded, stored.size(), first, shape.iter().product())?
    {
        let mut runs = wanted.runs();
        for runs in &mut runs[..=axis] {
            let least = runs.iter().map(|run| run.from).min().unwrap_or(0);
            runs.iter_mut().for_each(|run| run.from -= least);
        }
        let runs: Vec<&[Run]> = runs.iter().map(Vec::as_slice).collect();
        target.copy_from(&Source { bytes: &part, data_type: stored, shape: &shape }, &runs)?;
        return Ok(Some(Arc::new(Tile::Seen)));
    }
    if (wanted.is_all_inside || !is_seen) && shown == stored {
        return with_buffer(&DECODED, |decoded| {
            decoder.decode(encoded, stored.size(), decoded)?;
            wanted.copy(decoded, stored, decoder.counts(), target)?;
            Ok((!wanted.is_all_inside).then(|| Arc::new(Tile::Seen)))
        });
    }
    let mut decoded = Vec::new();
    decoder.decode(encoded, stored.size(), &mut decoded)?;
    let decoded = widen(stored, decoded);
    wanted.copy(&decoded, shown, decoder.counts(), target)?;
    Ok((!wanted.is_all_inside).then(|| Arc::new(Tile::Fixed(decoded))))
}

/// Numbers of a type that the host does not know, in the type that it shows instead.
pub(super) fn widen(number: NumericType, bytes: Vec<u8>) -> Vec<u8> {
    match (number, number.on_host()) {
        (NumericType::Int8, NumericType::Int16) => {
            bytes.iter().flat_map(|&byte| i16::from(byte as i8).to_ne_bytes()).collect()
        }
        (NumericType::Float16, NumericType::Float32) => {
            let halves = bytes.chunks_exact(2).map(|pair| f16::from_ne_bytes([pair[0], pair[1]]));
            halves.flat_map(|half| half.to_f32().to_ne_bytes()).collect()
        }
        _ => bytes,
    }
}

/// The reverse of [`widen`]: numbers of the type that the host shows, as they are stored. What the stored type cannot
/// hold becomes its nearest value, as in `GDALCopyWords64`.
pub(super) fn narrow(number: NumericType, bytes: &[u8]) -> Vec<u8> {
    match (number, number.on_host()) {
        (NumericType::Int8, NumericType::Int16) => {
            let wide = bytes.chunks_exact(2).map(|pair| i16::from_ne_bytes([pair[0], pair[1]]));
            wide.map(|wide| wide.clamp(i16::from(i8::MIN), i16::from(i8::MAX)) as i8 as u8).collect()
        }
        (NumericType::Float16, NumericType::Float32) => {
            let wide = bytes.chunks_exact(4).map(|four| f32::from_ne_bytes(four.try_into().expect("four bytes")));
            wide.flat_map(|wide| f16::from_f32(wide).to_ne_bytes()).collect()
        }
        _ => bytes.to_vec(),
    }
}

thread_local! {
    static ENCODED: RefCell<Vec<u8>> = const { RefCell::new(Vec::new()) };
    static DECODED: RefCell<Vec<u8>> = const { RefCell::new(Vec::new()) };
}

/// The thread's buffer for what is read.
pub(super) fn with_encoded<R>(work: impl FnOnce(&mut Vec<u8>) -> Result<R>) -> Result<R> {
    with_buffer(&ENCODED, work)
}

/// The thread's buffer for decoded elements.
pub(super) fn with_decoded<R>(work: impl FnOnce(&mut Vec<u8>) -> Result<R>) -> Result<R> {
    with_buffer(&DECODED, work)
}

/// Lends `work` a buffer that the thread keeps, so that its memory need not be fetched from the system for each chunk.
pub(super) fn with_buffer<R>(
    buffer: &'static std::thread::LocalKey<RefCell<Vec<u8>>>,
    work: impl FnOnce(&mut Vec<u8>) -> Result<R>,
) -> Result<R> {
    const KEPT_BYTES: usize = 32 << 20;
    let mut bytes = buffer.take();
    let result = work(&mut bytes);
    if bytes.capacity() <= KEPT_BYTES {
        buffer.replace(bytes);
    }
    result
}
