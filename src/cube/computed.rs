//! Computed arrays: what the grid knows of each zone, as arrays on the zone axis. Never read from disk and never held
//! in memory whole.

use std::sync::Arc;

use rayon::prelude::*;
use serde_json::json;

use crate::cube::axis::{Axis, NO_ID, NO_ZONE};
use crate::cube::progression::Progression;
use crate::cube::{Array, Attributes, DataType, Dimension, Window};
use crate::error::{Context, Error, Result};
use crate::grid::{Grid, LonLat, Zone, ZoneId};
use crate::store::{self, Call, NumericType, Run, Source, Target};

/// Zones worked on at a time by one thread.
const BATCH: usize = 1 << 15;

/// What can be computed of a zone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Quantity {
    /// The id in the grid's indexing scheme, UInt64.
    ZoneId,
    /// Longitude of the grid's centre, degrees.
    Lon,
    /// Latitude of the grid's centre, degrees.
    Lat,
    /// The id as text, unique over all levels.
    ZoneText,
    /// The boundary's vertices: (zone, vertex, 2), longitude first, NaN padded.
    Boundary,
    /// Area on the grid's surface, square metres.
    Area,
    /// Id of the parent one level coarser.
    Parent,
    /// Ids of the children one level finer: (zone, child).
    Children,
    /// Ids of the neighbours: (zone, neighbour).
    Neighbours,
}

impl Quantity {
    /// Those that the open option `COMPUTED` names.
    pub(super) const OPTIONAL: [Self; 6] =
        [Self::ZoneText, Self::Boundary, Self::Area, Self::Parent, Self::Children, Self::Neighbours];

    /// Those that every zone axis has, beside its ids.
    pub(super) const CENTROID: [Self; 2] = [Self::Lon, Self::Lat];

    /// Its word in the open option `COMPUTED`.
    pub(super) fn option(self) -> &'static str {
        match self {
            Self::ZoneId => "ZONE_ID",
            Self::Lon => "LON",
            Self::Lat => "LAT",
            Self::ZoneText => "ZONE_TEXT",
            Self::Boundary => "BOUNDARY",
            Self::Area => "AREA",
            Self::Parent => "PARENT",
            Self::Children => "CHILDREN",
            Self::Neighbours => "NEIGHBOURS",
        }
    }

    /// The name of its array.
    pub(super) fn array_name(self) -> String {
        self.option().to_ascii_lowercase()
    }

    /// False where a level has none: level 0 has no parents, the finest level no children.
    pub(super) fn exists_at(self, grid: &dyn Grid, level: u8) -> bool {
        match self {
            Self::Parent => level > 0,
            Self::Children => level < grid.max_level(),
            _ => true,
        }
    }

    /// The axes after the zone axis: names and lengths.
    pub(super) fn inner_axes(self, grid: &dyn Grid) -> Vec<(&'static str, usize)> {
        match self {
            Self::Boundary => vec![("vertex", grid.max_vertices()), ("lon_lat", 2)],
            Self::Children => vec![("child", grid.max_children())],
            Self::Neighbours => vec![("neighbour", grid.max_neighbours())],
            _ => Vec::new(),
        }
    }

    fn data_type(self) -> DataType {
        match self {
            Self::ZoneText => DataType::Text { max_length: 0 },
            Self::Lon | Self::Lat | Self::Boundary | Self::Area => DataType::Numeric(NumericType::Float64),
            Self::ZoneId | Self::Parent | Self::Children | Self::Neighbours => DataType::Numeric(NumericType::UInt64),
        }
    }

    fn unit(self) -> &'static str {
        match self {
            Self::Lon => "degrees_east",
            Self::Lat => "degrees_north",
            Self::Boundary => "degrees",
            Self::Area => "m2",
            _ => "",
        }
    }

    fn attributes(self) -> Attributes {
        let text = match self {
            Self::Lon => json!({"standard_name": "longitude", "long_name": "longitude of the zone's centre"}),
            Self::Lat => json!({"standard_name": "latitude", "long_name": "latitude of the zone's centre"}),
            Self::ZoneId => json!({}),
            Self::ZoneText => json!({"long_name": "zone id as text, unique over all refinement levels"}),
            Self::Boundary => json!({"long_name": "vertices of the zone's boundary, counter-clockwise, longitude first"}),
            Self::Area => json!({"standard_name": "cell_area", "long_name": "area of the zone on the grid's surface"}),
            Self::Parent => json!({"long_name": "zone id of the parent, one refinement level coarser"}),
            Self::Children => json!({"long_name": "zone ids of the children, one refinement level finer"}),
            Self::Neighbours => json!({"long_name": "zone ids of the zones that share an edge or a vertex"}),
        };
        text.as_object().cloned().unwrap_or_default()
    }
}

