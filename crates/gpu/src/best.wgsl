// The best of what the threads of a workgroup bring: the highest value, of equal ones the lowest id.

override THREADS: u32 = 8u; // a power of two

const NOBODY = 0xffffffffu;
const LOWEST = -3.4e38;

struct Candidate {
    value: f32,
    id: u32,
}

var<workgroup> best: array<Candidate, THREADS>;

// Not a number is better than nothing and nothing.
fn is_better(a: Candidate, b: Candidate) -> bool {
    return a.value > b.value || (a.value == b.value && a.id < b.id);
}

fn workgroup_best(candidate: Candidate, thread: u32) -> Candidate {
    best[thread] = candidate;
    for (var stride = THREADS / 2u; stride > 0u; stride /= 2u) {
        workgroupBarrier();
        if thread < stride {
            if is_better(best[thread + stride], best[thread]) {
                best[thread] = best[thread + stride];
            }
        }
    }
    workgroupBarrier();
    return workgroupUniformLoad(&best[0]);
}
