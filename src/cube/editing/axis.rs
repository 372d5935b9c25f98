//! New zone axes: from a dimension that the user creates to what the store says of it, and to its ids.

use std::sync::Arc;

use crate::convention::{self, Description, NewAxis, Placement, Zones};
use crate::cube::Dimension;
use crate::cube::axis::{Axis, NO_ZONE, Source};
use crate::cube::creation::{CreationOptions, Format, ZoneCut, layout, write_ids};
use crate::cube::id_array::IdArray;
use crate::cube::progression::Progression;
use crate::error::{Context, Error, Result};
use crate::grid::Grid;
use crate::hierarchy::{DataType, Editor, NewArray};
use crate::store::{Call, NumericType};

/// Ids checked at a time.
const BLOCK: u64 = 1 << 20;

/// The values of `CONVENTION` that the choice of it falls back on.
const AUTO: &str = "AUTO";
const PLAIN: &str = "XDGGS";

/// A zone axis that was made in this session.
#[derive(Clone)]
pub(super) struct NewZones {
    /// Full name of its group.
    pub(super) group: String,
    pub(super) grid: Arc<dyn Grid>,
    pub(super) level: u8,
    pub(super) zones: Zones,
    pub(super) description: Description,
    /// Who wrote the ids.
    pub(super) ids: Ids,
    /// True once the group says that the axis is there.
    pub(super) is_announced: bool,
}

/// Who wrote the ids of an axis.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Ids {
    /// Nobody yet.
    Missing,
    /// We did.
    Ours,
    /// The user did, at least some.
    Theirs,
}

/// What decides on a new zone axis beside its dimension.
pub(super) struct Place<'a> {
    /// Full name of the group.
    pub(super) group: &'a str,
    pub(super) grid: &'a Arc<dyn Grid>,
    /// The level, where an option says it.
    pub(super) level: Option<u8>,
    pub(super) options: &'a CreationOptions,
    /// Names that are taken in the group.
    pub(super) taken: &'a [String],
}

impl NewZones {
    /// The axis that `dimension` begins.
    ///
    /// # Errors
    /// A level that is not said; more positions than zones; a convention that cannot tell such an axis.
    pub(super) fn new(place: &Place<'_>, dimension: &Dimension) -> Result<Self> {
        let (spec, name, size) = (place.grid.spec(), dimension.name.as_str(), dimension.size);
        let level = place.level.or_else(|| level_of_size(&**place.grid, size)).ok_or_else(|| {
            Error::invalid(format!(
                "dimension {name}: which level of {} do its {size} zones have? Give LEVEL, as an option of the data set, the \
                 group or the dimension",
                spec.dggrs
            ))
        })?;
        if level > place.grid.max_level() {
            return Err(Error::invalid(format!(
                "option LEVEL={level}: levels of {} are 0 to {}",
                spec.dggrs,
                place.grid.max_level()
            )));
        }
        let own_ids = format!("{name}_ids");
        let id_array = if place.taken.iter().any(|taken| taken == "cell_ids") { own_ids.as_str() } else { "cell_ids" };
        let axis = |zones| NewAxis { dimension: name, id_array, ..NewAxis::new(spec, level, zones) };
        let convention = place.options.convention;
        // Conventions that put the zones on several dimensions hold the whole globe.
        if let Ok(whole) = convention::describe(convention, &axis(Zones::Globe))
            && whole.placement != Placement::Line
        {
            if whole.dimensions.iter().any(|known| *known == (name.to_owned(), size)) {
                return Ok(Self::of(place, level, Zones::Globe, whole));
            }
            if convention != AUTO {
                let wanted: Vec<_> = whole.dimensions.iter().map(|(name, size)| format!("{name} ({size})")).collect();
                return Err(Error::invalid(format!(
                    "dimension {name} ({size}): CONVENTION={convention} puts the zones of {} at level {level} on the dimensions \
                     {}: create these, each of type DGGS_ZONE",
                    spec.dggrs,
                    wanted.join(", ")
                )));
            }
        }
        let all = place.grid.zone_count(level);
        let zones = match size.cmp(&all) {
            std::cmp::Ordering::Equal => Zones::Globe,
            std::cmp::Ordering::Less => Zones::Listed(size),
            std::cmp::Ordering::Greater => {
                return Err(Error::invalid(format!(
                    "dimension {name} has {size} positions, but {} has {all} zones at level {level}",
                    spec.dggrs
                )));
            }
        };
        let mut description = convention::describe(convention, &axis(zones))?;
        if description.placement != Placement::Line {
            description = convention::describe(PLAIN, &axis(zones))?;
        }
        Ok(Self::of(place, level, zones, description))
    }

    fn of(place: &Place<'_>, level: u8, zones: Zones, description: Description) -> Self {
        let (group, grid) = (place.group.to_owned(), place.grid.clone());
        Self { group, grid, level, zones, description, ids: Ids::Missing, is_announced: false }
    }

