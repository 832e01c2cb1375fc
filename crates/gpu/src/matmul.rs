//! Many vectors through a matrix; see `matmul.wgsl`.

use bytemuck::{Pod, Zeroable};

use crate::kernel::Binding::{Read, Uniform, Write};
use crate::kernel::Kernel;
use crate::linear::Linear;
use crate::planes::{BLOCK, TILE_ROWS};
use crate::recorder::Extent;
use crate::{Error, Recorder};

pub(crate) static MATMUL: Kernel = Kernel {
    name: "matmul",
    sources: &[include_str!("planes.wgsl"), include_str!("activation.wgsl"), include_str!("matmul.wgsl")],
    bindings: &[Read, Read, Read, Uniform, Read, Read, Read, Write, Write, Uniform],
};

/// Tokens and row tiles of one thread.
const TOKENS: usize = 4;
const TILES: usize = 4;

#[repr(C)]
#[derive(Clone, Copy, Pod, Zeroable)]
struct Params {
    n_rows: u32,
    n_tiles: u32,
    n_blocks: u32,
    first_row: u32,
    super_start: u32,
    row_stride: u32,
    reserved: [u32; 2],
}

impl Recorder<'_> {
    pub(crate) fn matmul(&mut self, linear: &Linear<'_>) -> Result<(), Error> {
        let groups = self.gpu.tuning().token_groups;
        let mut constants = linear.constants();
        constants.push(("GROUPS", f64::from(groups)));
        let factors = match linear.norm {
            Some((stream, eps)) => Some(self.rms_factors(stream, linear.matrix.cols, eps)?),
            None => None,
        };
        for part in &linear.matrix.parts {
            let rows = if linear.gated { linear.rows } else { part.rows };
            let n_tiles = rows.div_ceil(TILE_ROWS);
            let params = self.uniform(&[Params {
                n_rows: rows as u32,
                n_tiles: n_tiles as u32,
                n_blocks: (linear.matrix.cols / BLOCK) as u32,
                first_row: part.first_row as u32,
                super_start: part.super_start as u32,
                row_stride: linear.rows as u32,
                reserved: [0; 2],
            }])?;
            let aux = factors.as_ref().or(linear.next.map(|(weight, _)| weight));
            let tensors = [
                &part.lo,
                &part.hi,
                &part.scales,
                &params,
                linear.x,
                linear.bias.unwrap_or(self.unread()),
                aux.unwrap_or(self.unread()),
                linear.y,
                linear.next.map_or(self.unwritten(), |(_, weighted)| weighted),
                &self.cursor.state,
            ];
            let tiles_per_group = if linear.gated { TILES / 2 } else { TILES };
            let across = Extent::Fixed(n_tiles.div_ceil(tiles_per_group));
            let grid = [across, Extent::TokensBy(TOKENS * groups as usize), Extent::ONE];
            self.dispatch(&MATMUL, &constants, &tensors, grid)?;
        }
        Ok(())
    }
}
