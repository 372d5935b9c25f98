//! Which positions of a stored axis a selection keeps, and in which order.

use std::ops::Range;

/// Ascending numbers held as ranges, with the rank of each: the k-th number and the rank of a number are found in
/// logarithmic time, whatever the count.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RankedRanges {
    ranges: Vec<Range<u64>>,
    /// Rank of the first number of each range.
    ranks: Vec<u64>,
    len: u64,
}

impl RankedRanges {
    /// From sorted, disjoint, non-empty ranges; ranges that touch are joined.
    pub fn new(sorted: impl IntoIterator<Item = Range<u64>>) -> Self {
        let mut result = Self::default();
        sorted.into_iter().for_each(|range| result.push(range));
        result
    }

    /// Adds a range that is not empty and begins at or after [`RankedRanges::end`].
    pub(super) fn push(&mut self, range: Range<u64>) {
        debug_assert!(range.start < range.end && self.end() <= range.start);
        let added = range.end - range.start;
        match self.ranges.last_mut() {
            Some(last) if last.end == range.start => last.end = range.end,
            _ => {
                self.ranks.push(self.len);
                self.ranges.push(range);
            }
        }
        self.len += added;
    }

    /// Adds `others`; false, and nothing is added, where they do not come after these.
    pub(super) fn append(&mut self, others: &Self) -> bool {
        let follow = others.ranges.first().is_none_or(|first| self.end() <= first.start);
        if follow {
            others.ranges.iter().for_each(|range| self.push(range.clone()));
        }
        follow
    }

    /// One more than the last number; 0 where there is none.
    pub(super) fn end(&self) -> u64 {
        self.ranges.last().map_or(0, |last| last.end)
    }

    /// From ascending numbers; repeats are dropped.
    pub(super) fn from_sorted(numbers: impl IntoIterator<Item = u64>) -> Self {
        let mut result = Self::default();
        for number in numbers {
            match number < result.end() {
                true => debug_assert!(number + 1 == result.end()),
                false => result.push(number..number + 1),
            }
        }
        result
    }

    /// How many numbers there are.
    pub fn len(&self) -> u64 {
        self.len
    }

    /// True when there are none.
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// The number of rank `rank`.
    ///
    /// # Panics
    /// When `rank` is not below [`RankedRanges::len`].
    pub(super) fn nth(&self, rank: u64) -> u64 {
        assert!(rank < self.len, "rank {rank} of {}", self.len);
        let at = self.ranks.partition_point(|&first| first <= rank) - 1;
        self.ranges[at].start + (rank - self.ranks[at])
    }

    /// The rank of `number`, `None` when it is not among them.
    pub fn rank(&self, number: u64) -> Option<u64> {
        let at = self.ranges.partition_point(|range| range.start <= number).checked_sub(1)?;
        let range = &self.ranges[at];
        (number < range.end).then(|| self.ranks[at] + (number - range.start))
    }

    /// The numbers of the ranks from `ranks.start` up to `ranks.end`, not beyond [`RankedRanges::len`], as ranges.
    pub fn part(&self, ranks: Range<u64>) -> impl Iterator<Item = Range<u64>> + '_ {
        let first = self.ranks.partition_point(|&rank| rank <= ranks.start).saturating_sub(1);
        let all = self.ranges[first..].iter().zip(&self.ranks[first..]);
        all.take_while(move |(_, rank)| **rank < ranks.end).map(move |(range, rank)| {
            let at = |wanted: u64| range.start + wanted.saturating_sub(*rank);
            at(ranks.start)..at(ranks.end).min(range.end)
        })
    }

    /// The ranks of those of `numbers` that are among these.
    pub(super) fn ranks_of(&self, numbers: &Self) -> Self {
        let mut found = Vec::new();
        let mut at = 0;
        for wanted in &numbers.ranges {
            while self.ranges.get(at).is_some_and(|range| range.end <= wanted.start) {
                at += 1;
            }
            for (range, rank) in self.ranges[at..].iter().zip(&self.ranks[at..]) {
                if range.start >= wanted.end {
                    break;
                }
                let (start, end) = (range.start.max(wanted.start), range.end.min(wanted.end));
                found.push(rank + (start - range.start)..rank + (end - range.start));
            }
        }
        Self::new(found)
    }

    /// The numbers of these `ranks`, each below [`RankedRanges::len`].
    pub(super) fn pick(&self, ranks: &Self) -> Self {
        let mut found = Vec::new();
        let mut at = 0;
        for wanted in &ranks.ranges {
            let mut rank = wanted.start;
            while rank < wanted.end {
                while self.ranks.get(at + 1).is_some_and(|next| *next <= rank) {
                    at += 1;
                }
                let start = self.ranges[at].start + (rank - self.ranks[at]);
                let end = self.ranges[at].end.min(start + (wanted.end - rank));
                found.push(start..end);
                rank += end - start;
            }
        }
        Self::new(found)
    }

    /// The numbers of these `ranks`, each below [`RankedRanges::len`] and in any order, neighbours joined where both ascend.
    pub(super) fn ranges_at(&self, ranks: impl Iterator<Item = u64>) -> impl Iterator<Item = Range<u64>> {
        let mut ranks = ranks.peekable();
        std::iter::from_fn(move || {
            let first = ranks.next()?;
            let at = self.ranks.partition_point(|&rank| rank <= first) - 1;
            let start = self.ranges[at].start + (first - self.ranks[at]);
            let mut end = start + 1;
            while end < self.ranges[at].end && ranks.next_if_eq(&(first + (end - start))).is_some() {
                end += 1;
            }
            Some(start..end)
        })
    }

    /// The ranges, ascending.
    pub(super) fn ranges(&self) -> &[Range<u64>] {
        &self.ranges
    }
}

