//! From open options to zones: BBOX, POLYGON, ZONES and POINTS against a grid at a level.

use std::sync::Arc;

use rayon::prelude::*;

use crate::cube::options::SelectionOptions;
use crate::error::{Context, Error, Result};
use crate::grid::{Grid, LonLat, Region, Zone, ZoneSet};
use crate::store::{self, Call, VsiStore};

/// Points that one thread looks up at a time.
const BATCH: usize = 1 << 14;

/// The zones that a user chose.
pub(super) enum Choice {
    /// No option was given.
    All,
    /// The zones in all of BBOX, POLYGON and ZONES that were given.
    Set(ZoneSet),
    /// One zone a point, in the user's order.
    Points(Vec<Zone>),
}

impl Choice {
    /// What `options` choose among the zones of `grid` at `level`.
    ///
    /// # Errors
    /// An option that cannot be read; the message names it.
    pub(super) fn new(call: &Arc<Call>, options: &SelectionOptions, grid: &dyn Grid, level: u8) -> Result<Self> {
        if let Some(points) = &options.points {
            return points_of(call, points, grid, level).context(|| "open option POINTS".into()).map(Self::Points);
        }
        let mut chosen: Option<ZoneSet> = None;
        let mut also = |set: ZoneSet| {
            chosen = Some(match chosen.take() {
                Some(before) => before.intersection(&set),
                None => set,
            });
        };
        if let Some(bbox) = &options.bbox {
            also(grid.zones_in(level, bbox, options.containment).context(|| "open option BBOX".into())?);
        }
        if let Some(polygon) = &options.polygon {
            let zones = store::vector::polygons(call, polygon)
                .and_then(Region::polygons)
                .and_then(|region| grid.zones_in(level, &region, options.containment));
            also(zones.context(|| "open option POLYGON".into())?);
        }
        if let Some(zones) = &options.zones {
            also(zones_of(call, zones, grid, level).context(|| "open option ZONES".into())?);
        }
        Ok(chosen.map_or(Self::All, Self::Set))
    }
}

/// The text of an option, or of the file that it names with `@`.
fn text_of(call: &Arc<Call>, option: &str) -> Result<String> {
    match option.strip_prefix('@') {
        None => Ok(option.to_owned()),
        Some(file) => {
            let bytes =
                VsiStore::new(file, call).read("")?.ok_or_else(|| Error::not_found(format!("no file {file}")))?;
            String::from_utf8(bytes).map_err(|_| Error::invalid(format!("{file} is not UTF-8 text")))
        }
    }
}

fn zones_of(call: &Arc<Call>, option: &str, grid: &dyn Grid, level: u8) -> Result<ZoneSet> {
    let text = text_of(call, option)?;
    let mut zones = Vec::new();
    let mut coarser = ZoneSet::default();
    for word in text.split([',', '\n', '\r']).map(str::trim).filter(|word| !word.is_empty()) {
        match grid.parse_zone(word, Some(level))? {
            (found, zone) if found == level => zones.push(zone),
            (found, zone) if found < level => coarser = coarser.union(&grid.sub_zones(found, zone, level)?),
            (found, _) => {
                return Err(Error::invalid(format!(
                    "zone {word} is of level {found}, finer than the cube's level {level}"
                )));
            }
        }
    }
    Ok(coarser.union(&ZoneSet::from_zones(zones)))
}

fn points_of(call: &Arc<Call>, option: &str, grid: &dyn Grid, level: u8) -> Result<Vec<Zone>> {
    let points = match option.strip_prefix('@') {
        Some(file) => points_of_file(call, file)?,
        None => points_of_list(option)?,
    };
    if points.is_empty() {
        return Err(Error::invalid("no points given"));
    }
    let mut zones = vec![Zone(0); points.len()];
    if points.len() <= BATCH {
        grid.zones_at(level, &points, &mut zones)?;
        return Ok(zones);
    }
    let batches = points.par_chunks(BATCH).zip(zones.par_chunks_mut(BATCH));
    store::pool::install(call, || batches.try_for_each(|(points, zones)| grid.zones_at(level, points, zones)))??;
    Ok(zones)
}

fn points_of_list(text: &str) -> Result<Vec<LonLat>> {
    text.split(',')
        .filter(|pair| !pair.trim().is_empty())
        .map(|pair| {
            point(pair.split_whitespace()).ok_or_else(|| {
                Error::invalid(format!("'{}' is not 'lon lat'; points are separated by commas", pair.trim()))
            })
        })
        .collect()
}

/// Text of two columns, or a vector file that GDAL opens.
fn points_of_file(call: &Arc<Call>, file: &str) -> Result<Vec<LonLat>> {
    // A database may be a folder, or have no bytes of its own.
    let bytes = VsiStore::new(file, call).read("").unwrap_or_default();
    let columns = match bytes.map(String::from_utf8) {
        Some(Ok(text)) => points_of_csv(&text).map_err(Some),
        _ => Err(None),
    };
    let error = match columns {
        Ok(points) => return Ok(points),
        Err(error) => error,
    };
    match (store::vector::points(call, file), error) {
        (Ok(points), _) => Ok(points.into_iter().map(|[lon_deg, lat_deg]| LonLat { lon_deg, lat_deg }).collect()),
        (Err(_), Some(error)) => Err(error.context(file)),
        (Err(error), None) => Err(error),
    }
}

/// Two columns; a first line that holds no numbers is a header.
fn points_of_csv(text: &str) -> Result<Vec<LonLat>> {
    let mut points = Vec::new();
    for (number, line) in text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty()) {
        match point(line.split([',', ';', '\t', ' ']).filter(|word| !word.is_empty())) {
            Some(found) => points.push(found),
            None if number == 0 && !line.contains(|c: char| c.is_ascii_digit()) => {}
            None => {
                return Err(Error::invalid(format!(
                    "line {}: '{line}' is not two columns, lon and lat, and no header names them",
                    number + 1
                )));
            }
        }
    }
    Ok(points)
}

fn point<'a>(mut words: impl Iterator<Item = &'a str>) -> Option<LonLat> {
    let lon_deg = words.next()?.trim().parse().ok()?;
    let lat_deg = words.next()?.trim().parse().ok()?;
    words.next().is_none().then_some(LonLat { lon_deg, lat_deg })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn points_are_pairs_and_anything_else_is_an_error() {
        let expected = [LonLat { lon_deg: 1.5, lat_deg: -2.0 }, LonLat { lon_deg: 3.0, lat_deg: 4.0 }];
        assert_eq!(points_of_list("1.5 -2,3 4").unwrap(), expected);
        assert_eq!(points_of_csv("lon,lat\n1.5,-2\n3,4\n").unwrap(), expected);
        assert_eq!(points_of_csv("1.5;-2\n\n3\t4").unwrap(), expected);
        for bad in ["1.5", "1 2 3", "a b", "1;2"] {
            assert!(points_of_list(bad).is_err(), "{bad}");
        }
        assert!(points_of_csv("1,2\nx,y").unwrap_err().to_string().contains("line 2"));
    }
}
