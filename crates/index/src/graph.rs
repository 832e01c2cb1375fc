//! Rows become an HNSW graph, and the graph finds the rows nearest to a query without looking at all of them.
//!
//! Malkov and Yashunin, "Efficient and robust approximate nearest neighbor search using Hierarchical Navigable Small World
//! graphs" (2016), by the crate `instant-distance`. The graph owns the rows.

use instant_distance::{Builder, Hnsw, PointId, Search};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::dot::dot;
use crate::flat::{Flat, Quantized};
use crate::{ChunkId, Error};

/// Neighbours looked for when a row is inserted; higher builds slower and finds better.
const EF_CONSTRUCTION: usize = 100;
/// Candidates kept during a search; higher searches slower and finds better. Also the most rows a search can give.
const EF_SEARCH: usize = 300;
/// Random layers, but the same ones each time.
const SEED: u64 = 0x0DA2_EE11;
/// `instant-distance` marks an empty place among a node's neighbours so.
const NO_NEIGHBOUR: u32 = u32::MAX;

/// An HNSW graph and where each chunk is in it.
pub struct Graph {
    hnsw: Hnsw<Point>,
    places: Vec<PointId>,
}

/// A row of the graph, or a query.
#[derive(Clone, Serialize, Deserialize)]
struct Point {
    chunk: u32,
    scale: f32,
    #[serde(serialize_with = "row_to_bytes", deserialize_with = "row_from_bytes")]
    row: Box<[i8]>,
}

impl instant_distance::Point for Point {
    fn distance(&self, other: &Self) -> f32 {
        1.0 - dot(&self.row, &other.row) as f32 * self.scale * other.scale
    }
}

impl Graph {
    /// Builds the graph, on all cores where there are threads.
    pub fn build(rows: &Flat) -> Self {
        let points = (0..rows.len() as u32)
            .filter_map(|chunk| {
                let (row, scale) = rows.row(ChunkId(chunk))?;
                Some(Point { chunk, scale, row: row.into() })
            })
            .collect();
        let builder = Builder::default().ef_construction(EF_CONSTRUCTION).ef_search(EF_SEARCH).seed(SEED);
        let (hnsw, places) = builder.build_hnsw(points);
        Self { hnsw, places }
    }

    /// Reads what [`Graph::encode`] wrote. The graph is checked before it is walked: `instant-distance` trusts its nodes.
    pub fn decode(bytes: &[u8], n_chunks: usize, dimensions: usize) -> Result<Self, Error> {
        let damaged = |what: &str| Error::Damaged(format!("its vector graph {what}"));
        let layout: Layout = postcard::from_bytes(bytes).map_err(|_| damaged("cannot be decoded"))?;
        layout.check(n_chunks, dimensions).map_err(damaged)?;
        drop(layout);

        let hnsw: Hnsw<Point> = postcard::from_bytes(bytes).map_err(|_| damaged("cannot be decoded"))?;
        let mut places = vec![PointId::default(); n_chunks];
        for (place, point) in hnsw.iter() {
            match places.get_mut(point.chunk as usize) {
                Some(free) if !free.is_valid() => *free = place,
                _ => return Err(damaged("has not one vector for each chunk")),
            }
        }
        Ok(Self { hnsw, places })
    }

    /// The graph with its rows, in postcard.
    pub fn encode(&self) -> Result<Vec<u8>, Error> {
        postcard::to_allocvec(&self.hnsw).map_err(|_| Error::TooLarge("the vector graph"))
    }

    /// The row and scale of one chunk.
    pub fn row(&self, chunk: ChunkId) -> Option<(&[i8], f32)> {
        let point = &self.hnsw[*self.places.get(chunk.0 as usize)?];
        Some((&point.row, point.scale))
    }

    /// Nearly always the nearest rows, best first; no more than [`EF_SEARCH`].
    pub fn nearest(&self, query: &Quantized, count: usize) -> Vec<(ChunkId, f32)> {
        let query = Point { chunk: u32::MAX, scale: query.scale, row: query.row.clone() };
        let mut search = Search::default();
        let found = self.hnsw.search(&query, &mut search).take(count);
        found.map(|item| (ChunkId(item.point.chunk), 1.0 - item.distance)).collect()
    }
}

/// The fields of `Hnsw`, as postcard writes them, to look at.
#[derive(Deserialize)]
struct Layout<'a> {
    _ef_search: usize,
    #[serde(borrow)]
    points: Vec<PointLayout<'a>>,
    /// 64 neighbours of each point.
    zero: Vec<[[u32; 32]; 2]>,
    /// 32 neighbours of the first points, fewer points on each layer.
    layers: Vec<Vec<[u32; 32]>>,
}

#[derive(Deserialize)]
struct PointLayout<'a> {
    _chunk: u32,
    scale: f32,
    row: &'a [u8],
}

