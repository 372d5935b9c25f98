//! A small store in memory, which implements what `abi` sees of a cube.
//!
//! | array | dimensions | elements |
//! | --- | --- | --- |
//! | `/u` | time 3, cells 4 | Float32, `10 * time + cell`; nodata, scale, offset, unit, CRS, coordinate variables |
//! | `/cell_ids` | cells | UInt64, `2^60 + cell` |
//! | `/lon`, `/lat` | cells | Float64 |
//! | `/names` | cells | text: `zone 0`, missing, `zone 2`, `zone 3` |
//! | `/pairs` | cells | `{a: Int32, b: Float64}`: `(cell, cell / 2)` |
//! | `/scalar` | - | Float64, 42 |
//! | `/boom` | cells | panics when it is read |
//! | `/sub/v` | cells | Int32, `cell` |

use std::sync::Arc;

use gdal_dggs::cube::{Array, Attributes, DataType, Dimension, Group, Window};
use gdal_dggs::error::{Error, Result};
use gdal_dggs::hierarchy::Field;
use gdal_dggs::store::{Call, NumericType, Run, Source, Target};

const CELLS: u64 = 4;
const TIMES: u64 = 3;

/// The root group.
pub(crate) fn root() -> Arc<dyn Group> {
    Arc::new(MockGroup {
        path: "/",
        attributes: serde_json::from_str(
            r#"{"text": "hello", "texts": ["a", "b"], "int": 7, "ints": [1, 2, 3], "long": 1152921504606846976,
                "double": 1.5, "doubles": [0.5, 1.0], "object": {"a": [1, {"b": null}]}, "none": null, "flag": true}"#,
        )
        .unwrap_or_default(),
    })
}

struct MockGroup {
    path: &'static str,
    attributes: Attributes,
}

impl Group for MockGroup {
    fn name(&self) -> &str {
        if self.path == "/" { "/" } else { &self.path[1..] }
    }
    fn full_name(&self) -> &str {
        self.path
    }
    fn group_names(&self, _: &Arc<Call>) -> Result<Vec<String>> {
        Ok(if self.path == "/" { vec!["sub".into()] } else { vec![] })
    }
    fn array_names(&self, _: &Arc<Call>) -> Result<Vec<String>> {
        let names: &[&str] = match self.path {
            "/" => &["u", "cell_ids", "lon", "lat", "names", "pairs", "scalar"],
            _ => &["v"],
        };
        Ok(names.iter().map(ToString::to_string).collect())
    }
    fn open_group(&self, _: &Arc<Call>, name: &str) -> Result<Option<Arc<dyn Group>>> {
        match (self.path, name) {
            ("/", "sub") => Ok(Some(Arc::new(MockGroup { path: "/sub", attributes: Attributes::new() }))),
            ("/", "bad") => Err(Error::corrupt("zarr.json is not JSON").context("/bad")),
            _ => Ok(None),
        }
    }
    fn open_array(&self, call: &Arc<Call>, name: &str) -> Result<Option<Arc<dyn Array>>> {
        let number = |number_type| DataType::Numeric(number_type);
        let (data_type, dimensions) = match (self.path, name) {
            ("/", "u") => (number(NumericType::Float32), vec![time(), cells()]),
            ("/", "cell_ids") => (number(NumericType::UInt64), vec![cells()]),
            ("/", "lon" | "lat" | "boom") => (number(NumericType::Float64), vec![cells()]),
            ("/", "names") => (DataType::Text { max_length: 6 }, vec![cells()]),
            ("/", "pairs") => (pair(), vec![cells()]),
            ("/", "scalar") => (number(NumericType::Float64), vec![]),
            ("/sub", "v") => {
                call.warn("v is deprecated");
                (number(NumericType::Int32), vec![cells()])
            }
            _ => return Ok(None),
        };
        let full_name = if self.path == "/" { format!("/{name}") } else { format!("{}/{name}", self.path) };
        let has_coordinates = name == "u";
        Ok(Some(Arc::new(MockArray {
            full_name,
            data_type,
            dimensions,
            coordinates: if has_coordinates { vec!["/lon".into(), "/lat".into()] } else { vec![] },
            attributes: serde_json::from_str(r#"{"long_name": "a mock"}"#).unwrap_or_default(),
        })))
    }
    fn dimensions(&self, _: &Arc<Call>) -> Result<Vec<Dimension>> {
        Ok(if self.path == "/" { vec![time(), cells()] } else { vec![] })
    }
    fn attributes(&self) -> &Attributes {
        &self.attributes
    }
    fn structural_info(&self) -> Vec<(String, String)> {
        vec![("DGGRS".into(), "HEALPix".into())]
    }
    fn connection(&self) -> &str {
        ""
    }
}

fn pair() -> DataType {
    let field = |name: &str, offset, data_type| Field { name: name.into(), offset, data_type: DataType::Numeric(data_type) };
    DataType::Compound {
        name: "a_b".into(),
        size: 16,
        fields: vec![field("a", 0, NumericType::Int32), field("b", 8, NumericType::Float64)],
    }
}

fn cells() -> Dimension {
    Dimension {
        name: "cells".into(),
        group: "/".into(),
        kind: "DGGS_ZONE".into(),
        direction: String::new(),
        size: CELLS,
        indexing_variable: Some("/cell_ids".into()),
    }
}

fn time() -> Dimension {
    Dimension { name: "time".into(), kind: "TEMPORAL".into(), size: TIMES, indexing_variable: None, ..cells() }
}

struct MockArray {
    full_name: String,
    data_type: DataType,
    dimensions: Vec<Dimension>,
    coordinates: Vec<String>,
    attributes: Attributes,
}

impl MockArray {
    /// The positions along each axis of the elements of `window`, in C order.
    fn positions(&self, window: &Window) -> Result<Vec<Vec<u64>>> {
        let mut all = vec![vec![]];
        for (axis, dimension) in self.dimensions.iter().enumerate() {
            let mut next = Vec::new();
            for position in &all {
                for index in 0..window.count[axis] as i64 {
                    let at = window.start[axis].wrapping_add_signed(index * window.step[axis]);
                    if at >= dimension.size {
                        return Err(Error::invalid(format!("position {at} on axis {}", dimension.name)));
                    }
                    next.push([position.as_slice(), &[at]].concat());
                }
            }
            all = next;
        }
        Ok(all)
    }

