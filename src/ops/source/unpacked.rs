//! Pixels as the numbers that packed ones mean: sums are of those, for a sum of packed numbers has the offset once.

use std::sync::Arc;

use super::Source;
use crate::error::Result;
use crate::ops::quantise::raster::{Block, Raster, Variable};
use crate::ops::quantise::reduce::Sample;
use crate::ops::quantise::values::with_type;
use crate::store::{Call, NumericType};

/// `value = stored * scale + offset`.
#[derive(Clone, Copy)]
struct Packing {
    scale: f64,
    offset: f64,
}

struct Unpacked {
    raster: Box<dyn Raster>,
    variables: Vec<Variable>,
    /// Of each variable; `None`: it is as it is stored.
    packings: Vec<Option<Packing>>,
}

impl Source {
    /// The same with doubles, and NaN where there are no data, in place of real numbers that have a scale or an offset.
    #[must_use]
    pub fn unpacked(mut self) -> Self {
        let mut variables = self.raster.variables().to_vec();
        let mut packings = Vec::new();
        for (variable, array) in variables.iter_mut().zip(&mut self.arrays) {
            let (scale, offset) = (array.number("scale_factor"), array.number("add_offset"));
            let is_packed = !variable.data_type.is_complex() && (scale.is_some() || offset.is_some());
            packings.push(is_packed.then(|| Packing { scale: scale.unwrap_or(1.0), offset: offset.unwrap_or(0.0) }));
            if is_packed {
                array.attributes.retain(|key, _| key != "scale_factor" && key != "add_offset");
                (variable.data_type, variable.nodata, variable.descends) = (NumericType::Float64, None, false);
            }
        }
        let raster = self.raster;
        Self { raster: Box::new(Unpacked { raster, variables, packings }), ..self }
    }
}

impl Raster for Unpacked {
    fn variables(&self) -> &[Variable] {
        &self.variables
    }

    fn read(&self, call: &Arc<Call>, variable: usize, slice: u64, block: Block, values: &mut [u8]) -> Result<()> {
        let Some(packing) = self.packings[variable] else {
            return self.raster.read(call, variable, slice, block, values);
        };
        let stored = &self.raster.variables()[variable];
        let mut bytes = vec![0; block.rows * block.columns * stored.data_type.size()];
        self.raster.read(call, variable, slice, block, &mut bytes)?;
        with_type!(stored.data_type, unpack(&bytes, stored.nodata.as_deref(), packing, values))
    }

    fn read_valid(&self, call: &Arc<Call>, variable: usize, slice: u64, block: Block, valid: &mut [u8]) -> Result<()> {
        self.raster.read_valid(call, variable, slice, block, valid)
    }
}

fn unpack<T: Sample>(stored: &[u8], nodata: Option<&[u8]>, packing: Packing, values: &mut [u8]) -> Result<()> {
    let Packing { scale, offset } = packing;
    let nodata: Option<T> = nodata.map(bytemuck::pod_read_unaligned);
    for (stored, value) in stored.chunks_exact(size_of::<T>()).zip(values.chunks_exact_mut(size_of::<f64>())) {
        let stored: T = bytemuck::pod_read_unaligned(stored);
        let meant = if Some(stored) == nodata { f64::NAN } else { stored.to_f64() * scale + offset };
        value.copy_from_slice(&meant.to_ne_bytes());
    }
    Ok(())
}
