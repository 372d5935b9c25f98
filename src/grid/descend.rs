//! Zones of a region by descent from the coarsest level: one search for every family whose children tile their parent.
//!
//! A region's outline is cut into pieces; each node of the hierarchy keeps those that touch it. A node that no piece
//! enters is inside or outside as a whole, and its centroid says which. What remains are the zones along the outline,
//! so the cost grows with the length of the outline in zones, never with the area or the globe.

use std::ops::Range;

use super::region::Outline;
use super::{Containment, LonLat, ZoneSet};

/// A hierarchy of zones that can be searched.
pub(crate) trait Hierarchy {
    /// A zone with its level.
    type Node: Copy;
    /// A part of an outline's edge.
    type Piece;

    /// The level of `node`.
    fn level(&self, node: Self::Node) -> u8;

    /// The zones of `level` within `node`.
    fn zones(&self, node: Self::Node, level: u8) -> Range<u64>;

    /// The centroid of `node`, or any point well inside it.
    fn centroid(&self, node: Self::Node) -> LonLat;

    /// The children of `node`, ascending, each with the parts of `pieces` that touch it.
    fn split(&self, node: Self::Node, pieces: Vec<Self::Piece>) -> Vec<(Self::Node, Vec<Self::Piece>)>;

    /// True when `piece`, one that touches `node`, goes through the inside of `node` and not along its boundary alone.
    fn enters(&self, node: Self::Node, piece: &Self::Piece) -> bool;
}

/// The zones of `level` that the region within `outline` chooses.
///
/// `roots` are the coarsest zones, ascending, each with the pieces of the outline that touch it.
pub(crate) fn descend<H: Hierarchy>(
    hierarchy: &H,
    roots: Vec<(H::Node, Vec<H::Piece>)>,
    level: u8,
    outline: &Outline,
    containment: Containment,
) -> ZoneSet {
    let mut found = ZoneSet::default();
    let mut open = roots;
    open.reverse();
    while let Some((node, pieces)) = open.pop() {
        let inside = || outline.contains(hierarchy.centroid(node));
        let at_level = hierarchy.level(node) == level;
        let whole = if pieces.iter().any(|piece| hierarchy.enters(node, piece)) {
            match containment {
                _ if !at_level => None,
                Containment::Intersects => Some(true),
                Containment::Centroid => Some(inside()),
                Containment::Within => Some(false),
            }
        } else if inside() {
            Some(true)
        } else if containment != Containment::Intersects || pieces.is_empty() {
            Some(false)
        } else {
            at_level.then_some(true)
        };
        match whole {
            Some(true) => found.push(hierarchy.zones(node, level)),
            Some(false) => {}
            None => open.extend(hierarchy.split(node, pieces).into_iter().rev()),
        }
    }
    found
}
