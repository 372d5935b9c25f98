//! What is quantised: variables on the pixels of a lattice, and the blocks in which they are read.

use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use crate::error::{Error, Result};
use crate::store::cache::Cache;
use crate::store::{Call, NumericType};

/// A rectangle of pixels.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Block {
    /// First row.
    pub row: usize,
    /// First column.
    pub column: usize,
    /// Number of rows.
    pub rows: usize,
    /// Number of columns.
    pub columns: usize,
}

/// A variable on the pixels, perhaps on further dimensions.
#[derive(Clone, Debug, PartialEq)]
pub struct Variable {
    /// For messages.
    pub name: String,
    /// Type of its elements.
    pub data_type: NumericType,
    /// The value of pixels without data, one element in native byte order. NaN is never data.
    pub nodata: Option<Vec<u8>>,
    /// Sizes of the further dimensions, slowest first; a *slice* is one position on all of them, counted in C order.
    pub outer: Vec<u64>,
    /// Natural block of the source: rows, columns; 0 where unknown.
    pub block: [usize; 2],
    /// Not every pixel that differs from `nodata` has data: [`Raster::read_valid`] tells.
    pub masked: bool,
    /// Elements are packed with a negative scale: the largest one means the smallest value.
    pub descends: bool,
}

impl Variable {
    /// Number of slices.
    pub fn slices(&self) -> u64 {
        self.outer.iter().product()
    }
}

/// A source of pixels.
pub trait Raster: Send + Sync {
    /// Its variables.
    fn variables(&self) -> &[Variable];

    /// Reads a block of a slice of a variable: elements in native byte order, row by row.
    ///
    /// # Errors
    /// The source cannot be read.
    fn read(&self, call: &Arc<Call>, variable: usize, slice: u64, block: Block, values: &mut [u8]) -> Result<()>;

    /// Reads which pixels of a block of a masked variable have data: 0 where there are none.
    ///
    /// # Errors
    /// The source cannot be read.
    fn read_valid(&self, call: &Arc<Call>, variable: usize, slice: u64, block: Block, valid: &mut [u8]) -> Result<()>;
}

/// How many pixels a block has that is read at a time, about.
const BLOCK_PIXELS: usize = 1 << 18;

/// A raster's pixels by blocks, kept in bounded memory.
pub struct Blocks<'a> {
    call: &'a Arc<Call>,
    raster: &'a dyn Raster,
    /// Rows and columns of the whole.
    shape: [usize; 2],
    /// Rows and columns of a block, a variable.
    shapes: Vec<[usize; 2]>,
    cache: Cache<Key, Loading>,
    /// Held while a key is looked up and entered, so that no block is read twice at once.
    enter: Mutex<()>,
    spare: Arc<Spare>,
}

/// Memory of blocks that were dropped, for those that are read next: fresh memory would have to be fetched from the system.
type Spare = Mutex<Vec<Vec<u8>>>;

/// Bytes of it, at most.
const SPARE_BYTES: usize = 4 << 20;

/// Variable, slice, row and column of blocks.
type Key = (usize, u64, u32, u32);

type Loading = OnceLock<Result<Arc<Loaded>>>;

/// A block's pixels.
#[derive(Debug)]
pub struct Loaded {
    /// Where they are.
    pub block: Block,
    /// The elements, row by row.
    pub values: Vec<u8>,
    /// Which have data, 0 for none; empty where that is all but those that hold the nodata value.
    pub valid: Vec<u8>,
    /// Whether all are finite numbers with data; found out when it is asked.
    pub(super) is_complete: OnceLock<bool>,
    spare: Arc<Spare>,
}

impl Drop for Loaded {
    fn drop(&mut self) {
        let mut spare = self.spare.lock().unwrap_or_else(PoisonError::into_inner);
        if spare.iter().map(Vec::len).sum::<usize>() + self.values.len() <= SPARE_BYTES {
            spare.push(std::mem::take(&mut self.values));
        }
    }
}

impl Loaded {
    /// Where a pixel is among the elements, if it is in the block.
    #[inline]
    pub fn place(&self, [row, column]: [u32; 2]) -> Option<usize> {
        let block = &self.block;
        let (y, x) = ((row as usize).wrapping_sub(block.row), (column as usize).wrapping_sub(block.column));
        (y < block.rows && x < block.columns).then(|| y * block.columns + x)
    }
}