/// A [`Quantity`] of every zone that an [`Axis`] shows.
pub(super) struct ComputedArray {
    quantity: Quantity,
    full_name: String,
    axis: Arc<Axis>,
    dimensions: Vec<Dimension>,
    attributes: Attributes,
    data_type: DataType,
    nodata: Option<Vec<u8>>,
    coordinates: Vec<String>,
    structural_info: Vec<(String, String)>,
    /// How messages name the store.
    store: String,
}

impl ComputedArray {
    /// `quantity` of `axis`, whose dimension is `zone`. `extra` attributes win over the array's own.
    pub(super) fn new(
        quantity: Quantity,
        full_name: String,
        axis: Arc<Axis>,
        zone: Dimension,
        extra: Attributes,
        coordinates: Vec<String>,
        structural_info: Vec<(String, String)>,
        store: String,
    ) -> Self {
        let group = zone.group.clone();
        let inner = quantity.inner_axes(&**axis.grid()).into_iter().map(|(name, size)| Dimension {
            name: name.into(),
            group: group.clone(),
            kind: String::new(),
            direction: String::new(),
            size: size as u64,
            indexing_variable: None,
        });
        let dimensions = std::iter::once(zone).chain(inner).collect();
        let mut attributes = quantity.attributes();
        attributes.extend(extra);
        let data_type = quantity.data_type();
        let nodata = match (quantity, &data_type) {
            (Quantity::Boundary, _) => Some(f64::NAN.to_ne_bytes().to_vec()),
            (_, DataType::Numeric(NumericType::UInt64)) => Some(NO_ID.to_ne_bytes().to_vec()),
            _ => None,
        };
        Self { quantity, full_name, axis, dimensions, attributes, data_type, nodata, coordinates, structural_info, store }
    }

