//! A zone axis of the copy: the grid in the ids that are wanted, how the convention tells it, and where its zones come from.

use std::sync::Arc;

use super::order::{NOWHERE, Order, Zones, batches, zones_of};
use super::source::{SourceArray, SourceGroup};
use crate::convention::{self, Compression, Description, NewAxis, Placement, ZoneAxis};
use crate::cube::creation::CreationOptions;
use crate::cube::{COMPUTED_IDS, NO_ZONE, Placed};
use crate::error::{Context, Error, Kind, Result};
use crate::grid::{self, Grid, GridSpec};
use crate::store::Call;

/// What the ids of a copy are called where the source lists none.
const IDS: &str = "cell_ids";
/// What the zone dimension of a copy is called where several become one.
const ZONES: &str = "cells";
/// The variable of a CF grid mapping.
const MAPPING: &str = "crs";

/// A zone axis of the copy.
pub(super) struct CopyAxis {
    pub(super) grid: Arc<dyn Grid>,
    pub(super) level: u8,
    pub(super) description: Description,
    /// For each order in which arrays of the source have their zone dimensions, where the zones come from.
    orders: Vec<(Vec<String>, Arc<Order>)>,
    /// The source's dimensions.
    pub(super) source_dimensions: Vec<String>,
}

impl CopyAxis {
    /// The axis that `group`'s axis number `at` becomes.
    ///
    /// # Errors
    /// A convention or a scheme that cannot tell it; ids that cannot be read or sorted.
    pub(super) fn new(call: &Arc<Call>, group: &SourceGroup, at: usize, options: &CreationOptions) -> Result<Self> {
        let (axis, level) = (&group.axes[at], group.levels[at]);
        let spec = target_spec(axis, options)?;
        let grid = grid::grid(&spec)?;
        let source_grid = grid::grid(&axis.spec)?;
        let arrays: Vec<&SourceArray> = group.arrays.iter().filter(|array| group.axis_of(array) == Some(at)).collect();
        let ids = match (axis.compression, &axis.id_array) {
            (Compression::None, Some(name)) => group.array(name).map(|array| array.array.clone()),
            (Compression::None, None) => None,
            _ => Some(group.computed_ids.clone().ok_or_else(|| {
                Error::unsupported(
                    "its zone ids are compressed: open the source with the DGGS driver, which lists them",
                )
            })?),
        };
        let mut listed = axis.clone();
        listed.id_array = ids.as_ref().map(|ids| ids.name().to_owned());
        let names = Names::new(group, at);
        let describe = |zones| {
            let new = NewAxis {
                dimension: &names.dimension,
                id_array: &names.ids,
                grid_mapping: &names.mapping,
                suffix: &names.suffix,
                ..NewAxis::new(&spec, level, zones)
            };
            convention::describe(options.convention, &new)
        };
        let source = |dimensions: &[(String, u64)]| zones_of(&listed, &source_grid, level, ids.as_ref(), dimensions);
        let is_same_scheme = spec.indexing == axis.spec.indexing;

        let mut orders = Vec::new();
        let list = ids.as_ref().map(|array| Ok::<_, Error>((array, source(&[])?))).transpose()?;
        // A list of the globe in order needs no table.
        let list = match list {
            Some((_, list)) if list.is_globe_in_order(call, &*source_grid, level)? => None,
            other => other,
        };
        let source = |dimensions: &[(String, u64)]| match (axis.placement == Placement::Line, &ids) {
            (true, Some(_)) => Ok(Zones::Globe(source_grid.clone(), level)),
            _ => source(dimensions),
        };
        let description = if let Some((array, list)) = list {
            let len = list.len();
            // A list of all zones may be the globe, which more conventions can tell.
            let whole = len == source_grid.zone_count(level);
            let (order, is_globe) = match is_same_scheme && !whole {
                true => (Order::Same(list), false),
                false => Order::sorted(call, list, &*grid, level, options.max_memory)
                    .context(|| format!("array {}", array.full_name()))?,
            };
            let zones = if is_globe { convention::Zones::Globe } else { convention::Zones::Listed(len) };
            let description = describe(zones)?;
            let order = match description.placement {
                Placement::Line => order,
                _ => placed_table(call, &order, &description, &spec, level, options.max_memory)?,
            };
            orders.push((axis.dimensions.clone(), Arc::new(order)));
            description
        } else {
            let description = describe(convention::Zones::Globe)?;
            for array in arrays {
                let dimensions = zone_dimensions(axis, array);
                let known: Vec<String> = dimensions.iter().map(|(name, _)| name.clone()).collect();
                if orders.iter().any(|(order, _)| *order == known) {
                    continue;
                }
                let source = source(&dimensions)?;
                let order = match (&description.placement, &source) {
                    (Placement::Line, Zones::Globe(..)) if is_same_scheme => Order::Same(source),
                    (Placement::Line, _) => Order::Told { copy: Zones::Globe(grid.clone(), level), source },
                    _ => Order::Told { copy: Zones::Placed(placed(&description, &spec, level)?), source },
                };
                orders.push((known, Arc::new(order)));
            }
            description
        };
        Ok(Self { grid, level, description, orders, source_dimensions: axis.dimensions.clone() })
    }