    fn value(&self, position: &[u64]) -> f64 {
        match (self.name(), position) {
            ("u", [time, cell]) => (10 * time + cell) as f64,
            ("scalar", _) => 42.0,
            ("boom", _) => panic!("the mock exploded"),
            (_, [cell]) => *cell as f64,
            _ => f64::NAN,
        }
    }
}

impl Array for MockArray {
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
        const NODATA: [u8; 4] = (-9999f32).to_ne_bytes();
        (self.name() == "u").then_some(&NODATA)
    }
    fn scale(&self) -> Option<f64> {
        (self.name() == "u").then_some(0.5)
    }
    fn offset(&self) -> Option<f64> {
        (self.name() == "u").then_some(100.0)
    }
    fn unit(&self) -> &str {
        if self.name() == "u" { "m" } else { "" }
    }
    fn crs_wkt(&self) -> Option<&str> {
        const WGS84: &str = r#"GEOGCRS["WGS 84",DATUM["World Geodetic System 1984",
            ELLIPSOID["WGS 84",6378137,298.257223563]],CS[ellipsoidal,2],AXIS["latitude",north],AXIS["longitude",east],
            ANGLEUNIT["degree",0.0174532925199433],ID["EPSG",4326]]"#;
        (self.name() == "u").then_some(WGS84)
    }
    fn coordinate_variables(&self) -> &[String] {
        &self.coordinates
    }
    fn block_size(&self) -> Vec<u64> {
        self.dimensions.iter().map(|dimension| dimension.size.min(2)).collect()
    }
    fn structural_info(&self) -> Vec<(String, String)> {
        vec![("COMPRESSOR".into(), "zstd".into())]
    }
    fn read_numbers(&self, _: &Arc<Call>, window: &Window, mut target: Target<'_>) -> Result<()> {
        let positions = self.positions(window)?;
        let runs: Vec<_> = window.count.iter().map(|&count| [Run::whole(0, count)]).collect();
        let runs: Vec<_> = runs.iter().map(|runs| runs.as_slice()).collect();
        let (bytes, data_type): (Vec<u8>, _) = if self.name() == "cell_ids" {
            let ids = positions.iter().flat_map(|position| ((1u64 << 60) + position[0]).to_ne_bytes());
            (ids.collect(), NumericType::UInt64)
        } else {
            let values = positions.iter().flat_map(|position| self.value(position).to_ne_bytes());
            (values.collect(), NumericType::Float64)
        };
        target.copy_from(&Source { bytes: &bytes, data_type, shape: &window.count }, &runs)
    }
    fn read_texts(&self, _: &Arc<Call>, window: &Window) -> Result<Vec<Option<String>>> {
        let text = |position: Vec<u64>| (position[0] != 1).then(|| format!("zone {}", position[0]));
        Ok(self.positions(window)?.into_iter().map(text).collect())
    }
    fn read_compounds(&self, _: &Arc<Call>, window: &Window) -> Result<Vec<u8>> {
        let bytes = |position: Vec<u64>| {
            let (a, b) = (position[0] as i32, position[0] as f64 / 2.0);
            [&a.to_ne_bytes()[..], &[0; 4], &b.to_ne_bytes()].concat()
        };
        Ok(self.positions(window)?.into_iter().flat_map(bytes).collect())
    }
    fn advise_read(&self, _: &Arc<Call>, window: &Window, options: &[(String, String)]) -> Result<()> {
        self.positions(window)?;
        match options.iter().find(|(name, _)| name != "CACHE_SIZE") {
            Some((name, _)) => Err(Error::invalid(format!("unknown option {name}"))),
            None => Ok(()),
        }
    }
}
