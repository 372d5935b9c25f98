#!/usr/bin/env python3
"""Makes tests/grid_isea_table.in: longitude, latitude, Q2DD of points on the sphere, evaluated in 40 digits.

Independent of the crate: the equations are Snyder's own (1992, "An equal-area map projection for polyhedral globes",
Cartographica 29(1), eqs. 1-11), evaluated from azimuths and arcs on each face; the icosahedron stands as DGGRID's
default (vertex 0 at 11.25, 58.28252559, azimuth 0). Run with mpmath:  python3 isea_snyder.py > ../grid_isea_table.in
"""
import random

from mpmath import mp, mpf, acos, asin, atan, atan2, cos, pi, radians, sin, sqrt, tan, degrees

mp.dps = 40
LON_0, LAT_0 = mpf("11.25"), mpf("58.28252559")
PHI = (1 + sqrt(5)) / 2


def unit(lon, lat):
    return (cos(lat) * cos(lon), cos(lat) * sin(lon), sin(lat))


def dot(a, b):
    return sum(x * y for x, y in zip(a, b))


def cross(a, b):
    return (a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0])


def normalised(a):
    length = sqrt(dot(a, a))
    return tuple(x / length for x in a)


def destination(lon, lat, azimuth, arc):
    """The point at an arc and azimuth from another."""
    lat2 = asin(sin(lat) * cos(arc) + cos(lat) * sin(arc) * cos(azimuth))
    lon2 = lon + atan2(sin(azimuth) * sin(arc) * cos(lat), cos(arc) - sin(lat) * sin(lat2))
    return unit(lon2, lat2)


# Vertices: 0, then 1 to 5 around it counter-clockwise (falling azimuths) at the arc atan 2, then opposite ones.
EDGE = atan(2)
V = [unit(radians(LON_0), radians(LAT_0))]
V += [destination(radians(LON_0), radians(LAT_0), -2 * pi * k / 5, EDGE) for k in range(5)]
for k in range(1, 6):  # vertex k + 5 lies opposite the ring vertex that is neighbour to neither k nor k + 1
    opposite = {1: 4, 2: 5, 3: 1, 4: 2, 5: 3}[k]
    V.append(tuple(-x for x in V[opposite]))
V.append(tuple(-x for x in V[0]))


def corners(quad):
    if quad <= 5:
        return {(0, 0): quad, (1, 0): quad + 5, (0, 1): 0, (1, 1): quad % 5 + 1}
    return {(0, 0): quad, (1, 0): 11, (0, 1): (quad - 5) % 5 + 1, (1, 1): (quad - 5) % 5 + 6}


FACES = []
for quad in range(1, 11):
    at = corners(quad)
    FACES.append((quad, [((0, 1), at[0, 1]), ((0, 0), at[0, 0]), ((1, 1), at[1, 1])]))
    FACES.append((quad, [((1, 0), at[1, 0]), ((1, 1), at[1, 1]), ((0, 0), at[0, 0])]))

g = acos(sqrt((5 + 2 * sqrt(5)) / 15))  # arc from a face's centre to its vertex: 37.37736814 degrees
G, THETA = pi / 5, pi / 6
R1 = sqrt(mpf(4) * pi / (20 * mpf(3) / 4 * sqrt(3))) / tan(g)  # so that a plane face has the area of a 20th of the sphere


def snyder(p):
    """Quad and (i, j) of a unit vector."""
    def centre(face):
        return normalised(tuple(sum(V[v][c] for _, v in face[1]) for c in range(3)))

    face = max(FACES, key=lambda face: dot(centre(face), p))
    quad, vertices = face
    c = centre(face)
    z = acos(dot(c, p))

    def clockwise(q):  # azimuth at c from the first vertex to q
        first = V[vertices[0][1]]
        east = normalised(cross(first, c))
        north = cross(c, east)
        return atan2(dot(q, east), dot(q, north)) % (2 * pi)

    azimuth = clockwise(p)
    third = int(azimuth / (2 * pi / 3))
    az = azimuth - third * 2 * pi / 3
    q = atan(tan(g) / (cos(az) + sin(az) / tan(THETA)))
    h = acos(sin(az) * sin(G) * cos(g) - cos(az) * cos(G))
    ag = az + G + h - pi
    az1 = atan2(2 * ag, R1**2 * tan(g) ** 2 - 2 * ag / tan(THETA))
    d = R1 * tan(g) / (cos(az1) + sin(az1) / tan(THETA))
    f = d / (2 * R1 * sin(q / 2))
    rho = 2 * R1 * f * sin(z / 2)
    angle = az1 + third * 2 * pi / 3
    x, y = rho * sin(angle), rho * cos(angle)  # y towards the first vertex, x to its right
    # Plane coordinates to (i, j): the vertices are at R1 tan g from the centre, clockwise by 120 degrees.
    radius = R1 * tan(g)
    order = sorted(vertices, key=lambda vertex: clockwise(V[vertex[1]]) if vertex is not vertices[0] else mpf(0))
    weights = []
    for k in range(3):
        turn = 2 * pi * k / 3
        weights.append(mpf(1) / 3 + 2 * (x * sin(turn) + y * cos(turn)) / (3 * radius))
    i = sum(w * vertex[0][0] for w, vertex in zip(weights, order))
    j = sum(w * vertex[0][1] for w, vertex in zip(weights, order))
    return quad, i, j


def main():
    rng = random.Random(21)
    print("// lon, lat (degrees on the sphere), quad, i, j in sides of the quad; made by tests/reference/isea_snyder.py")
    print("[")
    for _ in range(200):
        lon = mpf(rng.randrange(-180_000_000, 180_000_000)) / 10**6
        lat = mpf(round(float(degrees(asin(mpf(rng.uniform(-1, 1))))) * 10**6)) / 10**6
        quad, i, j = snyder(unit(radians(lon), radians(lat)))
        print(f"    ({mp.nstr(lon, 12)}, {mp.nstr(lat, 12)}, {quad}, {float(i)!r}, {float(j)!r}),")
    print("]")


main()
