//! Pixels that never have the value which zones without data will hold, where the source named none and one had to be chosen.

use std::sync::Arc;

use crate::error::Result;
use crate::ops::quantise::raster::{Block, Raster, Variable};
use crate::store::{Call, NumericType};

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

/// The value next to the lowest or highest of a type, one element in native byte order.
pub fn beside(data_type: NumericType, chosen: &[u8]) -> Vec<u8> {
    let mut next = chosen.to_vec();
    // Two's complement: the lowest signed number and the highest unsigned one differ from the next in the last bit alone.
    let last = if cfg!(target_endian = "little") { 0 } else { next.len() - 1 };
    debug_assert!(data_type.is_integer());
    next[last] ^= 1;
    next
}

impl Raster for Distinct<'_> {
    fn variables(&self) -> &[Variable] {
        self.raster.variables()
    }

    fn read(&self, call: &Arc<Call>, variable: usize, slice: u64, block: Block, values: &mut [u8]) -> Result<()> {
        self.raster.read(call, variable, slice, block, values)?;
        if let Some(chosen) = &self.chosen[variable] {
            let next = beside(self.variables()[variable].data_type, chosen);
            for value in values.chunks_exact_mut(chosen.len()).filter(|value| **value == **chosen) {
                value.copy_from_slice(&next);
            }
        }
        Ok(())
    }

    fn read_valid(&self, call: &Arc<Call>, variable: usize, slice: u64, block: Block, valid: &mut [u8]) -> Result<()> {
        self.raster.read_valid(call, variable, slice, block, valid)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_next_value_is_one_nearer_to_zero() {
        assert_eq!(beside(NumericType::UInt8, &[255]), [254]);
        assert_eq!(beside(NumericType::Int16, &i16::MIN.to_ne_bytes()), (i16::MIN + 1).to_ne_bytes());
        assert_eq!(beside(NumericType::UInt32, &u32::MAX.to_ne_bytes()), (u32::MAX - 1).to_ne_bytes());
        assert_eq!(beside(NumericType::Int64, &i64::MIN.to_ne_bytes()), (i64::MIN + 1).to_ne_bytes());
    }
}
