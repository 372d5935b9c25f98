//! Computed arrays: what the grid knows of each zone, as arrays on the zone axis. Never read from disk and never held
//! in memory whole.

use std::sync::Arc;

use rayon::prelude::*;

use crate::cube::axis::{Axis, NO_ID, NO_ZONE};
use crate::cube::progression::Progression;
use crate::cube::quantity::Quantity;
use crate::cube::{Array, Attributes, DataType, Dimension, Window, ZoneFinder};
use crate::error::{Context, Error, Result};
use crate::grid::{Grid, LonLat, Zone, ZoneId};
use crate::store::{self, Call, NumericType, Run, Source, Target};

/// Zones worked on at a time by one thread.
const BATCH: usize = 1 << 15;

/// A [`Quantity`] of every zone that an [`Axis`] shows.
pub(super) struct ComputedArray {
    quantity: Quantity,
    full_name: String,
    axis: Arc<Axis>,
    /// How many of the dimensions are the zones', from the first on.
    zone_rank: usize,
    dimensions: Vec<Dimension>,
    attributes: Attributes,
    data_type: DataType,
    nodata: Option<Vec<u8>>,
    coordinates: Vec<String>,
    structural_info: Vec<(String, String)>,
    /// How messages name the store.
    store: String,
}

/// What a computed array has from its group.
pub(super) struct Setting {
    /// Path from the opened root.
    pub(super) full_name: String,
    /// Full names of the coordinate variables.
    pub(super) coordinates: Vec<String>,
    /// Facts about the grid.
    pub(super) structural_info: Vec<(String, String)>,
    /// How messages name the store.
    pub(super) store: String,
}

impl ComputedArray {
    /// `quantity` of `axis`, whose dimensions are `zone`. `extra` attributes win over the array's own.
    pub(super) fn new(
        quantity: Quantity,
        axis: Arc<Axis>,
        zone: Vec<Dimension>,
        extra: Attributes,
        setting: Setting,
    ) -> Self {
        let Setting { full_name, coordinates, structural_info, store } = setting;
        let (zone_rank, group) = (zone.len(), zone[0].group.clone());
        let inner = quantity.inner_axes(&**axis.grid()).into_iter().map(|(name, size)| Dimension {
            name: name.into(),
            group: group.clone(),
            kind: String::new(),
            direction: String::new(),
            size: size as u64,
            indexing_variable: None,
        });
        let dimensions = zone.into_iter().chain(inner).collect();
        let mut attributes = quantity.attributes();
        attributes.extend(extra);
        let data_type = quantity.data_type();
        let nodata = match quantity {
            Quantity::Boundary => Some(f64::NAN.to_ne_bytes().to_vec()),
            Quantity::ZoneText => None,
            _ if zone_rank > 1 => Some(match data_type {
                DataType::Numeric(NumericType::Float64) => f64::NAN.to_ne_bytes().to_vec(),
                _ => NO_ID.to_ne_bytes().to_vec(),
            }),
            // Ids and parents are never missing, and a nodata value makes xarray read them as floats: inexact.
            Quantity::Children | Quantity::Neighbours => Some(NO_ID.to_ne_bytes().to_vec()),
            _ => None,
        };
        Self {
            quantity,
            full_name,
            axis,
            zone_rank,
            dimensions,
            attributes,
            data_type,
            nodata,
            coordinates,
            structural_info,
            store,
        }
    }

