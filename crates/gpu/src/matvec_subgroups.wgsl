// Threads join their sums within subgroups, and these by the workgroup's memory. What comes back holds for the threads of split 0.
//
// Subgroups are the workgroup's threads in order, eight of them or more: threads that are multiples of eight apart have the same
// row. WGSL does not promise the order; where it is another one the self-check fails.

var<workgroup> partial: array<vec4<f32>, 8u * SPLITS>; // (subgroups, 8)

fn join(sum: vec4<f32>, square: f32, thread: u32) -> Joined {
    let size = subgroupAdd(1u);
    var joined = Joined(sum, square);
    if NORM {
        joined.square = subgroupAdd(square);
    }
    if SPLITS == 1u {
        return joined;
    }
    joined.sum += far(joined.sum, 8u, size);
    if SPLITS >= 4u {
        joined.sum += far(joined.sum, 16u, size);
    }
    if SPLITS >= 8u {
        joined.sum += far(joined.sum, 32u, size);
    }
    if SPLITS >= 16u {
        joined.sum += far(joined.sum, 64u, size);
    }
    let subgroup = thread / size;
    if thread % size < TILE_ROWS {
        partial[subgroup * TILE_ROWS + thread % TILE_ROWS] = joined.sum;
        squares[subgroup] = joined.square;
    }
    workgroupBarrier();
    joined = Joined(vec4(0.0), 0.0);
    for (var i = 0u; i < 8u * SPLITS / size; i += 1u) {
        joined.sum += partial[i * TILE_ROWS + thread % TILE_ROWS];
        joined.square += squares[i];
    }
    return joined;
}

// What the thread so far away has, if it is in the same subgroup.
fn far(value: vec4<f32>, distance: u32, size: u32) -> vec4<f32> {
    let other = subgroupShuffleXor(value, distance);
    return select(vec4(0.0), other, distance < size);
}
