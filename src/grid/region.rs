//! Regions that choose zones: a box or polygons in longitude and latitude.
