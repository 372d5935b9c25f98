//! The arrays of a group over its horizontal dimensions.
//!
//! Which dimensions are horizontal is told by GDAL's dimension types, by the attributes of CF (`axis`, `standard_name`,
//! `units`), and last by the usual names. Coordinates may be evenly spaced or not, in degrees or in a projected CRS; or
//! longitudes and latitudes are arrays on both dimensions, named by an attribute `coordinates` or found by what they are.

use std::sync::Arc;

use serde_json::{Map, Value};

use super::kinds::Kinds;
use super::{OF_PIXELS, Source, SourceArray, place};
use crate::error::{Context, Error, Kind, Result};
use crate::grid::Surface;
use crate::ops::quantise::axis::Axis;
use crate::ops::quantise::lattice::Lattice;
use crate::ops::quantise::raster::{Block, Raster, Variable};
use crate::store::dataset::{Array, Dimension, Group};
use crate::store::{Call, Degrees, Target, transform};

/// What is found in a group.
pub struct Found {
    /// The arrays over the horizontal dimensions.
    pub source: Source,
    /// Names of the arrays that tell where pixels lie: the coordinates of the horizontal dimensions.
    pub replaced: Vec<String>,
    /// Names of all arrays that are coordinates of longitude, latitude, x or y, bounds of these, or projections.
    pub coordinates: Vec<String>,
    /// Names of the horizontal dimensions.
    pub horizontal: [String; 2],
}

/// The arrays of `group` over its horizontal dimensions; `None` where it has none. Coordinates may lie in one of `around`, the
/// groups that it is in, the innermost first.
///
/// # Errors
/// Arrays that lie over different pairs of horizontal dimensions; coordinates that do not tell where pixels lie.
pub fn source(call: &Arc<Call>, group: &Group, around: &[&Group]) -> Result<Option<Found>> {
    let mut arrays = Vec::new();
    for name in group.all_array_names(call) {
        arrays.push(group.open_array(call, &name)?);
    }
    let own = arrays.len();
    for group in around {
        for name in group.all_array_names(call) {
            let array = group.open_array(call, &name)?;
            let is_hidden = arrays.iter().any(|inner: &Array| inner.name() == name);
            if !is_hidden && array.dimensions().len() <= 2 {
                arrays.push(array);
            }
        }
    }
    let kinds = Kinds::of(call, &arrays);
    let mut found: Vec<(&Array, [usize; 2])> = Vec::new();
    for array in &arrays[..own] {
        let is_number = array.data_type().numeric().is_some();
        if let Some(axes) = kinds.horizontal(array).filter(|_| is_number && !kinds.is_coordinate(array.name())) {
            found.push((array, axes));
        }
    }
    let Some(&(first, [first_y, first_x])) = found.first() else { return Ok(None) };
    let pair = |array: &Array, [y, x]: [usize; 2]| {
        [array.dimensions()[y].full_name.clone(), array.dimensions()[x].full_name.clone()]
    };
    let horizontal = pair(first, [first_y, first_x]);
    if let Some((other, axes)) = found.iter().find(|(array, axes)| pair(array, *axes) != horizontal) {
        return Err(Error::unsupported(format!(
            "arrays {} and {} lie over different horizontal dimensions ({} and {}): copy them one by one, with -array",
            first.full_name(),
            other.full_name(),
            horizontal.join(", "),
            pair(other, *axes).join(", "),
        )));
    }
    let (dimension_y, dimension_x) = (&first.dimensions()[first_y], &first.dimensions()[first_x]);
    let (lattice, surface, mut replaced) = lattice(call, &arrays, &kinds, first, dimension_y, dimension_x)
        .context(|| format!("array {}", first.full_name()))?;
    replaced.extend(kinds.grid_mappings.iter().cloned());
    let mut variables = Vec::new();
    let mut described = Vec::new();
    let mut inputs = Vec::new();
    for (array, axes) in found {
        let data_type = array.data_type().numeric().expect("chosen for being numeric").in_zarr();
        let outer: Vec<usize> = (0..array.dimensions().len()).filter(|axis| !axes.contains(axis)).collect();
        let block = array.block_size(call);
        variables.push(Variable {
            name: array.full_name().to_owned(),
            data_type,
            nodata: nodata(call, array, data_type),
            outer: outer.iter().map(|axis| array.dimensions()[*axis].size).collect(),
            block: axes.map(|axis| usize::try_from(block[axis]).unwrap_or(0)),
            masked: false,
            descends: array.scale_and_offset(call).0.is_some_and(|scale| scale < 0.0),
        });
        let dimension = |axis: &usize| &array.dimensions()[*axis];
        let names = outer.iter().map(|axis| dimension(axis).name.clone()).collect();
        let temporal = outer.iter().map(dimension).filter(|dimension| kinds.is_time(dimension));
        described.push(SourceArray {
            name: array.name().to_owned(),
            outer: names,
            temporal: temporal.map(|dimension| dimension.name.clone()).collect(),
            attributes: attributes(call, array, &kinds),
            is_categorical: ["flag_values", "flag_masks"].iter().any(|key| array.attributes(call).contains_key(*key)),
        });
        inputs.push(Input { at: arrays.iter().position(|other| std::ptr::eq(other, array)).unwrap_or(0), axes, outer });
    }
    let names = [dimension_y.name.clone(), dimension_x.name.clone()];
    let coordinates = kinds.coordinates().cloned().collect();
    let raster = Arrays { arrays, variables, inputs };
    let source = Source { lattice, surface, raster: Box::new(raster), arrays: described };
    Ok(Some(Found { source, replaced, coordinates, horizontal: names }))
}