/// The positions of a stored axis that a view of it shows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Positions {
    /// All of them: this many.
    All(u64),
    /// Some of them, in storage order.
    Some(RankedRanges),
    /// In the order of the user's points, repeats kept; `None` where the point lies outside the coverage.
    Points(Vec<Option<u64>>),
}

impl Positions {
    /// Length of the axis that is shown.
    pub(super) fn len(&self) -> u64 {
        match self {
            Positions::All(len) => *len,
            Positions::Some(ranges) => ranges.len(),
            Positions::Points(points) => points.len() as u64,
        }
    }

    /// True when nothing is shown.
    pub(super) fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The stored position shown at `index`; `None` outside the coverage.
    ///
    /// # Panics
    /// When `index` is not below [`Positions::len`].
    pub(super) fn stored(&self, index: u64) -> Option<u64> {
        match self {
            Positions::All(len) => {
                assert!(index < *len, "position {index} of {len}");
                Some(index)
            }
            Positions::Some(ranges) => Some(ranges.nth(index)),
            Positions::Points(points) => points[index as usize],
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranks_and_numbers_are_inverse() {
        let ranges = RankedRanges::new([2..4, 4..5, 10..11, 100..103]);
        let numbers: Vec<u64> = (0..ranges.len()).map(|rank| ranges.nth(rank)).collect();
        assert_eq!(numbers, [2, 3, 4, 10, 100, 101, 102]);
        assert_eq!(ranges.ranges(), [2..5, 10..11, 100..103]);
        for (rank, &number) in numbers.iter().enumerate() {
            assert_eq!(ranges.rank(number), Some(rank as u64));
        }
        for absent in [0, 1, 5, 9, 11, 99, 103, u64::MAX] {
            assert_eq!(ranges.rank(absent), None, "{absent}");
        }
        let found: Vec<_> = ranges.ranges_at([1, 2, 3, 5, 6, 4, 4, 0].into_iter()).collect();
        assert_eq!(found, [3..5, 10..11, 101..103, 100..101, 100..101, 2..3]);
        let mut joined = ranges.clone();
        assert!(!joined.append(&RankedRanges::from_sorted([102, 103])) && joined == ranges);
        assert!(joined.append(&RankedRanges::new([103..104, 110..111])) && joined.append(&RankedRanges::default()));
        assert_eq!((joined.ranges(), joined.nth(8)), (&[2..5, 10..11, 100..104, 110..111][..], 110));
        let chosen = RankedRanges::new([1..4, 5..7]);
        assert_eq!(ranges.pick(&chosen).ranges(), [3..5, 10..11, 101..103]);
        assert_eq!(ranges.ranks_of(&ranges.pick(&chosen)), chosen);
        assert_eq!(ranges.ranks_of(&RankedRanges::new([0..3, 8..101])).ranges(), [0..1, 3..5]);
        assert_eq!(RankedRanges::from_sorted(numbers), ranges);
        assert_eq!(RankedRanges::from_sorted([]).len(), 0);
    }
}