impl Layout<'_> {
    /// Whether a walk through the graph stays inside it.
    fn check(&self, n_chunks: usize, dimensions: usize) -> Result<(), &'static str> {
        if self.points.len() != n_chunks || self.zero.len() != n_chunks {
            return Err("has not one node for each chunk");
        }
        if self.points.iter().any(|point| point.row.len() != dimensions || !point.scale.is_finite()) {
            return Err("has a malformed vector");
        }
        let inside = |neighbour: &u32, len: usize| *neighbour == NO_NEIGHBOUR || (*neighbour as usize) < len;
        if !self.zero.as_flattened().as_flattened().iter().all(|neighbour| inside(neighbour, n_chunks)) {
            return Err("has a neighbour outside");
        }
        let mut below = n_chunks;
        for layer in &self.layers {
            if layer.is_empty() || layer.len() > below {
                return Err("has a layer of the wrong size");
            }
            below = layer.len();
            if !layer.as_flattened().iter().all(|neighbour| inside(neighbour, below)) {
                return Err("has a neighbour outside");
            }
        }
        Ok(())
    }
}

fn row_to_bytes<S: Serializer>(row: &[i8], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_bytes(&row.iter().map(|&value| value as u8).collect::<Vec<_>>())
}

fn row_from_bytes<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Box<[i8]>, D::Error> {
    let bytes = <&[u8]>::deserialize(deserializer)?;
    Ok(bytes.iter().map(|&value| value as i8).collect())
}

#[cfg(test)]
mod tests {
    use std::time::Instant;

    use super::*;
    use crate::testing::{clustered, spread};

    const DIMENSIONS: usize = 384;
    const QUERIES: usize = 100;

    /// An exact index of the vectors but for the last ones, which are queries.
    fn split(vectors: &[Vec<f32>]) -> (Flat, Vec<Quantized>) {
        let (vectors, queries) = vectors.split_at(vectors.len() - QUERIES);
        (Flat::build(vectors, DIMENSIONS), queries.iter().map(|query| Quantized::new(query)).collect())
    }

    /// Share of the ten nearest rows that the graph finds.
    fn recall_at_10(graph: &Graph, flat: &Flat, queries: &[Quantized]) -> f64 {
        let found = |query: &Quantized| {
            let near = graph.nearest(query, 10);
            flat.nearest(query, 10).iter().filter(|(chunk, _)| near.iter().any(|(id, _)| id == chunk)).count()
        };
        queries.iter().map(found).sum::<usize>() as f64 / (10 * queries.len()) as f64
    }

    #[track_caller]
    fn check_recall(vectors: &[Vec<f32>]) {
        let (flat, queries) = split(vectors);
        let graph = Graph::build(&flat);
        let recall = recall_at_10(&graph, &flat, &queries);
        assert!(recall >= 0.98, "recall@10 is {recall}");
    }

    #[test]
    fn the_graph_finds_what_a_scan_finds() {
        check_recall(&clustered(10_000 + QUERIES, DIMENSIONS, 1));
    }

    #[test]
    fn even_where_all_vectors_are_far_apart() {
        check_recall(&spread(5_000 + QUERIES, DIMENSIONS, 2));
    }

    #[test]
    fn a_graph_comes_back_as_it_was() {
        let (flat, queries) = split(&clustered(500 + QUERIES, DIMENSIONS, 3));
        let graph = Graph::build(&flat);
        let read = Graph::decode(&graph.encode().unwrap(), 500, DIMENSIONS).unwrap();
        for query in &queries {
            assert_eq!(read.nearest(query, 10), graph.nearest(query, 10));
        }
        for chunk in (0..500).map(ChunkId) {
            assert_eq!(read.row(chunk), flat.row(chunk));
        }
        assert_eq!(read.row(ChunkId(500)), None);
    }

    #[test]
    fn hostile_graphs_do_not_panic() {
        const N: usize = 200;
        let vectors = clustered(N + 1, 8, 4);
        let query = Quantized::new(&vectors[N]);
        let flat = Flat::build(&vectors[..N], 8);
        let bytes = Graph::build(&flat).encode().unwrap();
        let mut random = crate::testing::Random::new(5);
        let (mut refused, mut opened) = (0, 0);
        for _ in 0..3_000 {
            let mut hostile = bytes.clone();
            let position = (random.uniform() * bytes.len() as f32) as usize;
            hostile[position] = (random.uniform() * 256.0) as u8;
            if random.uniform() < 0.1 {
                hostile.truncate(position);
            }
            match Graph::decode(&hostile, N, 8) {
                Ok(graph) => {
                    opened += 1;
                    assert!(graph.nearest(&query, 10).len() <= 10);
                }
                Err(Error::Damaged(_)) => refused += 1,
                Err(other) => panic!("{other}"),
            }
        }
        assert!(refused > 100 && opened > 100, "{refused} refused, {opened} opened");
    }

    /// Where [`GRAPH_FROM`](crate::vectors::GRAPH_FROM) comes from.
    #[test]
    #[ignore = "measures for minutes"]
    fn scan_beside_graph() {
        for n in [10_000, 30_000, 100_000] {
            let (flat, queries) = split(&clustered(n + QUERIES, DIMENSIONS, 6));
            let start = Instant::now();
            let graph = Graph::build(&flat);
            let build = start.elapsed();
            let start = Instant::now();
            queries.iter().for_each(|query| drop(flat.nearest(query, 100)));
            let scan = start.elapsed() / QUERIES as u32;
            let start = Instant::now();
            queries.iter().for_each(|query| drop(graph.nearest(query, 100)));
            let walk = start.elapsed() / QUERIES as u32;
            let recall = recall_at_10(&graph, &flat, &queries);
            eprintln!("{n} vectors: scan {scan:?}, graph {walk:?}, recall@10 {recall}, built in {build:?}");
        }
    }
}
