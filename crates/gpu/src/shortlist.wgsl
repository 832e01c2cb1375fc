// Logits become the best of each slice. One workgroup for each slice.

struct Params {
    vocab_size: u32,
    slice: u32,
}

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> logits: array<f32>;
@group(0) @binding(2) var<storage, read_write> shortlist: array<Candidate>;

@compute @workgroup_size(THREADS)
fn main(@builtin(workgroup_id) workgroup: vec3<u32>, @builtin(local_invocation_index) thread: u32) {
    let start = workgroup.x * params.slice;
    let end = min(start + params.slice, params.vocab_size);
    var mine = Candidate(LOWEST, NOBODY);
    for (var id = start + thread; id < end; id += THREADS) {
        let other = Candidate(logits[id], id);
        if is_better(other, mine) {
            mine = other;
        }
    }
    let winner = workgroup_best(mine, thread);
    if thread == 0u {
        shortlist[workgroup.x] = winner;
    }
}
