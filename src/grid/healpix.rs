//! HEALPix.
