//! What can be computed of a zone: names, types and attributes of the computed arrays.

use serde_json::json;

use crate::cube::{Attributes, DataType};
use crate::grid::Grid;
use crate::store::NumericType;

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

    /// Type of the elements.
    pub(super) fn data_type(self) -> DataType {
        match self {
            Self::ZoneText => DataType::Text { max_length: 0 },
            Self::Lon | Self::Lat | Self::Boundary | Self::Area => DataType::Numeric(NumericType::Float64),
            Self::ZoneId | Self::Parent | Self::Children | Self::Neighbours => DataType::Numeric(NumericType::UInt64),
        }
    }

    /// Unit of the values, empty when there is none.
    pub(super) fn unit(self) -> &'static str {
        match self {
            Self::Lon => "degrees_east",
            Self::Lat => "degrees_north",
            Self::Boundary => "degrees",
            Self::Area => "m2",
            _ => "",
        }
    }

    /// The array's own attributes.
    pub(super) fn attributes(self) -> Attributes {
        let text = match self {
            Self::Lon => json!({"standard_name": "longitude", "long_name": "longitude of the zone's centre"}),
            Self::Lat => json!({"standard_name": "latitude", "long_name": "latitude of the zone's centre"}),
            Self::ZoneId => json!({}),
            Self::ZoneText => json!({"long_name": "zone id as text, unique over all refinement levels"}),
            Self::Boundary => {
                json!({"long_name": "vertices of the zone's boundary, counter-clockwise, longitude first"})
            }
            Self::Area => json!({"standard_name": "cell_area", "long_name": "area of the zone on the grid's surface"}),
            Self::Parent => json!({"long_name": "zone id of the parent, one refinement level coarser"}),
            Self::Children => json!({"long_name": "zone ids of the children, one refinement level finer"}),
            Self::Neighbours => json!({"long_name": "zone ids of the zones that share an edge or a vertex"}),
        };
        text.as_object().cloned().unwrap_or_default()
    }
}

/// True for the attributes of an array that this driver computes of zones (zone ids apart), as they are or as another
/// format's copy has them: a copy to a cube has no use for it.
pub fn is_computed(attributes: &Attributes) -> bool {
    let said = attributes.get("long_name").filter(|name| name.is_string());
    let all = Quantity::CENTROID.into_iter().chain(Quantity::OPTIONAL);
    said.is_some() && all.into_iter().any(|quantity| quantity.attributes().get("long_name") == said)
}

/// Name of the array of zone ids where a store has none.
pub const COMPUTED_IDS: &str = "zone_id";
