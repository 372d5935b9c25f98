//! What a cube is to consist of.

use std::sync::Arc;

use crate::convention::Attributes;
use crate::cube::creation::{CreationOptions, PyramidOption};
use crate::cube::creation::{ZoneCut, layout};
use crate::error::{Error, Result};
use crate::grid::Grid;
use crate::ops::level::{ArrayPlan, below};
use crate::ops::quantise::zones::Zones;
use crate::ops::source::{Source, classic, multidim};
use crate::store::Call;
use crate::store::dataset::{Array, Dataset, Group};

/// A group of the cube.
pub(super) struct GroupPlan {
    /// Its path.
    pub(super) path: String,
    /// Its attributes.
    pub(super) attributes: Attributes,
    /// What becomes zones.
    pub(super) source: Option<Source>,
    /// What is copied.
    pub(super) auxiliary: Vec<Array>,
}

/// The groups of a cube of `dataset`, each after the one it is in.
///
/// # Errors
/// A source that does not say where its pixels lie.
pub(super) fn groups(call: &Arc<Call>, dataset: &Dataset, name: &str) -> Result<Vec<GroupPlan>> {
    if let Some(raster) = dataset.raster(call)? {
        let attributes = classic::global_attributes(&raster);
        let source = classic::source(call, raster, &base_name(dataset.name(), name))?;
        return Ok(vec![GroupPlan { path: "/".into(), attributes, source: Some(source), auxiliary: vec![] }]);
    }
    let mut groups = Vec::new();
    if let Some(root) = dataset.root(call) {
        visit(call, &root, "/", &[], &mut groups)?;
    }
    Ok(groups)
}

fn visit(call: &Arc<Call>, group: &Group, path: &str, around: &[&Group], groups: &mut Vec<GroupPlan>) -> Result<()> {
    let found = multidim::source(call, group, around).map_err(|error| error.context(format!("group {path}")))?;
    let mut auxiliary = Vec::new();
    for name in group.all_array_names(call) {
        let array = group.open_array(call, &name)?;
        let Some(found) = &found else {
            auxiliary.push(array);
            continue;
        };
        let lies_on_pixels = array.dimensions().iter().any(|axis| found.horizontal.contains(&axis.name));
        let becomes_zones = found.source.arrays.iter().any(|array| array.name == name);
        if becomes_zones || found.replaced.contains(&name) {
            continue;
        }
        if !lies_on_pixels {
            auxiliary.push(array);
        } else if !found.coordinates.contains(&name) {
            let axes: Vec<&str> = array.dimensions().iter().map(|axis| axis.name.as_str()).collect();
            call.warn(format!(
                "array {} is left out: it lies over {}, and a cube has zones in place of {} and {}",
                array.full_name(),
                axes.join(", "),
                found.horizontal[0],
                found.horizontal[1]
            ));
        }
    }
    groups.push(GroupPlan {
        path: path.to_owned(),
        attributes: group.attributes(call),
        source: found.map(|found| found.source),
        auxiliary,
    });
    let around: Vec<&Group> = std::iter::once(group).chain(around.iter().copied()).collect();
    for name in group.group_names(call) {
        let child = group.open_group(call, &name)?;
        visit(call, &child, &below(path, &name), &around, groups)?;
    }
    Ok(())
}

/// The name of a file without its folder and ending, or of the variable that is named after it (`NETCDF:"a.nc":u`); of the target where the
/// source has none.
fn base_name(source: &str, target: &str) -> String {
    let base = |path: &str| {
        let file = path.trim_end_matches('/').rsplit(['/', '\\']).next().unwrap_or_default();
        file.split('.').next().unwrap_or_default().to_owned()
    };
    // A part of a file: after the last colon of two, a word that is no number.
    if let Some((file, part)) = source.rsplit_once(':')
        && file.contains(':')
        && part.starts_with(|c: char| c.is_alphabetic() || c == '_')
        && part.chars().all(|c| c.is_alphanumeric() || c == '_' || c == '-')
    {
        return part.to_owned();
    }
    // What a tool made in memory has a document for a name, or none.
    let is_path = !source.trim_start().starts_with('<') && !base(source).is_empty();
    base(if is_path { source } else { target })
}

/// The coarser levels of a pyramid, from finer to coarser.
///
/// # Errors
/// A level that is not coarser than the cube's.
pub(super) fn pyramid_levels(
    grid: &dyn Grid,
    level: u8,
    zones: &Zones,
    arrays: &[ArrayPlan],
    options: &CreationOptions,
) -> Result<Vec<u8>> {
    match &options.pyramid {
        PyramidOption::No => Ok(vec![]),
        PyramidOption::Levels(levels) => {
            if let Some(wrong) = levels.iter().find(|wanted| **wanted >= level) {
                return Err(Error::invalid(format!(
                    "option PYRAMID: level {wrong} is not coarser than the cube's level {level}"
                )));
            }
            Ok(levels.iter().rev().copied().collect())
        }
        PyramidOption::Yes => {
            // The first level that fits into a chunk of the largest elements is the last.
            let size = arrays.iter().map(|array| array.data_type.size()).max().unwrap_or(1);
            let share = zones.len() as f64 / grid.zone_count(level) as f64;
            let fits = |coarser: u8| {
                let cut = ZoneCut { axis: 0, grid, level: coarser, chunk_level: None, shard_level: None };
                let count = (grid.zone_count(coarser) as f64 * share).ceil() as u64;
                let chunk = layout(&[grid.zone_count(coarser)], size, Some(cut), options.format).chunk;
                count <= chunk[0]
            };
            let last = (0..level).rev().find(|coarser| fits(*coarser)).unwrap_or(0);
            Ok((last..level).rev().collect())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_come_from_the_source_else_from_the_target() {
        assert_eq!(base_name("/data/world.tif", "/x/out.dggs.zarr"), "world");
        assert_eq!(base_name("", "/x/out.dggs.zarr"), "out");
        assert_eq!(base_name("NETCDF:\"/data/era.v5.nc\":t2m", "out.zarr"), "t2m");
        assert_eq!(base_name("NETCDF:era.nc:u", "out.zarr"), "u");
        assert_eq!(base_name("HDF5:\"a.h5\"://group/ndvi", "out.zarr"), "ndvi");
        assert_eq!(base_name("GTIFF_DIR:2:/data/pages.tif", "out.zarr"), "pages");
        assert_eq!(base_name("HDF4_SDS:UNKNOWN:scene.hdf:3", "out.zarr"), "HDF4_SDS:UNKNOWN:scene");
        assert_eq!(base_name("<VRTDataset rasterXSize=\"1\">", "out.dggs.zarr/"), "out");
    }
}