    fn compute(&self, call: &Arc<Call>, window: &Window, target: Target<'_>) -> Result<()> {
        let progressions = window.progressions(&self.dimensions)?;
        let DataType::Numeric(numeric) = self.data_type else {
            return Err(Error::invalid(format!("array {} holds text", self.full_name)));
        };
        let mut target = target;
        let mut inner = Vec::new();
        for (at, progression) in progressions.iter().enumerate().skip(1) {
            let (ascending, reversed) = progression.ascending();
            if reversed {
                target.reverse(at);
            }
            let step = usize::try_from(ascending.step).unwrap_or(0);
            inner.push([Run { from: ascending.start as usize, step, to: 0, count: ascending.count }]);
        }
        let widths: Vec<usize> = self.dimensions[1..].iter().map(|dimension| dimension.size as usize).collect();
        let batch = |at: usize, mut part: Target<'_>| {
            let count = part.counts()[0];
            let zones = self.axis.zones(call, progressions[0].part(at, count))?;
            let shape: Vec<usize> = std::iter::once(count).chain(widths.iter().copied()).collect();
            let whole = [Run::whole(0, count)];
            let runs: Vec<&[Run]> = std::iter::once(&whole[..]).chain(inner.iter().map(|run| &run[..])).collect();
            part.copy_from(&Source { bytes: &self.rows(&zones)?, data_type: numeric, shape: &shape }, &runs)
        };
        if !target.is_disjoint() || target.counts()[0] <= BATCH {
            return target.batches(0, BATCH).into_iter().try_for_each(|(at, part)| batch(at, part));
        }
        let batches = target.batches(0, BATCH);
        store::pool::install(call, || batches.into_par_iter().try_for_each(|(at, part)| batch(at, part)))?
    }

    fn compute_texts(&self, call: &Arc<Call>, window: &Window) -> Result<Vec<Option<String>>> {
        if self.quantity != Quantity::ZoneText {
            return Err(Error::invalid(format!("array {} holds numbers", self.full_name)));
        }
        let zones = self.axis.zones(call, window.progressions(&self.dimensions)?[0])?;
        let (grid, level) = (self.axis.grid(), self.axis.level());
        let text = |zone: Zone| (zone != NO_ZONE).then(|| grid.zone_text(level, zone)).transpose();
        zones.into_iter().map(text).collect()
    }

    /// Values of one batch of zones, dense, in native byte order: one row of all inner positions a zone.
    fn rows(&self, zones: &[Zone]) -> Result<Vec<u8>> {
        let (grid, level) = (&**self.axis.grid(), self.axis.level());
        let width: usize = self.dimensions[1..].iter().map(|dimension| dimension.size as usize).product();
        match self.quantity {
            Quantity::Lon | Quantity::Lat => {
                let centroids = centroids(grid, level, zones)?;
                let pick = |point: &LonLat| if self.quantity == Quantity::Lon { point.lon_deg } else { point.lat_deg };
                Ok(bytes(&centroids.iter().map(pick).collect::<Vec<f64>>()))
            }
            Quantity::Area => per_zone(zones, 1, f64::NAN, |zone, row| {
                row[0] = grid.area_m2(level, zone)?;
                Ok(())
            }),
            Quantity::Boundary => per_zone(zones, width, f64::NAN, |zone, row| {
                let boundary = grid.boundary(level, zone, 1)?;
                for (place, point) in row.chunks_exact_mut(2).zip(boundary) {
                    place.copy_from_slice(&[point.lon_deg, point.lat_deg]);
                }
                Ok(())
            }),
            Quantity::ZoneId => Ok(bytes(&ids(grid, level, zones)?)),
            Quantity::Parent => per_zone(zones, 1, NO_ID, |zone, row| {
                let parents = grid.parents(level, zone)?;
                row.copy_from_slice(&ids(grid, level - 1, &parents[..1])?);
                Ok(())
            }),
            Quantity::Children => per_zone(zones, width, NO_ID, |zone, row| {
                let children = grid.children(level, zone)?;
                row[..children.len()].copy_from_slice(&ids(grid, level + 1, &children)?);
                Ok(())
            }),
            Quantity::Neighbours => per_zone(zones, width, NO_ID, |zone, row| {
                let neighbours = grid.neighbours(level, zone)?;
                row[..neighbours.len()].copy_from_slice(&ids(grid, level, &neighbours)?);
                Ok(())
            }),
            Quantity::ZoneText => Err(Error::invalid(format!("array {} holds text", self.full_name))),
        }
    }
}

fn bytes<T: bytemuck::NoUninit>(values: &[T]) -> Vec<u8> {
    bytemuck::cast_slice(values).to_vec()
}

/// One row of `width` values a zone, `padding` where `fill` leaves it and where there is no zone.
fn per_zone<T: bytemuck::NoUninit>(
    zones: &[Zone],
    width: usize,
    padding: T,
    fill: impl Fn(Zone, &mut [T]) -> Result<()>,
) -> Result<Vec<u8>> {
    let mut values = vec![padding; zones.len() * width];
    for (zone, row) in zones.iter().zip(values.chunks_exact_mut(width)).filter(|(zone, _)| **zone != NO_ZONE) {
        fill(*zone, row)?;
    }
    Ok(bytes(&values))
}

