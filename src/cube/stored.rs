//! A stored array as the cube shows it: whole, or at the positions of a selection.

use std::sync::Arc;

use serde_json::Value;

use crate::convention;
use crate::cube::axis::Axis;
use crate::cube::crs::{self, Crs};
use crate::cube::editing::{Editing, ids_stay};
use crate::cube::gather::Gather;
use crate::cube::positions::Positions;
use crate::cube::progression::{Chosen, Progression};
use crate::cube::{Array, Attributes, DataType, Dimension, Window, ZoneFinder, read_only};
use crate::error::{Context, Error, Result};
use crate::hierarchy::{self, AxisSelection};
use crate::store::{Call, Input, NumericType, Run, Source, Target};

/// A stored array, one of whose axes may be a zone axis.
pub(super) struct StoredArray {
    array: Arc<hierarchy::Array>,
    /// Which of the array's axes is a zone axis, and that axis.
    zone: Option<(usize, Arc<Axis>)>,
    /// Where that axis stands for several stored ones.
    gather: Option<Gather>,
    finder: Option<ZoneFinder>,
    is_ids: bool,
    is_data: bool,
    dimensions: Vec<Dimension>,
    attributes: Attributes,
    nodata: Option<Vec<u8>>,
    coordinates: Vec<String>,
    overviews: Vec<String>,
    crs: Option<Crs>,
    structural_info: Vec<(String, String)>,
    store: String,
    editing: Option<Arc<Editing>>,
}

/// What the cube adds to a stored array.
pub(super) struct Overlay {
    /// How messages name the store.
    pub(super) store: String,
    /// Where the store is being written.
    pub(super) editing: Option<Arc<Editing>>,
    /// Axes, slowest first, with the sizes that are shown.
    pub(super) dimensions: Vec<Dimension>,
    /// The zone axis and its place among the axes.
    pub(super) zone: Option<(usize, Arc<Axis>)>,
    /// Where that axis stands for several stored ones.
    pub(super) gather: Option<Gather>,
    /// The array's zones, on whichever of its axes.
    pub(super) finder: Option<ZoneFinder>,
    /// True for the array of zone ids.
    pub(super) is_ids: bool,
    /// False for ids and centres.
    pub(super) is_data: bool,
    /// The attributes that users see.
    pub(super) attributes: Attributes,
    /// Full names of the coordinate variables.
    pub(super) coordinates: Vec<String>,
    /// Full names of the same array on coarser levels, the finest first.
    pub(super) overviews: Vec<String>,
    /// The CRS, on a zone axis.
    pub(super) crs: Option<Crs>,
    /// Facts about the grid, put before the array's own.
    pub(super) structural_info: Vec<(String, String)>,
}

impl StoredArray {
    /// `array` with `overlay` over it.
    pub(super) fn new(array: Arc<hierarchy::Array>, overlay: Overlay) -> Self {
        let Overlay {
            store,
            editing,
            dimensions,
            zone,
            gather,
            finder,
            is_ids,
            is_data,
            attributes,
            coordinates,
            overviews,
            crs,
            mut structural_info,
        } = overlay;
        structural_info.extend_from_slice(array.structural_info());
        // A fill value of 0 must not make the first zone of the grid "no data".
        let is_padding = |value: &&[u8]| !is_ids || value.iter().all(|&byte| byte == 0xff);
        let mut nodata = array.nodata().filter(is_padding).map(<[u8]>::to_vec);
        if nodata.is_none() && zone.as_ref().is_some_and(|(_, axis)| leaves_coverage(axis)) {
            nodata = missing_value(array.data_type());
        }
        Self {
            array,
            zone,
            gather,
            finder,
            is_ids,
            is_data,
            dimensions,
            attributes,
            nodata,
            coordinates,
            overviews,
            crs,
            structural_info,
            store,
            editing,
        }
    }

    /// The window as the hierarchy reads it; `turned` hears of an axis that comes out in reverse order.
    fn chosen(&self, window: &Window, mut turned: impl FnMut(usize)) -> Result<Vec<Chosen>> {
        let progressions = window.progressions(&self.dimensions)?;
        let chosen = progressions.into_iter().enumerate().map(|(at, progression)| match &self.zone {
            Some((zone_at, axis)) if *zone_at == at => {
                let (chosen, reversed) = axis.chosen(progression);
                if reversed {
                    turned(at);
                }
                chosen
            }
            _ => Chosen::Strided(progression),
        });
        Ok(chosen.collect())
    }

