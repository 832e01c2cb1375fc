// Recent tokens become less likely, each once however often it occurred (Keskar et al. 2019).

override THREADS: u32 = 8u;

struct Settings {
    vocab_size: u32,
    top_k: u32,
    seed: u32,
    repeat_last_n: u32,
    repeat_penalty: f32,
    temperature: f32,
    top_p: f32,
    min_p: f32,
}

struct Cursor {
    position: u32,
    n_tokens: u32,
}

@group(0) @binding(0) var<uniform> settings: Settings;
@group(0) @binding(1) var<storage, read> tokens: array<u32>; // by position
@group(0) @binding(2) var<storage, read_write> logits: array<f32>;
@group(0) @binding(3) var<uniform> cursor: Cursor;

@compute @workgroup_size(THREADS)
fn main(@builtin(local_invocation_index) thread: u32) {
    let end = cursor.position + cursor.n_tokens;
    let first = end - min(end, settings.repeat_last_n);
    for (var i = first + thread; i < end; i += THREADS) {
        let token = tokens[i];
        var seen = token >= settings.vocab_size;
        for (var j = first; j < i; j += 1u) {
            seen = seen || tokens[j] == token;
        }
        if !seen {
            let logit = logits[token];
            logits[token] = select(logit * settings.repeat_penalty, logit / settings.repeat_penalty, logit > 0.0);
        }
    }
}
