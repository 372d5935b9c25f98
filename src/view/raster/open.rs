//! Opening: from a connection string to a raster, or to the names of those that a store holds.

use std::sync::Arc;

use super::options::RasterOptions;
use super::{Raster, coverage};
use crate::cube::{self, Array, DataType, Group, OpenRequest, ZoneFinder};
use crate::error::{Context, Error, Result};
use crate::store::{Call, proj, transform};

/// Groups that are searched for arrays.
const SEARCHED: usize = 256;

/// What a connection string shows to programs that know rasters.
pub struct View {
    /// What opens the same with the same open options; empty when the name that was opened does.
    pub connection: String,
    /// Path of the store.
    pub path: String,
    /// What tells this raster from others of the store: array and options; empty without a raster.
    pub name: String,
    /// Names and descriptions of the rasters that the store holds, the finest first; empty when an array was named, or when
    /// one is all there is.
    pub subdatasets: Vec<(String, String)>,
    /// The raster, where one array is chosen.
    pub raster: Option<Raster>,
    /// What the same request opens as a store, where that is opened already: it chooses the same zones and names all of the
    /// store.
    pub root: Option<Arc<dyn Group>>,
}

/// What `request` names; `None` when it is no DGGS store and nothing forces us.
///
/// # Errors
/// As [`cube::open`]; an array that cannot be shown as a raster.
pub fn open(call: &Arc<Call>, request: &OpenRequest) -> Result<Option<View>> {
    // The box says what to show, not which zones there are.
    let Some(named) = cube::open_named(call, request, &["BBOX"])? else { return Ok(None) };
    let place = || request.name.clone();
    let options = RasterOptions::parse(&named.options).context(place)?;
    let connection = if named.options.is_empty() { String::new() } else { named.connection_of(&named.node) };
    let of_array = |array: Arc<dyn Array>| {
        let name = array.full_name().to_owned();
        let raster = Raster::new(call, named.root.clone(), array, &options);
        raster.context(|| format!("{}: array {name}", request.name))
    };
    let boxed = named.options.iter().any(|(key, _)| key.eq_ignore_ascii_case("BBOX"));
    let mut view = View {
        connection,
        path: named.path.clone(),
        name: String::new(),
        subdatasets: Vec::new(),
        raster: None,
        root: (named.node == "/" && !boxed).then(|| named.root.clone()),
    };
    if let Some(array) = if named.node == "/" { None } else { cube::array_at(&named.root, call, &named.node)? } {
        view.name = format!("{}?{}", array.full_name(), options.text);
        view.raster = Some(of_array(array)?);
        return Ok(Some(view));
    }
    let group = cube::group_at(&named.root, call, &named.node)?
        .ok_or_else(|| Error::not_found(format!("{}: there is no group or array '{}'", request.name, named.node)))?;
    let arrays = data_arrays(call, group).context(place)?;
    if let [finest, coarser @ ..] = &arrays[..]
        && coarser.iter().all(|array| finest.overviews().iter().any(|name| name == array.full_name()))
    {
        view.name = format!("{}?{}", finest.full_name(), options.text);
        view.raster = Some(of_array(finest.clone())?);
    }
    if arrays.len() > 1 {
        let pair = |array: &Arc<dyn Array>| (named.connection_of(array.full_name()), describe(&**array));
        view.subdatasets = arrays.iter().map(pair).collect();
    }
    Ok(Some(view))
}

/// The arrays at and below `group` that hold numbers on zones, those with the smallest zones first.
fn data_arrays(call: &Arc<Call>, group: Arc<dyn Group>) -> Result<Vec<Arc<dyn Array>>> {
    let (mut found, mut pending, mut searched) = (Vec::new(), vec![group], 0);
    while let Some(group) = pending.pop() {
        searched += 1;
        for name in group.array_names(call)? {
            match group.open_array(call, &name) {
                Ok(Some(array)) if is_raster(&*array) => found.push(array),
                Ok(_) => {}
                // It does not hide the others.
                Err(error) => call.warn(format!("an array is left out: {error}")),
            }
        }
        if searched + pending.len() < SEARCHED {
            for name in group.group_names(call)?.into_iter().rev() {
                pending.extend(group.open_group(call, &name)?);
            }
        }
    }
    let size = |array: &Arc<dyn Array>| {
        let finder = array.zone_finder();
        finder.map_or(f64::INFINITY, |finder| coverage::zone_size_deg(&**finder.grid(), finder.level()))
    };
    found.sort_by(|a, b| size(a).total_cmp(&size(b)));
    Ok(found)
}

fn is_raster(array: &dyn Array) -> bool {
    array.is_data()
        && array.zone_finder().is_some()
        && matches!(array.data_type(), DataType::Numeric(_))
        && array.dimensions().iter().all(|dimension| dimension.size > 0)
}

/// What users choose from: `[12x49152] /u (Float32), HEALPix level 6`.
fn describe(array: &dyn Array) -> String {
    let sizes: Vec<String> = array.dimensions().iter().map(|dimension| dimension.size.to_string()).collect();
    let number = array.data_type().numeric().map(|number| format!(" ({number:?})")).unwrap_or_default();
    let grid = array.zone_finder().map(|finder| format!(", {} level {}", finder.grid().spec().dggrs, finder.level()));
    format!("[{}] {}{number}{}", sizes.join("x"), array.full_name(), grid.unwrap_or_default())
}

/// The CRS of the longitudes and latitudes that pixels are looked up with: the array's where it is geographic, else the
/// grid's.
pub(super) fn geographic_crs(array: &dyn Array, finder: &ZoneFinder) -> Result<String> {
    if let Some(own) = array.crs_wkt()
        && transform::crs_facts(own).is_ok_and(|facts| facts.is_geographic)
    {
        return Ok(own.to_owned());
    }
    finder.crs_wkt().map_or_else(|| proj::crs_to_wkt("EPSG:4326"), Ok)
}