    /// The points of this window, when the zone axis shows points.
    fn points(&self, window: &Window) -> Result<Option<Points>> {
        let Some((at, axis)) = &self.zone else { return Ok(None) };
        let Positions::Points(stored) = axis.positions() else { return Ok(None) };
        let shown = window.progressions(&self.dimensions)?[*at];
        Ok(Some(Points::new(*at, stored, shown)))
    }

    /// The other axes as they are, the zone axis replaced by the distinct stored positions of `points`.
    fn chosen_points(&self, window: &Window, points: &Points) -> Result<Vec<Chosen>> {
        let mut chosen: Vec<Chosen> = window.progressions(&self.dimensions)?.into_iter().map(Chosen::Strided).collect();
        chosen[points.axis] = Chosen::List(points.distinct.clone());
        Ok(chosen)
    }

    fn read_number_points(
        &self,
        call: &Arc<Call>,
        window: &Window,
        points: &Points,
        mut target: Target<'_>,
    ) -> Result<()> {
        let numeric = self.numeric()?;
        let mut counts = window.count.clone();
        counts[points.axis] = points.distinct.len();
        let mut dense = vec![0u8; counts.iter().product::<usize>() * numeric.size()];
        if !dense.is_empty() {
            let chosen = self.chosen_points(window, points)?;
            self.array.read(call, &Chosen::selections(&chosen), Target::from_bytes(&mut dense, numeric, &counts)?)?;
        }
        self.fill_missing(points, &mut target)?;
        let every: Vec<[Run; 1]> = counts.iter().map(|&count| [Run::whole(0, count)]).collect();
        let chosen: Vec<Run> = points.runs().collect();
        let mut runs: Vec<&[Run]> = every.iter().map(|run| &run[..]).collect();
        runs[points.axis] = &chosen;
        target.copy_from(&Source { bytes: &dense, data_type: numeric, shape: &counts }, &runs)
    }

    /// Points outside the coverage become nodata.
    fn fill_missing(&self, points: &Points, target: &mut Target<'_>) -> Result<()> {
        let Some(missing) = &self.nodata else { return Ok(()) };
        for (to, _) in points.sources.iter().enumerate().filter(|(_, source)| source.is_none()) {
            target.reborrow().narrow(points.axis, to, 1).fill(missing, self.numeric()?)?;
        }
        Ok(())
    }

    fn numeric(&self) -> Result<NumericType> {
        match self.array.data_type() {
            DataType::Numeric(numeric) => Ok(*numeric),
            _ => Err(Error::invalid(format!("array {} is not numeric", self.array.full_name()))),
        }
    }

    /// Changes what the store says of the array.
    fn edited(&self, change: impl FnOnce(&Editing, &str) -> Result<()>) -> Result<()> {
        match &self.editing {
            Some(editing) => change(editing, self.full_name()).context(|| self.store.clone()),
            None => read_only(self.full_name()).context(|| self.store.clone()),
        }
    }