    /// True when `name` is one of its dimensions.
    pub(super) fn has_dimension(&self, name: &str) -> bool {
        self.description.dimensions.iter().any(|(known, _)| known == name)
    }

    /// True when it holds all zones of its level.
    pub(super) fn is_global(&self) -> bool {
        self.zones == Zones::Globe
    }

    /// Its dimension, or the first of several, as messages name it.
    pub(super) fn line_name(&self) -> String {
        self.description.dimensions.first().map(|(name, _)| name.clone()).unwrap_or_default()
    }

    /// Its one dimension.
    fn line(&self) -> Option<&(String, u64)> {
        match (&self.description.placement, self.description.dimensions.as_slice()) {
            (Placement::Line, [line]) => Some(line),
            _ => None,
        }
    }

    /// Full name of the id array.
    pub(super) fn ids_path(&self) -> Option<String> {
        let name = self.description.id_array.as_ref()?;
        Some(format!("{}/{name}", self.group.trim_end_matches('/')))
    }

    /// How the arrays on it are cut, whose axis `axis` it is.
    pub(super) fn cut(&self, axis: usize, chunk_level: Option<u8>, shard_level: Option<u8>) -> ZoneCut<'_> {
        ZoneCut { axis, grid: &*self.grid, level: self.level, chunk_level, shard_level }
    }

    /// The arrays that belong to it: that of the ids, without their values, and those without dimensions.
    pub(super) fn arrays(&self, options: &CreationOptions) -> Vec<NewArray> {
        let mut arrays = Vec::new();
        if let (Some(name), Some((dimension, size))) = (&self.description.id_array, self.line()) {
            let cut = self.cut(0, options.chunk_level, options.shard_level);
            let layout = layout(&[*size], size_of::<u64>(), Some(cut), options.format);
            let mut ids = NewArray::new(
                name.clone(),
                DataType::Numeric(NumericType::UInt64),
                vec![dimension.clone()],
                vec![*size],
                layout.chunk,
            );
            ids.shard_shape = layout.shard;
            ids.compressor = options.id_compressor.clone();
            // What is not written is no zone. In V2 xarray would take the fill value for a mark, and ids for floats.
            ids.fill = (options.format == Format::V3).then(|| u64::MAX.to_ne_bytes().to_vec());
            self.description.ids(&mut ids.attributes);
            arrays.push(ids);
        }
        for (name, attributes) in &self.description.auxiliary {
            let mut scalar =
                NewArray::new(name.clone(), DataType::Numeric(NumericType::Int8), Vec::new(), Vec::new(), Vec::new());
            scalar.compressor = options.compressor.clone();
            scalar.attributes = attributes.clone();
            arrays.push(scalar);
        }
        arrays
    }

    /// Writes the ids of the whole globe where nobody did, and says so; with `is_closing`, looks whether all that were to be
    /// written are there and are zones.
    ///
    /// # Errors
    /// The ids cannot be written; ids that are missing, or are none of the level.
    pub(super) fn complete(&self, call: &Arc<Call>, editor: &Editor, is_closing: bool) -> Result<bool> {
        let Some(path) = self.ids_path() else { return Ok(false) };
        match self.ids {
            Ids::Missing if self.is_global() => self.write_ids(call, editor, &path).map(|()| true),
            Ids::Missing if is_closing => Err(Error::invalid(format!(
                "{path}: the ids of the {} zones were not written: nobody can tell which zones they are",
                self.line().map_or(0, |(_, size)| *size)
            ))),
            Ids::Theirs if is_closing => self.check_ids(call, editor, &path).map(|()| false),
            _ => Ok(false),
        }
    }

    fn write_ids(&self, call: &Arc<Call>, editor: &Editor, path: &str) -> Result<()> {
        let all = 0..self.grid.zone_count(self.level);
        write_ids(call, &*editor.array(path)?, (&*self.grid, self.level), all, &|positions, zones| {
            self.grid.zones_of_positions(self.level, positions, zones)
        })
    }

    fn check_ids(&self, call: &Arc<Call>, editor: &Editor, path: &str) -> Result<()> {
        let array = editor.array(path)?;
        let all = array.shape()[0];
        let axis = Axis::new(self.grid.clone(), self.level, Source::Ids(IdArray::new(array)?));
        let mut missing = 0;
        let mut start = 0;
        while start < all {
            let count = BLOCK.min(all - start) as usize;
            let zones = axis.zones(call, Progression { start, count, step: 1 }).context(|| {
                format!("{path}: an id is no zone of {} at level {}", self.grid.spec().dggrs, self.level)
            })?;
            missing += zones.iter().filter(|zone| **zone == NO_ZONE).count();
            start += count as u64;
        }
        match missing {
            0 => Ok(()),
            missing => Err(Error::invalid(format!("{path}: {missing} of the {all} zone ids were not written"))),
        }
    }
}

/// The level that has exactly `size` zones.
fn level_of_size(grid: &dyn Grid, size: u64) -> Option<u8> {
    (0..=grid.max_level()).find(|level| grid.zone_count(*level) == size)
}
