//! The points of a timeline in the order of their numbers, in one block of memory.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize, Serializer};

use super::point::Point;
use super::room;

/// Points with their numbers. Their stored form is that of a map.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(from = "BTreeMap<u64, Point>")]
pub(super) struct Points(Vec<(u64, Point)>);

impl Points {
    /// No points, with the memory for this many, which is taken at once.
    pub(super) fn with_room(points: usize) -> Self {
        // The number makes sure that something is written.
        Self(room::taken(points, (u64::MAX, Point::default())))
    }

    pub(super) fn len(&self) -> usize {
        self.0.len()
    }

    /// Adds a point to the one with this number, or makes it.
    pub(super) fn add(&mut self, number: u64, point: Point) {
        let at = self.0.partition_point(|(known, _)| *known < number);
        match self.0.get_mut(at) {
            Some((known, sum)) if *known == number => sum.merge(&point),
            _ => self.0.insert(at, (number, point)),
        }
    }

    /// Merges each pair of neighbors, which get half their number.
    pub(super) fn halve(&mut self) {
        let mut kept = 0;
        for at in 0..self.0.len() {
            let (number, point) = std::mem::take(&mut self.0[at]);
            let number = number / 2;
            match self.0[..kept].last_mut() {
                Some((known, sum)) if *known == number => sum.merge(&point),
                _ => {
                    self.0[kept] = (number, point);
                    kept += 1;
                }
            }
        }
        self.0.truncate(kept);
    }

    /// The points in order.
    pub(super) fn iter(&self) -> impl DoubleEndedIterator<Item = &Point> + ExactSizeIterator {
        self.0.iter().map(|(_, point)| point)
    }
}

impl From<BTreeMap<u64, Point>> for Points {
    fn from(map: BTreeMap<u64, Point>) -> Self {
        Self(map.into_iter().collect())
    }
}

impl Serialize for Points {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.collect_map(self.0.iter().map(|(number, point)| (number, point)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn point(requests: u64) -> Point {
        Point { requests, to_us: 1, ..Point::default() }
    }

    #[test]
    fn points_are_in_the_order_of_their_numbers_and_stored_as_a_map() {
        let (mut points, mut map) = (Points::with_room(9), BTreeMap::new());
        let room = points.0.capacity();
        for (number, requests) in [(4, 1), (7, 2), (4, 4), (0, 8), (5, 16), (9, 32)] {
            points.add(number, point(requests));
            map.entry(number).or_insert_with(Point::default).merge(&point(requests));
        }
        assert!(points.iter().eq(map.values()));
        let json = serde_json::to_string(&points).unwrap();
        assert_eq!(json, serde_json::to_string(&map).unwrap());
        assert_eq!(serde_json::from_str::<Points>(&json).unwrap(), points);
        points.halve();
        let halves: Vec<_> = points.0.iter().map(|(number, point)| (*number, point.requests)).collect();
        assert_eq!(halves, [(0, 8), (2, 21), (3, 2), (4, 32)]);
        assert_eq!(points.0.capacity(), room);
    }
}
