//! Arrays beside those over pixels: coordinates of time and height, and the like.

use std::sync::Arc;

use super::plan::GroupPlan;
use crate::cube::creation::layout;
use crate::error::{Context, Result};
use crate::hierarchy::{self, AxisSelection, DataType, Field, NewArray};
use crate::ops::frame::Frame;
use crate::store::dataset;
use crate::store::{Call, Input, Target};

/// Bytes copied at a time.
const PORTION: u64 = 1 << 24;

/// Copies the arrays of a group that do not lie over pixels into the group at `path`.
///
/// # Errors
/// They cannot be read or written.
pub(super) fn copy(call: &Arc<Call>, frame: &Frame, group: &GroupPlan, path: &str) -> Result<()> {
    group
        .auxiliary
        .iter()
        .try_for_each(|array| one(call, frame, array, path).context(|| format!("array {}", array.full_name())))
}

fn one(call: &Arc<Call>, frame: &Frame, from: &dataset::Array, path: &str) -> Result<()> {
    let data_type = stored_type(from.data_type());
    let shape = from.shape();
    let names = from.dimensions().iter().map(|dimension| dimension.name.clone()).collect();
    let chunk = layout(&shape, from.data_type().size(), None, frame.editor().format()).chunk;
    let mut new = NewArray::new(from.name(), data_type, names, shape.clone(), chunk);
    new.attributes = from.attributes(call);
    let unit = from.unit(call);
    if !unit.is_empty() {
        new.attributes.entry("units").or_insert(unit.into());
    }
    let (scale, offset) = from.scale_and_offset(call);
    for (key, value) in [("scale_factor", scale), ("add_offset", offset)] {
        if let Some(value) = value {
            new.attributes.entry(key).or_insert(value.into());
        }
    }
    let mut to = frame.editor().create_array(path, &new)?;
    if let Some(nodata) = from.nodata(call) {
        let path = to.full_name().to_owned();
        frame.editor().set_nodata(&path, Some(&nodata))?;
        to = frame.editor().array(&path)?;
    }
    // Steps of the slowest axis, as many as fit.
    let step_bytes = shape.iter().skip(1).product::<u64>() * from.data_type().size() as u64;
    let steps = (PORTION / step_bytes.max(1)).max(1);
    let all = shape.first().copied().unwrap_or(1);
    for first in (0..all).step_by(steps as usize) {
        let (mut start, mut count) = (vec![0; shape.len()], Vec::with_capacity(shape.len()));
        count.extend(shape.iter().map(|extent| *extent as usize));
        if !shape.is_empty() {
            start[0] = first;
            count[0] = steps.min(all - first) as usize;
        }
        portion(call, from, &to, &start, &count)?;
    }
    Ok(())
}

fn portion(
    call: &Arc<Call>,
    from: &dataset::Array,
    to: &hierarchy::Array,
    start: &[u64],
    count: &[usize],
) -> Result<()> {
    let select = |(&start, &count): (&u64, &usize)| AxisSelection::Strided { start, count, step: 1 };
    let selection: Vec<AxisSelection<'_>> = start.iter().zip(count).map(select).collect();
    match from.data_type() {
        DataType::Numeric(number) => {
            let mut bytes = vec![0; count.iter().product::<usize>() * number.size()];
            from.read_numbers(call, start, count, Target::from_bytes(&mut bytes, *number, count)?)?;
            to.write(call, &selection, Input::from_bytes(&bytes, *number, count)?)
        }
        DataType::Text { .. } => {
            let texts = from.read_texts(call, start, count)?;
            to.write_texts(call, &selection, &texts)
        }
        DataType::Compound { .. } => {
            let bytes = from.read_compounds(call, start, count)?;
            to.write_compounds(call, &selection, &bytes)
        }
    }
}

/// The type that Zarr has for one of GDAL's.
fn stored_type(data_type: &DataType) -> DataType {
    match data_type {
        DataType::Numeric(number) => DataType::Numeric(number.in_zarr()),
        DataType::Text { .. } => DataType::Text { max_length: 0 },
        DataType::Compound { name, size, fields } => DataType::Compound {
            name: name.clone(),
            size: *size,
            fields: fields
                .iter()
                .map(|field| Field {
                    name: field.name.clone(),
                    offset: field.offset,
                    data_type: stored_type(&field.data_type),
                })
                .collect(),
        },
    }
}
