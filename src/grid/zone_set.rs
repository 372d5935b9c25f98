//! Sets of zones of one level, as short lists of ranges.

use std::ops::Range;

use super::Zone;

/// A set of zones of one level: sorted, disjoint, non-adjacent, non-empty ranges of [`Zone`] numbers.
///
/// Every family numbers its zones without gaps, so a range holds as many zones as numbers.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ZoneSet(Vec<Range<u64>>);

impl ZoneSet {
    /// The union of `ranges`, given in any order; they may overlap, touch or be empty.
    pub fn from_ranges(ranges: impl IntoIterator<Item = Range<u64>>) -> Self {
        let mut ranges: Vec<_> = ranges.into_iter().filter(|range| !range.is_empty()).collect();
        ranges.sort_unstable_by_key(|range| range.start);
        let mut set = Self::default();
        for range in ranges {
            set.push(range);
        }
        set
    }

    /// The set of `zones`, given in any order, repeats allowed.
    pub fn from_zones(zones: impl IntoIterator<Item = Zone>) -> Self {
        Self::from_ranges(zones.into_iter().map(|zone| zone.0..zone.0 + 1))
    }

    /// Adds a range that starts at or after the start of every range before it.
    pub(crate) fn push(&mut self, range: Range<u64>) {
        match self.0.last_mut() {
            _ if range.is_empty() => {}
            Some(last) if range.start <= last.end => last.end = last.end.max(range.end),
            _ => self.0.push(range),
        }
    }

    /// The ranges, ascending.
    pub fn ranges(&self) -> &[Range<u64>] {
        &self.0
    }

    /// Number of zones.
    pub fn len(&self) -> u64 {
        self.0.iter().map(|range| range.end - range.start).sum()
    }

    /// True for the empty set.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// True when `zone` is in the set.
    pub fn contains(&self, zone: Zone) -> bool {
        let after = self.0.partition_point(|range| range.start <= zone.0);
        after > 0 && zone.0 < self.0[after - 1].end
    }

    /// The first zone of the set within `range`.
    pub fn first_in(&self, range: &Range<u64>) -> Option<Zone> {
        let own = &self.0[self.0.partition_point(|own| own.end <= range.start)..];
        let first = own.first()?.start.max(range.start);
        (first < range.end).then_some(Zone(first))
    }

    /// The zones, ascending.
    pub fn iter(&self) -> impl Iterator<Item = Zone> + '_ {
        self.0.iter().cloned().flatten().map(Zone)
    }

    /// The zones in either set.
    #[must_use]
    pub fn union(&self, other: &Self) -> Self {
        Self::from_ranges(self.0.iter().chain(&other.0).cloned())
    }

    /// The zones in both sets.
    #[must_use]
    pub fn intersection(&self, other: &Self) -> Self {
        let (mut a, mut b) = (self.0.iter().peekable(), other.0.iter().peekable());
        let mut set = Self::default();
        while let (Some(x), Some(y)) = (a.peek(), b.peek()) {
            set.push(x.start.max(y.start)..x.end.min(y.end));
            if x.end < y.end {
                a.next()
            } else {
                b.next()
            };
        }
        set
    }
}

impl From<Range<u64>> for ZoneSet {
    fn from(range: Range<u64>) -> Self {
        Self::from_ranges(std::iter::once(range))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_are_merged_sorted_and_never_empty() {
        let set = ZoneSet::from_ranges([7..9, 3..3, 1..2, 2..4, 8..12]);
        assert_eq!(set.ranges(), [1..4, 7..12]);
        assert_eq!(set.len(), 8);
        assert_eq!(set, ZoneSet::from_zones([11, 10, 9, 8, 7, 3, 2, 1, 1].map(Zone)));
        assert_eq!(set.iter().map(|zone| zone.0).collect::<Vec<_>>(), [1, 2, 3, 7, 8, 9, 10, 11]);
        for (range, first) in
            [(0..1, None), (0..2, Some(1)), (2..9, Some(2)), (4..7, None), (5..8, Some(7)), (12..99, None)]
        {
            assert_eq!(set.first_in(&range), first.map(Zone), "{range:?}");
        }
        assert!(ZoneSet::from(5..5).is_empty());
    }

    #[test]
    fn algebra_agrees_with_membership() {
        let a = ZoneSet::from_ranges([0..5, 10..20, 30..31]);
        let b = ZoneSet::from_ranges([4..12, 15..16, 18..40]);
        let (union, both) = (a.union(&b), a.intersection(&b));
        for zone in (0..50).map(Zone) {
            assert_eq!(union.contains(zone), a.contains(zone) || b.contains(zone));
            assert_eq!(both.contains(zone), a.contains(zone) && b.contains(zone));
        }
        assert_eq!(both.ranges(), [4..5, 10..12, 15..16, 18..20, 30..31]);
    }
}
