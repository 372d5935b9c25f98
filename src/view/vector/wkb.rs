//! Geometries as well-known binary (OGC 06-103r4, clause 8), little-endian, and lists of texts as Arrow lays them out.

use crate::grid::LonLat;

/// Texts, or other strings of bytes, one after the other: string `k` lies between offsets `k` and `k + 1`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Texts {
    /// One more than there are strings; the first is 0.
    pub offsets: Vec<i32>,
    /// The strings' bytes.
    pub bytes: Vec<u8>,
}

impl Default for Texts {
    fn default() -> Self {
        Self { offsets: vec![0], bytes: Vec::new() }
    }
}

impl Texts {
    /// Ends the string whose bytes were appended since the last one ended.
    pub(super) fn end(&mut self) {
        self.offsets.push(self.bytes.len() as i32);
    }

    /// Appends a string.
    pub(super) fn push(&mut self, text: &[u8]) {
        self.bytes.extend_from_slice(text);
        self.end();
    }

    /// Appends all strings of `other`.
    pub(super) fn append(&mut self, other: &Self) {
        let base = self.bytes.len() as i32;
        self.bytes.extend_from_slice(&other.bytes);
        self.offsets.extend(other.offsets[1..].iter().map(|offset| base + offset));
    }

    /// String `index`.
    pub fn get(&self, index: usize) -> &[u8] {
        &self.bytes[self.offsets[index] as usize..self.offsets[index + 1] as usize]
    }

    /// Number of strings.
    pub fn len(&self) -> usize {
        self.offsets.len() - 1
    }

    /// True when there is none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

const LITTLE_ENDIAN: u8 = 1;
const POINT: u32 = 1;
const POLYGON: u32 = 3;
const MULTI_POLYGON: u32 = 6;

/// Appends a multipolygon, one polygon a ring.
pub(super) fn multi_polygon(rings: &[Vec<LonLat>], out: &mut Texts) {
    head(MULTI_POLYGON, out);
    count(rings.len(), out);
    for ring in rings {
        head(POLYGON, out);
        count(1, out);
        count(ring.len(), out);
        out.bytes.reserve(16 * ring.len());
        ring.iter().for_each(|place| pair(*place, out));
    }
    out.end();
}

/// Appends a point.
pub(super) fn point(place: LonLat, out: &mut Texts) {
    head(POINT, out);
    pair(place, out);
    out.end();
}

fn head(kind: u32, out: &mut Texts) {
    out.bytes.push(LITTLE_ENDIAN);
    out.bytes.extend_from_slice(&kind.to_le_bytes());
}

fn count(number: usize, out: &mut Texts) {
    out.bytes.extend_from_slice(&(number as u32).to_le_bytes());
}

fn pair(place: LonLat, out: &mut Texts) {
    out.bytes.extend_from_slice(&place.lon_deg.to_le_bytes());
    out.bytes.extend_from_slice(&place.lat_deg.to_le_bytes());
}
