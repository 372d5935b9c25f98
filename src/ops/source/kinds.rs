//! What the arrays of a group are by their attributes: coordinates, time, projections.

use std::sync::Arc;

use serde_json::Value;

use crate::store::Call;
use crate::store::dataset::{Array, Dimension};

/// What the arrays of a group are by their attributes.
pub(super) struct Kinds {
    /// Names of one-dimensional coordinate variables of longitude or x, and of latitude or y.
    pub(super) x: Vec<String>,
    pub(super) y: Vec<String>,
    /// Names of arrays of longitudes and latitudes on two dimensions.
    pub(super) lon_2d: Vec<String>,
    pub(super) lat_2d: Vec<String>,
    /// Full names of the dimensions of `lon_2d`.
    planes: Vec<[String; 2]>,
    /// Names of those of time.
    pub(super) time: Vec<String>,
    /// Names of variables that describe a projection.
    pub(super) grid_mappings: Vec<String>,
    /// Names of bounds of the horizontal coordinates.
    pub(super) bounds: Vec<String>,
}

/// Units of longitude and latitude in CF, clause 4.1 and 4.2.
const DEGREES_EAST: [&str; 6] = ["degrees_east", "degree_east", "degree_e", "degrees_e", "degreee", "degreese"];
const DEGREES_NORTH: [&str; 6] = ["degrees_north", "degree_north", "degree_n", "degrees_n", "degreen", "degreesn"];

/// Attributes by which a variable without values describes a projection: CF's, and what GDAL and rioxarray write.
const OF_GRID_MAPPINGS: [&str; 3] = ["grid_mapping_name", "crs_wkt", "spatial_ref"];

/// Names by which a dimension is horizontal where nothing else says so.
const X_NAMES: [&str; 4] = ["x", "lon", "longitude", "easting"];
const Y_NAMES: [&str; 4] = ["y", "lat", "latitude", "northing"];

impl Kinds {
    pub(super) fn of(call: &Arc<Call>, arrays: &[Array]) -> Self {
        let mut kinds = Self {
            x: vec![],
            y: vec![],
            lon_2d: vec![],
            lat_2d: vec![],
            planes: vec![],
            time: vec![],
            grid_mappings: vec![],
            bounds: vec![],
        };
        for array in arrays {
            let attributes = array.attributes(call);
            let text = |key: &str| attributes.get(key).and_then(Value::as_str).unwrap_or_default().to_lowercase();
            let unit = match text("units") {
                unit if unit.is_empty() => array.unit(call).to_lowercase(),
                unit => unit,
            };
            let (axis, standard) = (text("axis"), text("standard_name"));
            let name = array.name().to_owned();
            // Where nothing else is said, names say it of arrays on two dimensions.
            let is_bare = array.dimensions().len() == 2
                && ["", "degrees", "degree", "deg"].contains(&unit.as_str())
                && standard.is_empty();
            let is_called = |names: &[&str]| is_bare && names.contains(&name.to_lowercase().as_str());
            let is_lon =
                DEGREES_EAST.contains(&unit.as_str()) || standard == "longitude" || is_called(&["lon", "longitude"]);
            let is_lat =
                DEGREES_NORTH.contains(&unit.as_str()) || standard == "latitude" || is_called(&["lat", "latitude"]);
            let tells_a_projection = OF_GRID_MAPPINGS.iter().any(|key| attributes.contains_key(*key));
            let list = match array.dimensions().len() {
                0 | 1 if tells_a_projection => &mut kinds.grid_mappings,
                1 if is_lon
                    || axis == "x"
                    || standard.ends_with("projection_x_coordinate")
                    || standard == "grid_longitude" =>
                {
                    &mut kinds.x
                }
                1 if is_lat
                    || axis == "y"
                    || standard.ends_with("projection_y_coordinate")
                    || standard == "grid_latitude" =>
                {
                    &mut kinds.y
                }
                1 if axis == "t" || standard == "time" || unit.contains(" since ") => &mut kinds.time,
                2 if is_lon => &mut kinds.lon_2d,
                2 if is_lat => &mut kinds.lat_2d,
                _ => continue,
            };
            list.push(name);
            if let ([y, x], true) = (array.dimensions(), is_lon) {
                kinds.planes.push([y.full_name.clone(), x.full_name.clone()]);
            }
            let is_time = kinds.time.last().is_some_and(|time| time == array.name());
            if let Some(bounds) = attributes.get("bounds").and_then(Value::as_str).filter(|_| !is_time) {
                kinds.bounds.push(bounds.to_owned());
            }
        }
        kinds
    }

    /// Names of coordinates of longitude, latitude, x and y, of bounds of these, and of projections.
    pub(super) fn coordinates(&self) -> impl Iterator<Item = &String> {
        [&self.x, &self.y, &self.lon_2d, &self.lat_2d, &self.bounds, &self.grid_mappings].into_iter().flatten()
    }

    pub(super) fn is_coordinate(&self, name: &str) -> bool {
        self.coordinates().any(|known| known == name)
    }

    pub(super) fn is_time(&self, dimension: &Dimension) -> bool {
        dimension.kind == "TEMPORAL" || self.time.iter().any(|name| is_variable_of(dimension, name))
    }

    /// The axes of y and x among an array's dimensions.
    pub(super) fn horizontal(&self, array: &Array) -> Option<[usize; 2]> {
        let axis = |kind: &str, variables: &[String], names: &[&str]| {
            let dimensions = array.dimensions();
            dimensions
                .iter()
                .position(|dimension| dimension.kind == kind)
                .or_else(|| dimensions.iter().position(|d| variables.iter().any(|name| is_variable_of(d, name))))
                .or_else(|| dimensions.iter().position(|d| names.contains(&d.name.to_lowercase().as_str())))
        };
        let y = axis("HORIZONTAL_Y", &self.y, &Y_NAMES);
        let x = axis("HORIZONTAL_X", &self.x, &X_NAMES);
        match (y, x) {
            (Some(y), Some(x)) if y != x => Some([y, x]),
            // On a curvilinear grid dimensions are mere numbers; the last two, where longitudes lie on them.
            _ => match array.dimensions() {
                [.., y, x] if self.planes.iter().any(|plane| *plane == [y.full_name.as_str(), &x.full_name]) => {
                    Some([array.dimensions().len() - 2, array.dimensions().len() - 1])
                }
                _ => None,
            },
        }
    }
}

/// True when the array `name` holds the coordinates along a dimension.
fn is_variable_of(dimension: &Dimension, name: &str) -> bool {
    let variable = dimension.indexing_variable.as_deref().unwrap_or(&dimension.name);
    variable.rsplit('/').next() == Some(name)
}