fn centroids(grid: &dyn Grid, level: u8, zones: &[Zone]) -> Result<Vec<LonLat>> {
    let nowhere = LonLat { lon_deg: f64::NAN, lat_deg: f64::NAN };
    scattered(zones, nowhere, |zones, points| grid.centroids(level, zones, points))
}

fn ids(grid: &dyn Grid, level: u8, zones: &[Zone]) -> Result<Vec<u64>> {
    let ids = scattered(zones, ZoneId(NO_ID), |zones, ids| grid.ids(level, zones, ids))?;
    Ok(ids.into_iter().map(|id| id.0).collect())
}

/// `work` over `zones`, leaving `padding` where there is no zone.
fn scattered<T: Copy>(zones: &[Zone], padding: T, work: impl Fn(&[Zone], &mut [T]) -> Result<()>) -> Result<Vec<T>> {
    let mut values = vec![padding; zones.len()];
    if !zones.contains(&NO_ZONE) {
        work(zones, &mut values)?;
        return Ok(values);
    }
    for (zone, value) in zones.iter().zip(&mut values).filter(|(zone, _)| **zone != NO_ZONE) {
        work(&[*zone], std::slice::from_mut(value))?;
    }
    Ok(values)
}

impl Array for ComputedArray {
    fn name(&self) -> &str {
        self.full_name.rsplit('/').next().unwrap_or_default()
    }

    fn full_name(&self) -> &str {
        &self.full_name
    }

    fn dimensions(&self) -> &[Dimension] {
        &self.dimensions
    }

    fn data_type(&self) -> &DataType {
        &self.data_type
    }

    fn attributes(&self) -> &Attributes {
        &self.attributes
    }

    fn nodata(&self) -> Option<&[u8]> {
        self.nodata.as_deref()
    }

    fn scale(&self) -> Option<f64> {
        None
    }

    fn offset(&self) -> Option<f64> {
        None
    }

    fn unit(&self) -> &str {
        self.quantity.unit()
    }

    fn crs_wkt(&self) -> Option<&str> {
        None
    }

    fn coordinate_variables(&self) -> &[String] {
        &self.coordinates
    }

    fn block_size(&self) -> Vec<u64> {
        let mut block: Vec<u64> = self.dimensions.iter().map(|dimension| dimension.size).collect();
        block[0] = block[0].min(BATCH as u64);
        block
    }

    fn structural_info(&self) -> Vec<(String, String)> {
        self.structural_info.clone()
    }

    fn read_numbers(&self, call: &Arc<Call>, window: &Window, target: Target<'_>) -> Result<()> {
        self.compute(call, window, target).context(|| self.store.clone())
    }

    fn read_texts(&self, call: &Arc<Call>, window: &Window) -> Result<Vec<Option<String>>> {
        self.compute_texts(call, window).context(|| self.store.clone())
    }
    fn read_compounds(&self, _: &Arc<Call>, _: &Window) -> Result<Vec<u8>> {
        Err(Error::invalid(format!("array {} is not structured", self.full_name)))
    }

    fn advise_read(&self, _: &Arc<Call>, window: &Window, _: &[(String, String)]) -> Result<()> {
        window.progressions(&self.dimensions).map(drop)
    }
}

impl Window {
    /// The window axis by axis, checked against `dimensions`.
    ///
    /// # Errors
    /// A window of another number of axes, or one that leaves an axis.
    pub(super) fn progressions(&self, dimensions: &[Dimension]) -> Result<Vec<Progression>> {
        let rank = dimensions.len();
        if [self.start.len(), self.count.len(), self.step.len()] != [rank; 3] {
            return Err(Error::invalid(format!("a window of {rank} axes is needed, not of {}", self.start.len())));
        }
        dimensions
            .iter()
            .enumerate()
            .map(|(axis, dimension)| {
                Progression::on_axis(dimension.size, self.start[axis], self.count[axis], self.step[axis])
                    .map_err(|error| error.context(format!("dimension {}", dimension.name)))
            })
            .collect()
    }
}