/// The attributes of an array that are true of zones as well; unit, scale and offset among them.
fn attributes(call: &Arc<Call>, array: &Array, kinds: &Kinds) -> Map<String, Value> {
    let mut attributes = array.attributes(call);
    // Other coordinates stay: a height, a time of the forecast.
    let coordinates = attributes.get("coordinates").and_then(Value::as_str).unwrap_or_default();
    let others: Vec<&str> = coordinates.split_whitespace().filter(|name| !kinds.is_coordinate(name)).collect();
    let others = others.join(" ");
    attributes.retain(|key, _| !OF_PIXELS.contains(&key.as_str()));
    if !others.is_empty() {
        attributes.insert("coordinates".into(), others.into());
    }
    let unit = array.unit(call);
    if !unit.is_empty() {
        attributes.entry("units").or_insert(unit.into());
    }
    let (scale, offset) = array.scale_and_offset(call);
    for (key, value) in [("scale_factor", scale), ("add_offset", offset)] {
        if let Some(value) = value {
            attributes.entry(key).or_insert(value.into());
        }
    }
    attributes
}

fn nodata(call: &Arc<Call>, array: &Array, data_type: crate::store::NumericType) -> Option<Vec<u8>> {
    array.nodata(call).filter(|bytes| bytes.len() == data_type.size())
}

