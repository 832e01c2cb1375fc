// Threads join their sums by the workgroup's memory. What comes back holds for the threads of split 0.

var<workgroup> partial: array<vec4<f32>, 8u * SPLITS>;

fn join(sum: vec4<f32>, square: f32, thread: u32) -> Joined {
    if SPLITS > 1u {
        partial[thread] = sum;
    }
    if NORM {
        squares[thread] = square;
    }
    if NORM || SPLITS > 1u {
        workgroupBarrier();
    }
    var joined = Joined(sum, 0.0);
    if SPLITS > 1u {
        for (var stride = 8u * SPLITS / 2u; stride >= TILE_ROWS; stride /= 2u) {
            if thread < stride {
                partial[thread] += partial[thread + stride];
                if NORM {
                    squares[thread] += squares[thread + stride];
                }
            }
            workgroupBarrier();
        }
        joined.sum = partial[thread % TILE_ROWS];
    }
    if NORM {
        for (var i = 0u; i < TILE_ROWS; i += 1u) {
            joined.square += squares[i];
        }
    }
    return joined;
}