    /// Where the zones of `array` come from, and which of its axes are the zones', in storage order.
    pub(super) fn order_of(&self, array: &SourceArray) -> Option<(&Arc<Order>, Vec<usize>)> {
        let is_zone = |axis: &usize| self.source_dimensions.contains(&array.dimensions()[*axis]);
        let axes: Vec<usize> = (0..array.dimensions().len()).filter(is_zone).collect();
        let names = || axes.iter().map(|axis| &array.dimensions()[*axis]);
        let (_, order) = self.orders.iter().find(|(known, _)| known.iter().eq(names()))?;
        Some((order, axes))
    }

    /// True for an array along some of the source's dimensions when these become others.
    pub(super) fn loses(&self, array: &SourceArray) -> bool {
        let kept = |name: &String| self.description.dimensions.iter().any(|(known, _)| known == name);
        let mut lost = self.source_dimensions.iter().filter(|name| !kept(name));
        lost.any(|name| array.dimensions().contains(name))
    }

    /// The order whose zones are those of the id array.
    pub(super) fn order_of_ids(&self) -> Option<&Arc<Order>> {
        self.orders.first().map(|(_, order)| order)
    }
}

/// The grid of the source in the scheme of ids that is wanted.
///
/// # Errors
/// Options that ask for another grid.
pub(super) fn target_spec(axis: &ZoneAxis, options: &CreationOptions) -> Result<GridSpec> {
    let mut identity = options.identity.clone();
    let other = || {
        Error::new(
            Kind::Unsupported,
            format!(
                "the source is on {} ({}), and its zones cannot be made zones of another grid: leave DGGRS, ELLIPSOID, LON_0, \
                 LAT_0 and AZIMUTH out, or make them of one of its arrays as a raster (gdal_translate -of DGGS -co DGGRS=... \
                 'DGGS:\"cube.dggs.zarr\":/array')",
                axis.spec.dggrs,
                convention::ellipsoid::describe(&axis.spec.surface)
            ),
        )
    };
    if identity.dggrs.is_some_and(|dggrs| dggrs != axis.spec.dggrs) {
        return Err(other());
    }
    if identity.indexing.is_none() {
        let usual = convention::usual_indexing(options.convention, axis.spec.dggrs);
        identity.indexing = Some(usual.unwrap_or(axis.spec.indexing).to_owned());
    }
    let spec = identity.spec(&axis.spec)?;
    let unchanged = GridSpec { indexing: axis.spec.indexing, ..spec.clone() };
    if unchanged != axis.spec {
        return Err(other());
    }
    Ok(spec)
}

/// Names and sizes of the zone dimensions of an array, in its order.
fn zone_dimensions(axis: &ZoneAxis, array: &SourceArray) -> Vec<(String, u64)> {
    let all = array.dimensions().iter().cloned().zip(array.array.shape());
    all.filter(|(name, _)| axis.dimensions.contains(name)).collect()
}

fn placed(description: &Description, spec: &GridSpec, level: u8) -> Result<Placed> {
    let sizes = description.dimensions.iter().map(|(_, size)| *size).collect();
    Placed::new(spec, level, description.placement.clone(), sizes, description.meaning.clone())
}

/// The order of a list of the whole globe on dimensions that tell addresses.
fn placed_table(
    call: &Arc<Call>,
    globe: &Order,
    description: &Description,
    spec: &GridSpec,
    level: u8,
    max_memory: u64,
) -> Result<Order> {
    let (grid, copy) = (grid::grid(spec)?, placed(description, spec, level)?);
    let needed = copy.len().saturating_mul(16);
    if needed > max_memory {
        let message =
            format!("placing the zones needs {needed} bytes; give MAX_MEMORY={}MB or more", (needed >> 20) + 1);
        return Err(Error::new(Kind::OutOfMemory, message));
    }
    let (mut source, mut zones) = (Vec::new(), Vec::new());
    for batch in batches(copy.len()) {
        let found = copy.zones(batch)?;
        for zone in &found {
            if *zone == NO_ZONE {
                source.push(NOWHERE);
                continue;
            }
            let mut position = [0];
            grid.positions(level, &[*zone], &mut position)?;
            source.extend(globe.source_positions(call, position[0]..position[0] + 1)?);
        }
        zones.extend(found);
    }
    Ok(Order::Table { source, zones, source_len: globe.source_len() })
}

/// What things are called in the copy.
struct Names {
    dimension: String,
    ids: String,
    mapping: String,
    suffix: String,
}

impl Names {
    fn new(group: &SourceGroup, at: usize) -> Self {
        let axis = &group.axes[at];
        // The finest of several axes has the plain names.
        let finest = (0..group.levels.len()).max_by_key(|other| (group.levels[*other], std::cmp::Reverse(*other)));
        let suffix = match Some(at) == finest {
            true => String::new(),
            false => format!("_{}", group.levels[at]),
        };
        let plain = |name: &str| name.strip_suffix(&suffix).unwrap_or(name).to_owned();
        let dimension = match axis.placement {
            Placement::Line => plain(&axis.dimensions[0]),
            _ => ZONES.to_owned(),
        };
        let ids = match axis.id_array.as_deref().filter(|_| axis.compression == Compression::None) {
            Some(name) if !name.starts_with(COMPUTED_IDS) => plain(name),
            _ => IDS.to_owned(),
        };
        let is_taken =
            |name: &str| group.array(name).is_some_and(|array| !convention::is_grid_mapping(&array.attributes));
        let mapping = match is_taken(MAPPING) {
            true => format!("{MAPPING}_healpix"),
            false => MAPPING.to_owned(),
        };
        Self { dimension, ids, mapping, suffix }
    }
}