/// Where pixels lie, the surface of their longitudes and latitudes, and the names of the arrays that tell.
fn lattice(
    call: &Arc<Call>,
    arrays: &[Array],
    kinds: &Kinds,
    first: &Array,
    y: &Dimension,
    x: &Dimension,
) -> Result<(Lattice, Surface, Vec<String>)> {
    let on_both = |name: &&String| {
        arrays.iter().any(|array| {
            array.name() == name.as_str()
                && array.dimensions().iter().map(|dimension| &dimension.full_name).eq([&y.full_name, &x.full_name])
        })
    };
    let unit = Unit::of(call, arrays, [x, y]);
    let crs = first.crs_wkt(call)?.map(|wkt| Degrees::new(call, &unit.on(&wkt)?)).transpose();
    if let (Some(lon), Some(lat)) = (kinds.lon_2d.iter().find(on_both), kinds.lat_2d.iter().find(on_both)) {
        // Longitudes and latitudes one by one say it best, unless a CRS and its own coordinates say it too.
        let has_axes = [x, y].into_iter().all(|dimension| coordinates(call, arrays, dimension).is_ok());
        if !(has_axes && matches!(crs, Ok(Some(_)))) {
            let [lon_values, lat_values] = [lon, lat].map(|name| read_all(call, arrays, name));
            let columns = usize::try_from(x.size).map_err(|_| Error::invalid("more columns than can be addressed"))?;
            let lattice = place::of_centres(columns, &lon_values?, &lat_values?)?;
            let surface = crs.ok().flatten().map_or_else(place::wgs84, |crs| place::surface_of(&crs));
            let names = vec![lon.clone(), lat.clone(), x.name.clone(), y.name.clone()];
            return Ok((lattice, surface, names));
        }
    }
    let (mut x_values, x_name) = coordinates(call, arrays, x)?;
    let (mut y_values, y_name) = coordinates(call, arrays, y)?;
    if let Unit::Angle(metres) = unit {
        x_values.iter_mut().chain(&mut y_values).for_each(|value| *value *= metres);
    }
    let axis = |values: &[f64], dimension: &Dimension| {
        Axis::of_centres(values).context(|| format!("coordinates of dimension {}", dimension.name))
    };
    let (lattice, surface) = place::of_axes(axis(&x_values, x)?, axis(&y_values, y)?, crs?)?;
    let both = kinds.lon_2d.iter().chain(&kinds.lat_2d).chain(&kinds.bounds).cloned();
    Ok((lattice, surface, [x_name, y_name].into_iter().chain(both).collect()))
}

/// What the coordinates of a projected CRS are in, where that is not the unit that GDAL gives the CRS.
#[derive(Clone, Copy)]
enum Unit {
    /// As the CRS has it.
    Own,
    /// Thousands of metres; so are the false easting and northing.
    Kilometre,
    /// Angles from a satellite: metres at its height above the ground for what the unit is.
    Angle(f64),
}

impl Unit {
    /// Of the coordinates of two dimensions.
    fn of(call: &Arc<Call>, arrays: &[Array], dimensions: [&Dimension; 2]) -> Self {
        let unit = |dimension: &Dimension| {
            let array = variable_of(arrays, dimension)?;
            let unit = array.unit(call);
            let told = array.attributes(call).get("units").and_then(Value::as_str).unwrap_or_default().to_owned();
            Some(if unit.is_empty() { told } else { unit }.to_lowercase())
        };
        let units = dimensions.map(unit);
        let is_one_of = |names: &[&str]| units.iter().flatten().all(|unit| names.contains(&unit.as_str()));
        if units.contains(&None) {
            return Self::Own;
        }
        if is_one_of(&["km", "kilometer", "kilometre", "kilometers", "kilometres"]) {
            return Self::Kilometre;
        }
        let height_m = || {
            let told = |array: &Array| array.attributes(call).get("perspective_point_height").and_then(Value::as_f64);
            arrays.iter().find_map(told)
        };
        match height_m() {
            Some(height_m) if is_one_of(&["rad", "radian", "radians"]) => Self::Angle(height_m),
            Some(height_m) if is_one_of(&["microradian", "microradians"]) => Self::Angle(height_m * 1e-6),
            _ => Self::Own,
        }
    }

    /// The CRS of `wkt` in this unit.
    fn on(self, wkt: &str) -> Result<String> {
        match self {
            Self::Kilometre => transform::with_unit(wkt, "kilometre", 1000.0),
            Self::Own | Self::Angle(_) => Ok(wkt.to_owned()),
        }
    }
}

/// The array that holds the coordinates along a dimension.
fn variable_of<'a>(arrays: &'a [Array], dimension: &Dimension) -> Option<&'a Array> {
    let variable = dimension.indexing_variable.as_deref().unwrap_or(&dimension.name);
    let name = variable.rsplit('/').next().unwrap_or_default();
    arrays.iter().find(|array| array.name() == name && array.dimensions().len() == 1)
}

