//! Open options that choose: identity, zones, computed arrays. Their names and values are in one place, here.

use crate::convention::IdentityOptions;
use crate::cube::quantity::Quantity;
use crate::error::{Context, Error, Result};
use crate::grid::{Containment, Region};

/// The open options, parsed; files that they name are not read yet.
#[derive(Clone, Debug, Default)]
pub(super) struct Options {
    /// Identity where the store does not say.
    pub(super) identity: IdentityOptions,
    /// Which zones to show.
    pub(super) selection: SelectionOptions,
    /// Extra computed arrays, in the order of [`Quantity::ALL`].
    pub(super) computed: Vec<Quantity>,
}

/// The options that choose zones, each as the user gave it.
#[derive(Clone, Debug, Default)]
pub(super) struct SelectionOptions {
    /// `BBOX`.
    pub(super) bbox: Option<Region>,
    /// `POLYGON`: WKT, or the name of a vector file.
    pub(super) polygon: Option<String>,
    /// `ZONES`: zone ids, or `@file`.
    pub(super) zones: Option<String>,
    /// `POINTS`: `lon lat,lon lat,...`, or `@file.csv`.
    pub(super) points: Option<String>,
    /// `CONTAINMENT`: how `BBOX` and `POLYGON` choose.
    pub(super) containment: Containment,
}

impl Options {
    /// From GDAL's list of open options. Names and values are case insensitive; options of other drivers are ignored,
    /// as everywhere in GDAL.
    ///
    /// # Errors
    /// A value that makes no sense; the message names the option.
    pub(super) fn parse(pairs: &[(String, String)]) -> Result<Self> {
        let value =
            |name: &str| pairs.iter().find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str());
        let selection = SelectionOptions {
            bbox: value("BBOX").map(Region::parse_bbox).transpose().context(|| "open option BBOX".into())?,
            polygon: value("POLYGON").map(str::to_owned),
            zones: value("ZONES").map(str::to_owned),
            points: value("POINTS").map(str::to_owned),
            containment: match value("CONTAINMENT") {
                Some(text) => text.parse().map_err(|error: Error| error.context("open option CONTAINMENT"))?,
                None => Containment::default(),
            },
        };
        selection.check()?;
        let computed =
            value("COMPUTED").map_or(Ok(Vec::new()), parse_computed).context(|| "open option COMPUTED".into())?;
        Ok(Self {
            identity: IdentityOptions::parse(pairs.iter().map(|(key, value)| (key.as_str(), value.as_str())))?,
            selection,
            computed,
        })
    }
}

impl SelectionOptions {
    /// The first option that is given.
    pub(super) fn given(&self) -> Option<&'static str> {
        let given = [
            ("BBOX", self.bbox.is_some()),
            ("POLYGON", self.polygon.is_some()),
            ("ZONES", self.zones.is_some()),
            ("POINTS", self.points.is_some()),
        ];
        given.into_iter().find(|(_, given)| *given).map(|(name, _)| name)
    }

    fn check(&self) -> Result<()> {
        let other = self.bbox.is_some() || self.polygon.is_some() || self.zones.is_some();
        if self.points.is_some() && other {
            return Err(Error::invalid(
                "open option POINTS stands alone: it cannot be combined with BBOX, POLYGON or ZONES",
            ));
        }
        Ok(())
    }
}

fn parse_computed(text: &str) -> Result<Vec<Quantity>> {
    let mut chosen = Vec::new();
    for word in text.split(',').map(str::trim).filter(|word| !word.is_empty()) {
        match word.to_ascii_uppercase().as_str() {
            "ALL" => chosen.extend(Quantity::OPTIONAL),
            "NONE" => {}
            upper => chosen.push(
                Quantity::OPTIONAL.into_iter().find(|quantity| quantity.option() == upper).ok_or_else(|| {
                    let known: Vec<_> = Quantity::OPTIONAL.iter().map(|quantity| quantity.option()).collect();
                    Error::invalid(format!("'{word}' is none of {}, ALL, NONE", known.join(", ")))
                })?,
            ),
        }
    }
    Ok(Quantity::OPTIONAL.into_iter().filter(|quantity| chosen.contains(quantity)).collect())
}
