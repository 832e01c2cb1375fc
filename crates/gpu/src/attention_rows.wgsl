// Queries that lie turned in memory, keys and values that are in the cache already.

@group(0) @binding(1) var<storage, read> queries: array<vec4<f32>>; // (n_tokens, n_heads, head_dim / 4)
@group(0) @binding(2) var<storage, read> keys: array<vec4<u32>>;    // (n_kv_heads, tiles, head_dim / 8, 8 positions)
@group(0) @binding(3) var<storage, read> values: array<vec4<u32>>;  // (n_kv_heads, positions, head_dim / 8)

// A row is (token, query head); the first vector of its query.
fn query_at(row: u32, first_token: u32, group: u32) -> u32 {
    let token = min(first_token + row / GROUP, cursor.n_tokens - 1u);
    let head = group * GROUP + row % GROUP;
    return (token * params.n_kv_heads * SHARING + head) * (HEAD_DIM / 4u);
}

fn query_vector(at: u32) -> vec4<f32> {
    return queries[at];
}

fn own_apart() -> u32 {
    return 0u;
}

fn prepare(group: u32, kv_head: u32, thread: u32) {}

fn take_own(kv_head: u32, is_last: bool, thread: u32) {}
