// Sums over a workgroup of `THREADS` threads, a power of two.

override THREADS: u32 = 8u;

var<workgroup> reduced: array<f32, THREADS>;

// Every thread gets the sum of what each brought.
fn workgroup_sum(value: f32, thread: u32) -> f32 {
    reduced[thread] = value;
    for (var stride = THREADS / 2u; stride > 0u; stride /= 2u) {
        workgroupBarrier();
        if thread < stride {
            reduced[thread] += reduced[thread + stride];
        }
    }
    workgroupBarrier();
    let sum = reduced[0];
    workgroupBarrier(); // before anybody writes again
    return sum;
}