    fn compute(&self, call: &Arc<Call>, window: &Window, target: Target<'_>) -> Result<()> {
        let progressions = window.progressions(&self.dimensions)?;
        let DataType::Numeric(numeric) = self.data_type else {
            return Err(Error::invalid(format!("array {} holds text", self.full_name)));
        };
        let mut target = target;
        let mut inner = Vec::new();
        for (at, progression) in progressions.iter().enumerate().skip(self.zone_rank) {
            let (ascending, reversed) = progression.ascending();
            if reversed {
                target.reverse(at);
            }
            let step = usize::try_from(ascending.step).unwrap_or(0);
            inner.push([Run { from: ascending.start as usize, step, to: 0, count: ascending.count }]);
        }
        let widths = self.widths();
        let work = |(zone_axes, mut part): (Vec<Progression>, Target<'_>)| {
            let zones = self.zones(call, &zone_axes)?;
            let counts = zone_axes.iter().map(|progression| progression.count);
            let shape: Vec<usize> = counts.clone().chain(widths.iter().copied()).collect();
            let whole: Vec<[Run; 1]> = counts.map(|count| [Run::whole(0, count)]).collect();
            let runs: Vec<&[Run]> = whole.iter().chain(&inner).map(|run| &run[..]).collect();
            part.copy_from(&Source { bytes: &self.rows(&zones)?, data_type: numeric, shape: &shape }, &runs)
        };
        let one_thread = !target.is_disjoint();
        let mut batches = Vec::new();
        batch(progressions[..self.zone_rank].to_vec(), target, &mut batches);
        if one_thread || batches.len() == 1 {
            return batches.into_iter().try_for_each(work);
        }
        store::pool::install(call, || batches.into_par_iter().try_for_each(work))?
    }

    /// Lengths of the axes after the zone axes.
    fn widths(&self) -> Vec<usize> {
        self.dimensions[self.zone_rank..].iter().map(|dimension| dimension.size as usize).collect()
    }

    fn zones(&self, call: &Arc<Call>, zone_axes: &[Progression]) -> Result<Vec<Zone>> {
        match zone_axes {
            [only] => self.axis.zones(call, *only),
            several => self.axis.zones_on(several),
        }
    }

    fn compute_texts(&self, call: &Arc<Call>, window: &Window) -> Result<Vec<Option<String>>> {
        if self.quantity != Quantity::ZoneText {
            return Err(Error::invalid(format!("array {} holds numbers", self.full_name)));
        }
        let zones = self.zones(call, &window.progressions(&self.dimensions)?)?;
        let (grid, level) = (self.axis.grid(), self.axis.level());
        let text = |zone: Zone| (zone != NO_ZONE).then(|| grid.zone_text(level, zone)).transpose();
        zones.into_iter().map(text).collect()
    }

    /// Values of one batch of zones, dense, in native byte order: one row of all inner positions a zone.
    fn rows(&self, zones: &[Zone]) -> Result<Vec<u8>> {
        let (grid, level) = (&**self.axis.grid(), self.axis.level());
        let width: usize = self.widths().iter().product();
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

/// Cuts zone axes and their target into batches.
fn batch<'t>(axes: Vec<Progression>, target: Target<'t>, batches: &mut Vec<(Vec<Progression>, Target<'t>)>) {
    let count = |axis: &Progression| axis.count;
    let longest = (0..axes.len()).max_by_key(|at| axes[*at].count).filter(|at| axes[*at].count > 1);
    let Some(at) = longest.filter(|_| axes.iter().map(count).fold(1, usize::saturating_mul) > BATCH) else {
        batches.push((axes, target));
        return;
    };
    let half = axes[at].count / 2;
    let (before, after) = target.split_at(at, half);
    let part = |from: usize, count: usize| {
        let mut part = axes.clone();
        part[at] = part[at].part(from, count);
        part
    };
    batch(part(0, half), before, batches);
    batch(part(half, axes[at].count - half), after, batches);
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
        let mut room = BATCH as u64;
        for size in block[..self.zone_rank].iter_mut().rev() {
            *size = (*size).min(room).max(1);
            room /= *size;
        }
        block
    }

    fn zone_finder(&self) -> Option<ZoneFinder> {
        Some(ZoneFinder::new(self.axis.clone(), (0..self.zone_rank).collect(), self.store.clone()))
    }

    fn is_data(&self) -> bool {
        false
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
