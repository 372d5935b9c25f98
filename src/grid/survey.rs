//! Looking through a set of zones, however many, for the few that matter: coarser zones first.
//!
//! A zone of a coarser level stands for those of the set that descend from it, and they are looked for only where some of
//! them may matter. One of them is seen at once, whatever it is: what is known of a set grows quickly so, and little
//! of it can still matter. To find the edges of a region costs about as much as the zones along its edges that way.

use super::{Grid, LonLat, Zone, ZoneSet};
use crate::error::Result;

/// How far from a zone's centre those of its descendants lie at most, in sides of a square of the zones' mean area; a test
/// finds 1.3 sides, in ISEA3H.
const REACH: f64 = 2.0;

/// What is looked for in a set of zones.
pub trait Survey {
    /// True when a zone that has its centre within `reach_deg` degrees (of a great circle) of `centre` may change what
    /// is known.
    fn may_matter(&self, centre: LonLat, reach_deg: f64) -> bool;

    /// Takes a zone and its centre into account.
    ///
    /// # Errors
    /// What it does with the zone fails.
    fn see(&mut self, zone: Zone, centre: LonLat) -> Result<()>;
}

/// Shows `survey` all zones of `set`, of `level`, that may matter to it.
///
/// # Errors
/// The first error of [`Survey::see`].
pub fn survey(grid: &dyn Grid, level: u8, set: &ZoneSet, survey: &mut impl Survey) -> Result<()> {
    let mut nodes: Vec<Zone> = Vec::new();
    grow(grid, (0, level), set, &grid.all_zones(0)?, &mut nodes)?;
    let mut centres = Vec::new();
    for coarser in 0..level {
        let reach_deg = REACH * (4.0 * std::f64::consts::PI / grid.zone_count(coarser) as f64).sqrt().to_degrees();
        centroids(grid, coarser, &nodes, &mut centres)?;
        let mut open: Vec<(Zone, LonLat)> = nodes.drain(..).zip(centres.iter().copied()).collect();
        open.retain(|(_, centre)| survey.may_matter(*centre, reach_deg));
        let mut samples = Vec::with_capacity(open.len());
        for (node, _) in &open {
            for range in grid.sub_zones(coarser, *node, level)?.ranges() {
                samples.extend(set.first_in(range));
            }
        }
        see(grid, level, &samples, &mut centres, survey)?;
        for (node, centre) in open {
            if survey.may_matter(centre, reach_deg) {
                grow(grid, (coarser + 1, level), set, &grid.sub_zones(coarser, node, coarser + 1)?, &mut nodes)?;
            }
        }
    }
    see(grid, level, &nodes, &mut centres, survey)
}

/// Adds to `nodes` those of `zones`, of level `of.0`, from which zones of `set`, of level `of.1`, descend.
fn grow(grid: &dyn Grid, of: (u8, u8), set: &ZoneSet, zones: &ZoneSet, nodes: &mut Vec<Zone>) -> Result<()> {
    for zone in zones.iter() {
        if grid.sub_zones(of.0, zone, of.1)?.ranges().iter().any(|range| set.first_in(range).is_some()) {
            nodes.push(zone);
        }
    }
    Ok(())
}

fn see(grid: &dyn Grid, level: u8, zones: &[Zone], centres: &mut Vec<LonLat>, survey: &mut impl Survey) -> Result<()> {
    centroids(grid, level, zones, centres)?;
    for (zone, centre) in zones.iter().zip(centres) {
        if survey.may_matter(*centre, 0.0) {
            survey.see(*zone, *centre)?;
        }
    }
    Ok(())
}

fn centroids(grid: &dyn Grid, level: u8, zones: &[Zone], centres: &mut Vec<LonLat>) -> Result<()> {
    centres.clear();
    centres.resize(zones.len(), LonLat::default());
    grid.centroids(level, zones, centres)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::grid::FAMILIES;
    use crate::grid::vector::{chord, unit};

    /// Of zones all over the globe, some levels down: at each level those that went farthest are followed.
    #[test]
    fn descendants_lie_within_reach_of_their_ancestor() {
        let mut farthest: f64 = 0.0;
        let names = FAMILIES.iter().flat_map(|family| family.dggrs_names().iter().map(move |name| (family, *name)));
        for (family, name) in names {
            let grid = family.grid(&family.default_spec(name)).unwrap();
            for level in 0..4 {
                let side = (4.0 * std::f64::consts::PI / grid.zone_count(level) as f64).sqrt();
                let count = grid.zone_count(level);
                for zone in (0..count).step_by((count / 100).max(1) as usize).map(Zone) {
                    let centre = unit(grid.centroid(level, zone).unwrap());
                    let distance = |finer: u8, zone: Zone| chord(unit(grid.centroid(finer, zone).unwrap()), centre);
                    let mut open = vec![zone];
                    for finer in level + 1..=(level + 5).min(grid.max_level()) {
                        let mut next: Vec<Zone> = Vec::new();
                        for zone in open {
                            next.extend(grid.sub_zones(finer - 1, zone, finer).unwrap().iter());
                        }
                        next.sort_by(|a, b| distance(finer, *b).total_cmp(&distance(finer, *a)));
                        next.truncate(4);
                        let radius = 2.0 * (0.5 * distance(finer, next[0])).min(1.0).asin();
                        farthest = farthest.max(radius / side);
                        open = next;
                    }
                }
            }
        }
        assert!((0.6 * REACH..0.7 * REACH).contains(&farthest), "{farthest}");
    }
}