    /// Writes to the positions of `window`.
    fn written(&self, window: &Window, write: impl FnOnce(&[AxisSelection<'_>]) -> Result<()>) -> Result<()> {
        self.edited(|editing, path| {
            let chosen: Vec<Chosen> = window.progressions(&self.dimensions)?.into_iter().map(Chosen::Strided).collect();
            write(&Chosen::selections(&chosen))?;
            editing.written(path);
            Ok(())
        })
    }

    /// Reads elements that are no numbers, of any kind, in C order of the window.
    fn read_elements<T: Clone>(
        &self,
        window: &Window,
        missing: T,
        read: impl Fn(&[AxisSelection<'_>]) -> Result<Vec<T>>,
    ) -> Result<Vec<T>> {
        if let Some(points) = self.points(window)? {
            let dense = read(&Chosen::selections(&self.chosen_points(window, &points)?))?;
            let inner: usize = window.count[points.axis + 1..].iter().product();
            let outer: usize = window.count[..points.axis].iter().product();
            let mut elements = Vec::with_capacity(outer * points.sources.len() * inner);
            for row in 0..outer {
                for source in &points.sources {
                    match source {
                        Some(rank) => {
                            let first = (row * points.distinct.len() + rank) * inner;
                            elements.extend_from_slice(&dense[first..first + inner]);
                        }
                        None => elements.extend(std::iter::repeat_n(missing.clone(), inner)),
                    }
                }
            }
            return Ok(elements);
        }
        let mut turned = Vec::new();
        let mut elements = read(&Chosen::selections(&self.chosen(window, |axis| turned.push(axis))?))?;
        for axis in turned {
            reverse_axis(&mut elements, &window.count, axis);
        }
        Ok(elements)
    }
}

/// The points of one window: which stored positions to read once, and where each shown index finds its value.
struct Points {
    axis: usize,
    /// Ascending.
    distinct: Vec<u64>,
    /// For each shown index the rank in `distinct`, `None` outside the coverage.
    sources: Vec<Option<usize>>,
}

impl Points {
    fn new(axis: usize, stored: &[Option<u64>], shown: Progression) -> Self {
        let positions: Vec<Option<u64>> = shown.iter().map(|index| stored[index as usize]).collect();
        let mut distinct: Vec<u64> = positions.iter().flatten().copied().collect();
        distinct.sort_unstable();
        distinct.dedup();
        let rank = |position: u64| distinct.binary_search(&position).expect("every position is in the list");
        let sources = positions.into_iter().map(|position| position.map(rank)).collect();
        Self { axis, distinct, sources }
    }

    /// From the distinct positions to the shown indices, points outside the coverage left out.
    fn runs(&self) -> impl Iterator<Item = Run> + '_ {
        let shown = self.sources.iter().enumerate();
        shown.filter_map(|(to, source)| source.map(|from| Run { from, step: 1, to, count: 1 }))
    }
}

/// How much `AdviseRead` may keep when its caller does not say.
const ADVISED_BYTES: usize = 256 << 20;

/// `CACHE_SIZE` in bytes, as GDAL's Zarr driver names it.
fn cache_bytes(options: &[(String, String)]) -> Result<usize> {
    match options.iter().find(|(key, _)| key.eq_ignore_ascii_case("CACHE_SIZE")) {
        Some((_, value)) => value
            .trim()
            .parse()
            .map_err(|_| Error::invalid(format!("option CACHE_SIZE: '{value}' is not a number of bytes"))),
        None => Ok(ADVISED_BYTES),
    }
}

fn leaves_coverage(axis: &Axis) -> bool {
    matches!(axis.positions(), Positions::Points(stored) if stored.contains(&None))
}

/// What stands for "no value" in a type whose store names none: NaN, or the largest integer.
fn missing_value(data_type: &DataType) -> Option<Vec<u8>> {
    use NumericType as N;
    Some(match data_type.numeric()? {
        N::UInt8 => vec![u8::MAX],
        N::Int8 => i8::MAX.to_ne_bytes().into(),
        N::UInt16 => u16::MAX.to_ne_bytes().into(),
        N::Int16 => i16::MAX.to_ne_bytes().into(),
        N::UInt32 => u32::MAX.to_ne_bytes().into(),
        N::Int32 => i32::MAX.to_ne_bytes().into(),
        N::UInt64 => u64::MAX.to_ne_bytes().into(),
        N::Int64 => i64::MAX.to_ne_bytes().into(),
        N::Float16 => half::f16::NAN.to_ne_bytes().into(),
        N::Float32 => f32::NAN.to_ne_bytes().into(),
        N::Float64 => f64::NAN.to_ne_bytes().into(),
        N::CFloat16 => half::f16::NAN.to_ne_bytes().repeat(2),
        N::CFloat32 => f32::NAN.to_ne_bytes().repeat(2),
        N::CFloat64 => f64::NAN.to_ne_bytes().repeat(2),
        N::CInt16 => i16::MAX.to_ne_bytes().repeat(2),
        N::CInt32 => i32::MAX.to_ne_bytes().repeat(2),
    })
}

/// Turns one axis of a dense C-ordered block round.
fn reverse_axis<T>(elements: &mut [T], counts: &[usize], axis: usize) {
    let inner: usize = counts[axis + 1..].iter().product();
    let block = counts[axis] * inner;
    if block == 0 {
        return;
    }
    for block in elements.chunks_exact_mut(block) {
        for at in 0..counts[axis] / 2 {
            let (head, tail) = block.split_at_mut((counts[axis] - 1 - at) * inner);
            head[at * inner..(at + 1) * inner].swap_with_slice(&mut tail[..inner]);
        }
    }
}

impl Array for StoredArray {
    fn name(&self) -> &str {
        self.array.name()
    }

    fn full_name(&self) -> &str {
        self.array.full_name()
    }

    fn dimensions(&self) -> &[Dimension] {
        &self.dimensions
    }

    fn data_type(&self) -> &DataType {
        self.array.data_type()
    }

    fn attributes(&self) -> &Attributes {
        &self.attributes
    }

    fn nodata(&self) -> Option<&[u8]> {
        self.nodata.as_deref()
    }

    fn scale(&self) -> Option<f64> {
        self.array.scale()
    }

    fn offset(&self) -> Option<f64> {
        self.array.offset()
    }

    fn unit(&self) -> &str {
        self.array.unit()
    }

    fn crs_wkt(&self) -> Option<&str> {
        self.crs.as_ref().and_then(Crs::wkt)
    }

    fn coordinate_variables(&self) -> &[String] {
        &self.coordinates
    }

    fn overviews(&self) -> &[String] {
        &self.overviews
    }

    /// At most the axes' own sizes: netCDF refuses chunks that are larger than what a selection leaves.
    fn block_size(&self) -> Vec<u64> {
        let stored = self.array.block_size();
        let block = self.gather.as_ref().map_or_else(|| stored.to_vec(), |gather| gather.block_size(stored));
        block.iter().zip(&self.dimensions).map(|(block, dimension)| *block.min(&dimension.size)).collect()
    }

    fn read_block_size(&self) -> Vec<u64> {
        let stored = self.array.read_chunk_shape();
        let block = self.gather.as_ref().map_or_else(|| stored.to_vec(), |gather| gather.block_size(stored));
        block.iter().zip(&self.dimensions).map(|(block, dimension)| *block.min(&dimension.size)).collect()
    }

    fn zone_finder(&self) -> Option<ZoneFinder> {
        self.finder.clone()
    }

    fn is_data(&self) -> bool {
        self.is_data
    }

    fn structural_info(&self) -> Vec<(String, String)> {
        self.structural_info.clone()
    }

    fn read_numbers(&self, call: &Arc<Call>, window: &Window, mut target: Target<'_>) -> Result<()> {
        let place = || self.store.clone();
        if let Some(gather) = &self.gather {
            if let Some(points) = self.points(window).context(place)? {
                self.fill_missing(&points, &mut target).context(place)?;
            }
            let progressions = window.progressions(&self.dimensions).context(place)?;
            let numeric = self.numeric().context(place)?;
            return gather.read_numbers(call, &self.array, numeric, &progressions, target).context(place);
        }
        if let Some(points) = self.points(window).context(place)? {
            return self.read_number_points(call, window, &points, target).context(place);
        }
        let chosen = self.chosen(window, |axis| target.reverse(axis)).context(place)?;
        self.array.read(call, &Chosen::selections(&chosen), target).context(place)
    }

    fn read_texts(&self, call: &Arc<Call>, window: &Window) -> Result<Vec<Option<String>>> {
        let read = |selections: &[AxisSelection<'_>]| self.array.read_texts(call, selections);
        if let Some(gather) = &self.gather {
            let progressions = window.progressions(&self.dimensions)?;
            return gather.read_elements(&progressions, &[None], read).context(|| self.store.clone());
        }
        self.read_elements(window, None, read).context(|| self.store.clone())
    }

    fn read_compounds(&self, call: &Arc<Call>, window: &Window) -> Result<Vec<u8>> {
        let DataType::Compound { size, .. } = self.array.data_type() else {
            return Err(Error::invalid(format!("array {} is not structured", self.array.full_name())));
        };
        let missing = self.nodata.clone().unwrap_or_else(|| vec![0; *size]);
        if let Some(gather) = &self.gather {
            let read = |selections: &[AxisSelection<'_>]| self.array.read_compounds(call, selections);
            let progressions = window.progressions(&self.dimensions)?;
            return gather.read_elements(&progressions, &missing, read).context(|| self.store.clone());
        }
        let elements = self.read_elements(window, missing, |selections| {
            let bytes = self.array.read_compounds(call, selections)?;
            Ok(bytes.chunks_exact(*size).map(<[u8]>::to_vec).collect())
        });
        Ok(elements.context(|| self.store.clone())?.concat())
    }

    fn advise_read(&self, call: &Arc<Call>, window: &Window, options: &[(String, String)]) -> Result<()> {
        if let Some(gather) = &self.gather {
            let progressions = window.progressions(&self.dimensions)?;
            return gather
                .advise(call, &self.array, &progressions, cache_bytes(options)?)
                .context(|| self.store.clone());
        }
        let chosen = match self.points(window)? {
            Some(points) => self.chosen_points(window, &points)?,
            None => self.chosen(window, |_| ())?,
        };
        self.array.advise(call, &Chosen::selections(&chosen), cache_bytes(options)?).context(|| self.store.clone())
    }

    fn is_writable(&self) -> bool {
        self.editing.is_some()
    }

    fn write_numbers(&self, call: &Arc<Call>, window: &Window, input: Input<'_>) -> Result<()> {
        self.written(window, |selections| self.array.write(call, selections, input))
    }

    fn write_texts(&self, call: &Arc<Call>, window: &Window, texts: &[Option<String>]) -> Result<()> {
        self.written(window, |selections| self.array.write_texts(call, selections, texts))
    }

    fn write_compounds(&self, call: &Arc<Call>, window: &Window, bytes: &[u8]) -> Result<()> {
        self.written(window, |selections| self.array.write_compounds(call, selections, bytes))
    }

    fn set_attribute(&self, _: &Arc<Call>, name: &str, value: Option<Value>) -> Result<()> {
        self.edited(|editing, path| editing.set_attribute(path, name, value))
    }

    fn set_nodata(&self, _: &Arc<Call>, value: Option<&[u8]>) -> Result<()> {
        self.edited(|editing, path| {
            editing.editor().set_nodata(path, value)?;
            editing.changed();
            Ok(())
        })
    }

    fn set_unit(&self, _: &Arc<Call>, unit: &str) -> Result<()> {
        self.edited(|editing, path| editing.put_attribute(path, "units", (!unit.is_empty()).then(|| unit.into())))
    }

    fn set_scale(&self, _: &Arc<Call>, scale: Option<f64>) -> Result<()> {
        self.edited(|editing, path| editing.put_attribute(path, "scale_factor", scale.map(Value::from)))
    }

    fn set_offset(&self, _: &Arc<Call>, offset: Option<f64>) -> Result<()> {
        self.edited(|editing, path| editing.put_attribute(path, "add_offset", offset.map(Value::from)))
    }

    fn set_crs(&self, _: &Arc<Call>, definition: Option<&str>) -> Result<()> {
        self.edited(|editing, path| {
            // without one, an array of zones is in the CRS of its grid
            let of_grid = || {
                let (_, axis) = self.zone.as_ref().filter(|_| self.is_data)?;
                Some(crs::grid_definition(axis.grid().spec()))
            };
            let definition = definition.map(str::to_owned).or_else(of_grid);
            let attribute = definition.map(|definition| crs::attribute(&definition)).transpose()?;
            editing.put_attribute(path, convention::crs::ATTRIBUTE, attribute)
        })
    }

    fn resize(&self, call: &Arc<Call>, sizes: &[u64]) -> Result<()> {
        self.edited(|editing, path| editing.resize(call, path, &self.dimensions, sizes))
    }

    fn rename(&self, call: &Arc<Call>, new_name: &str) -> Result<()> {
        self.edited(|editing, path| match self.is_ids {
            true => Err(ids_stay(path)),
            false => editing.rename(call, path, new_name),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_axis_is_turned_round_in_place() {
        let mut block: Vec<u8> = (0..12).collect();
        reverse_axis(&mut block, &[2, 3, 2], 1);
        assert_eq!(block, [4, 5, 2, 3, 0, 1, 10, 11, 8, 9, 6, 7]);
        reverse_axis(&mut block, &[2, 3, 2], 0);
        assert_eq!(block, [10, 11, 8, 9, 6, 7, 4, 5, 2, 3, 0, 1]);
    }
}
