//! Pixels that never have the value which zones without data will hold, where the source named none and one had to be chosen.

use std::sync::Arc;

use crate::error::Result;
use crate::ops::quantise::apart;
use crate::ops::quantise::raster::{Block, Raster, Variable};
use crate::store::Call;

/// Pixels with values to keep clear of, which become the next ones towards zero.
pub struct Distinct<'a> {
    raster: &'a dyn Raster,
    /// Of each variable, the value that was chosen, one element in native byte order.
    chosen: Vec<Option<Vec<u8>>>,
}

impl<'a> Distinct<'a> {
    /// The pixels of `raster`.
    pub fn new(raster: &'a dyn Raster, chosen: Vec<Option<Vec<u8>>>) -> Self {
        Self { raster, chosen }
    }
}

impl Raster for Distinct<'_> {
    fn variables(&self) -> &[Variable] {
        self.raster.variables()
    }

    fn read(&self, call: &Arc<Call>, variable: usize, slice: u64, block: Block, values: &mut [u8]) -> Result<()> {
        self.raster.read(call, variable, slice, block, values)?;
        if let Some(chosen) = &self.chosen[variable] {
            values.chunks_exact_mut(chosen.len()).filter(|value| **value == **chosen).for_each(apart::step);
        }
        Ok(())
    }

    fn read_valid(&self, call: &Arc<Call>, variable: usize, slice: u64, block: Block, valid: &mut [u8]) -> Result<()> {
        self.raster.read_valid(call, variable, slice, block, valid)
    }
}
