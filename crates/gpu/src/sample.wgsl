// The best of each slice become the next token: top-k, temperature, min-p, top-p, and a draw that the seed decides.
//
// One workgroup takes candidates out one by one, best first, so that they come sorted. The token goes to the end of
// the sequence and the cursor moves on to it: the next step needs nothing from the host.

const MOST_CANDIDATES = 128u; // SampleSettings::MOST_CANDIDATES

struct Settings {
    vocab_size: u32,
    top_k: u32,
    seed: u32,
    repeat_last_n: u32,
    repeat_penalty: f32,
    temperature: f32, // 0: the likeliest
    top_p: f32,
    min_p: f32,
}

struct Params {
    n_slices: u32,
    slice: u32,
    context: u32, // places in `tokens`
    reserved_0: u32,
}

struct Cursor {
    position: u32,
    n_tokens: u32,
}

@group(0) @binding(0) var<uniform> settings: Settings;
@group(0) @binding(1) var<uniform> params: Params;
@group(0) @binding(2) var<storage, read> logits: array<f32>;
@group(0) @binding(3) var<storage, read_write> shortlist: array<Candidate>;
@group(0) @binding(4) var<storage, read_write> tokens: array<u32>; // by position
@group(0) @binding(5) var<storage, read_write> cursor: Cursor;

var<workgroup> chosen: array<Candidate, MOST_CANDIDATES>;

// A number in [0, 1) from two (PCG, O'Neill 2014).
fn uniform_number(a: u32, b: u32) -> f32 {
    return f32(pcg(pcg(a) + b) >> 8u) / 16777216.0;
}

fn pcg(input: u32) -> u32 {
    let state = input * 747796405u + 2891336453u;
    let word = ((state >> ((state >> 28u) + 4u)) ^ state) * 277803737u;
    return (word >> 22u) ^ word;
}

fn draw(n: u32, position: u32) -> u32 {
    if n == 0u {
        return NOBODY;
    }
    let top = chosen[0].value;
    var total = 0.0;
    for (var i = 0u; i < n; i += 1u) {
        total += exp((chosen[i].value - top) / settings.temperature);
    }
    // The likeliest that together have top-p.
    var kept = 0u;
    var kept_total = 0.0;
    while kept < n && (kept == 0u || kept_total < settings.top_p * total) {
        kept_total += exp((chosen[kept].value - top) / settings.temperature);
        kept += 1u;
    }
    let target_sum = uniform_number(settings.seed, position) * kept_total;
    var sum = 0.0;
    for (var i = 0u; i < kept; i += 1u) {
        sum += exp((chosen[i].value - top) / settings.temperature);
        if target_sum < sum {
            return chosen[i].id;
        }
    }
    return chosen[kept - 1u].id;
}

@compute @workgroup_size(THREADS)
fn main(@builtin(local_invocation_index) thread: u32) {
    var most = min(settings.top_k, MOST_CANDIDATES);
    if settings.top_k == 0u {
        most = MOST_CANDIDATES;
    }
    if settings.temperature <= 0.0 {
        most = 1u;
    }
    var n = 0u;
    var least = LOWEST;
    while n < most {
        var mine = Candidate(LOWEST, NOBODY);
        for (var i = thread; i < params.n_slices; i += THREADS) {
            if is_better(shortlist[i], mine) {
                mine = shortlist[i];
            }
        }
        let winner = workgroup_best(mine, thread);
        if winner.id == NOBODY || winner.value < least {
            break;
        }
        if thread == 0u {
            chosen[n] = winner;
        }
        if n == 0u && settings.min_p > 0.0 && settings.temperature > 0.0 {
            // p / p_max >= min_p, written for logits.
            least = winner.value + log(min(settings.min_p, 1.0)) * settings.temperature;
        }
        n += 1u;
        // The slice's best is now the best of the rest.
        let slice = winner.id / params.slice;
        let end = min((slice + 1u) * params.slice, settings.vocab_size);
        var rest = Candidate(LOWEST, NOBODY);
        for (var id = slice * params.slice + thread; id < end; id += THREADS) {
            let other = Candidate(logits[id], id);
            if is_better(winner, other) && is_better(other, rest) {
                rest = other;
            }
        }
        let successor = workgroup_best(rest, thread);
        if thread == 0u {
            shortlist[slice] = successor;
        }
        storageBarrier();
    }
    workgroupBarrier();
    if thread == 0u {
        let end = cursor.position + cursor.n_tokens;
        var token = NOBODY;
        if settings.temperature > 0.0 {
            token = draw(n, end);
        } else if n > 0u {
            token = chosen[0].id;
        }
        if end < params.context {
            tokens[end] = token;
        }
        cursor.position = end;
        cursor.n_tokens = 1u;
    }
}