impl<'a> Blocks<'a> {
    /// The blocks of `raster`, whose pixels are `shape` rows and columns, at most `memory` bytes of them kept.
    pub fn new(call: &'a Arc<Call>, raster: &'a dyn Raster, shape: [usize; 2], memory: usize) -> Self {
        let shapes = raster.variables().iter().map(|variable| block_shape(shape, variable.block)).collect();
        let (cache, enter, spare) = (Cache::new(memory), Mutex::new(()), Arc::default());
        Self { call, raster, shape, shapes, cache, enter, spare }
    }

    /// The raster.
    pub fn raster(&self) -> &'a dyn Raster {
        self.raster
    }

    /// Rows and columns of the raster.
    pub fn shape(&self) -> [usize; 2] {
        self.shape
    }

    /// Bytes of the largest block.
    pub fn largest(&self) -> usize {
        let sizes = self.shapes.iter().zip(self.raster.variables());
        sizes.map(|([rows, columns], variable)| rows * columns * (variable.data_type.size() + 1)).max().unwrap_or(0)
    }

    /// The block of `variable` that holds a pixel.
    ///
    /// # Errors
    /// It cannot be read.
    pub fn load(&self, variable: usize, slice: u64, row: u32, column: u32) -> Result<Arc<Loaded>> {
        let [rows, columns] = self.shapes[variable];
        let (block_row, block_column) = (row as usize / rows, column as usize / columns);
        let key = (variable, slice, block_row as u32, block_column as u32);
        let block = Block {
            row: block_row * rows,
            column: block_column * columns,
            rows: rows.min(self.shape[0] - block_row * rows),
            columns: columns.min(self.shape[1] - block_column * columns),
        };
        let description = &self.raster.variables()[variable];
        let pixels = block.rows * block.columns;
        let bytes = pixels * (description.data_type.size() + usize::from(description.masked));
        let loading = {
            let _alone = self.enter.lock().unwrap_or_else(PoisonError::into_inner);
            match self.cache.get(&key) {
                Some(loading) => loading,
                None => {
                    let loading = Arc::new(Loading::new());
                    self.cache.put(key, loading.clone(), bytes);
                    loading
                }
            }
        };
        loading.get_or_init(|| self.read(variable, slice, block, pixels).map(Arc::new)).clone()
    }

    fn read(&self, variable: usize, slice: u64, block: Block, pixels: usize) -> Result<Loaded> {
        let description = &self.raster.variables()[variable];
        let fails = |error: Error| error.context(description.name.clone());
        let mut values = self.memory(pixels * description.data_type.size());
        self.raster.read(self.call, variable, slice, block, &mut values).map_err(fails)?;
        let mut valid = Vec::new();
        if description.masked {
            valid.resize(pixels, 0);
            self.raster.read_valid(self.call, variable, slice, block, &mut valid).map_err(fails)?;
        }
        Ok(Loaded { block, values, valid, is_complete: OnceLock::new(), spare: self.spare.clone() })
    }

    /// So many bytes, whatever is in them.
    fn memory(&self, bytes: usize) -> Vec<u8> {
        let mut spare = self.spare.lock().unwrap_or_else(PoisonError::into_inner);
        match spare.iter().position(|values| values.len() == bytes) {
            Some(at) => spare.swap_remove(at),
            None => vec![0; bytes],
        }
    }
}

/// The shape in which a source is read: whole natural blocks, so many or so few that it comes near [`BLOCK_PIXELS`].
fn block_shape(shape: [usize; 2], natural: [usize; 2]) -> [usize; 2] {
    let side = BLOCK_PIXELS.isqrt();
    let along = |extent: usize, natural: usize, wanted: usize| {
        if natural == 0 || natural >= extent {
            wanted.min(extent)
        } else {
            natural.max(wanted / natural * natural).min(extent)
        }
    };
    let mut rows = along(shape[0], natural[0], side);
    let mut columns = along(shape[1], natural[1], side);
    // Blocks of one natural block as large as that are read as they are; larger ones in parts.
    if rows * columns > 16 * BLOCK_PIXELS {
        rows = rows.min(4 * side);
        columns = columns.min(4 * side);
    }
    [rows.max(1), columns.max(1)]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blocks_are_whole_natural_blocks_of_a_good_size() {
        for (natural, expected) in [
            ([256, 256], [512, 512]),
            ([1, 43200], [512, 512]),
            ([1000, 1000], [1000, 1000]),
            ([0, 0], [512, 512]),
            ([300, 300], [300, 300]),
            ([100_000, 100_000], [512, 512]),
        ] {
            assert_eq!(block_shape([21600, 43200], natural), expected, "{natural:?}");
        }
        assert_eq!(block_shape([100, 20], [100, 20]), [100, 20]);
    }
}