/// The coordinates along a dimension, and the name of the array that holds them.
fn coordinates(call: &Arc<Call>, arrays: &[Array], dimension: &Dimension) -> Result<(Vec<f64>, String)> {
    let Some(array) = variable_of(arrays, dimension) else {
        let variable = dimension.indexing_variable.as_deref().unwrap_or(&dimension.name);
        return Err(Error::invalid(format!(
            "dimension {} has no coordinates: there is neither an array {} nor are there longitudes and latitudes",
            dimension.name,
            variable.rsplit('/').next().unwrap_or_default()
        )));
    };
    Ok((read_all(call, arrays, array.name())?, array.name().to_owned()))
}

/// All values of an array, scaled. What is named nodata may be a place all the same: ERA-Interim's longitudes name 0.
fn read_all(call: &Arc<Call>, arrays: &[Array], name: &str) -> Result<Vec<f64>> {
    let array = arrays.iter().find(|array| array.name() == name);
    let array = array.ok_or_else(|| Error::not_found(format!("there is no array {name}")))?;
    let count: Vec<usize> = array.shape().iter().map(|extent| *extent as usize).collect();
    let all: usize = count.iter().product();
    let mut values = Vec::<f64>::new();
    let refused = |_| Error::new(Kind::OutOfMemory, format!("no memory for {all} coordinates of {name}"));
    values.try_reserve_exact(all).map_err(refused)?;
    values.resize(all, 0.0);
    array.read_numbers(call, &vec![0; count.len()], &count, Target::from_slice(&mut values, &count)?)?;
    let (scale, offset) = array.scale_and_offset(call);
    if scale.is_some() || offset.is_some() {
        let (scale, offset) = (scale.unwrap_or(1.0), offset.unwrap_or(0.0));
        values.iter_mut().for_each(|value| *value = *value * scale + offset);
    }
    Ok(values)
}

/// Arrays as variables.
struct Arrays {
    arrays: Vec<Array>,
    variables: Vec<Variable>,
    inputs: Vec<Input>,
}

/// Where a variable comes from.
struct Input {
    /// Which array.
    at: usize,
    /// Its axes of y and x.
    axes: [usize; 2],
    /// Its other axes.
    outer: Vec<usize>,
}

impl Raster for Arrays {
    fn variables(&self) -> &[Variable] {
        &self.variables
    }

    fn read(&self, call: &Arc<Call>, variable: usize, slice: u64, block: Block, values: &mut [u8]) -> Result<()> {
        let (input, variable) = (&self.inputs[variable], &self.variables[variable]);
        let array = &self.arrays[input.at];
        let rank = array.dimensions().len();
        let (mut start, mut count) = (vec![0; rank], vec![1; rank]);
        let mut rest = slice;
        for (axis, extent) in input.outer.iter().zip(&variable.outer).rev() {
            start[*axis] = rest % extent;
            rest /= extent;
        }
        let [y, x] = input.axes;
        (start[y], start[x]) = (block.row as u64, block.column as u64);
        (count[y], count[x]) = (block.rows, block.columns);
        if y < x {
            let target = Target::from_bytes(values, variable.data_type, &count)?;
            return array.read_numbers(call, &start, &count, target);
        }
        // Columns are the slower axis: read as they lie, and turned over.
        let size = variable.data_type.size();
        let mut turned = vec![0; values.len()];
        array.read_numbers(call, &start, &count, Target::from_bytes(&mut turned, variable.data_type, &count)?)?;
        for (at, from) in turned.chunks_exact(size).enumerate() {
            let to = (at % block.rows * block.columns + at / block.rows) * size;
            values[to..to + size].copy_from_slice(from);
        }
        Ok(())
    }

    fn read_valid(&self, _: &Arc<Call>, _: usize, _: u64, _: Block, _: &mut [u8]) -> Result<()> {
        Err(Error::invalid("an array has no mask beside its nodata value"))
    }
}
