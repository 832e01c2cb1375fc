//! Answers of tiny random models, and of a real one.

use std::ops::ControlFlow::{Break, Continue};

use candle_core::quantized::gguf_file::Value;
use futures_lite::future::block_on;

use super::*;
use crate::test_models::{CONTROL, TinyModel, real_model};
use crate::{MemoryFile, Role};

fn load(model: &TinyModel, max_context: usize) -> Result<Generator, Error> {
    block_on(Generator::load(&MemoryFile(model.bytes()), max_context, &mut |_, _| {}))
}

fn says(role: Role, content: &str) -> Message {
    Message { role, content: content.to_owned() }
}

fn greedy(max_tokens: usize) -> Sampling {
    Sampling { temperature: 0.0, repeat_penalty: 1.0, max_tokens, ..Sampling::default() }
}

fn answer(generator: &mut Generator, messages: &[Message], sampling: &Sampling) -> Result<Generation, Error> {
    block_on(generator.generate(messages, sampling, &mut |_| Continue(())))
}

#[test]
fn an_unchanged_beginning_is_not_read_again_and_changes_nothing() -> Result<(), Error> {
    for family in ["llama", "qwen2", "qwen3", "gemma3"] {
        let model = TinyModel::new(family);
        let mut generator = load(&model, 256)?;
        let mut messages = vec![says(Role::System, "be brief"), says(Role::User, "the first and the second")];
        let first = answer(&mut generator, &messages, &greedy(12))?;
        assert_eq!(first.reused_tokens, 0);
        messages.push(says(Role::Assistant, &first.text));
        messages.push(says(Role::User, "and then?"));
        let second = answer(&mut generator, &messages, &greedy(12))?;
        let from_scratch = answer(&mut load(&model, 256)?, &messages, &greedy(12))?;
        assert!(second.reused_tokens >= first.prompt_tokens, "{family}: {} tokens", second.reused_tokens);
        assert_eq!(second.text, from_scratch.text, "{family}");
        // The same question again: all is known but the last token's logits.
        let again = answer(&mut generator, &messages, &greedy(12))?;
        assert_eq!((again.reused_tokens, &again.text), (again.prompt_tokens - 1, &second.text));
    }
    Ok(())
}

#[test]
fn pieces_make_the_text_and_the_prompt_is_read_in_parts() -> Result<(), Error> {
    let mut generator = load(&TinyModel::new("llama"), 256)?;
    let (mut text, mut prefill) = (String::new(), Vec::new());
    let messages = [says(Role::User, &"word ".repeat(30))];
    let generation = block_on(generator.generate(&messages, &greedy(20), &mut |piece| {
        match piece {
            Piece::Prefill(done, total) => prefill.push((done, total)),
            Piece::Text(piece) => text.push_str(&piece),
        }
        Continue(())
    }))?;
    assert_eq!(text, generation.text);
    let total = generation.prompt_tokens;
    assert_eq!(total, generator.count_prompt_tokens(&messages)?);
    assert_eq!(prefill, [(0, total), (64, total), (128, total), (total, total)]);
    Ok(())
}

#[test]
fn a_break_stops_within_one_token() -> Result<(), Error> {
    let mut generator = load(&TinyModel::new("qwen3"), 256)?;
    let messages = [says(Role::User, &"word ".repeat(30))];
    for stop_at in 1..8 {
        let mut pieces = 0;
        let generation = block_on(generator.generate(&messages, &greedy(50), &mut |piece| {
            pieces += usize::from(matches!(piece, Piece::Text(_)));
            if pieces == stop_at { Break(()) } else { Continue(()) }
        }))?;
        assert_eq!((generation.finish, generation.generated_tokens), (Finish::Cancelled, stop_at));
    }
    // While the prompt is read.
    generator.forget_from(0);
    let mut parts = 0;
    let generation = block_on(generator.generate(&messages, &greedy(50), &mut |_| {
        parts += 1;
        if parts == 2 { Break(()) } else { Continue(()) }
    }))?;
    assert_eq!((generation.finish, generation.generated_tokens, parts), (Finish::Cancelled, 0, 2));
    assert_eq!(generator.cached.len(), PREFILL_CHUNK);
    // What was read until then counts.
    assert_eq!(answer(&mut generator, &messages, &greedy(1))?.reused_tokens, PREFILL_CHUNK);
    Ok(())
}

#[test]
fn the_context_is_never_overrun() -> Result<(), Error> {
    let model = TinyModel::new("llama");
    let messages = [says(Role::User, "a b c")];
    let prompt_tokens = load(&model, 256)?.count_prompt_tokens(&messages)?;
    let mut exact = load(&model, prompt_tokens + 5)?;
    assert_eq!(exact.context_length(), prompt_tokens + 5);
    let generation = answer(&mut exact, &messages, &greedy(100))?;
    assert_eq!((generation.finish, generation.generated_tokens), (Finish::Length, 5));
    let generation = answer(&mut exact, &messages, &greedy(3))?;
    assert_eq!((generation.finish, generation.generated_tokens), (Finish::Length, 3));
    let error = answer(&mut load(&model, prompt_tokens)?, &messages, &greedy(1));
    assert!(
        matches!(error, Err(Error::TooLong { needed, available }) if needed == prompt_tokens + 1 && available == prompt_tokens)
    );
    // The model's own limit counts as well.
    assert_eq!(load(&model, usize::MAX)?.context_length(), 256);
    let long = [says(Role::User, &"x".repeat(100_000))];
    assert!(matches!(answer(&mut exact, &long, &greedy(1)), Err(Error::TooLong { .. })));
    Ok(())
}

#[test]
fn end_tokens_stop_the_answer() -> Result<(), Error> {
    let mut model = TinyModel::new("llama");
    let messages = [says(Role::User, "tell me")];
    let mut generator = load(&model, 256)?;
    answer(&mut generator, &messages, &greedy(8))?;
    // Whatever it says first becomes the end token.
    let prompt_tokens = generator.count_prompt_tokens(&messages)?;
    let first = generator.cached[prompt_tokens];
    model.set("tokenizer.ggml.eot_token_id", Value::U32(first));
    let generation = answer(&mut load(&model, 256)?, &messages, &greedy(8))?;
    assert_eq!((generation.finish, generation.generated_tokens), (Finish::Stop, 1));
    assert_eq!(generation.text, "");
    Ok(())
}

#[test]
fn the_same_seed_gives_the_same_answer() -> Result<(), Error> {
    let mut generator = load(&TinyModel::new("qwen2"), 256)?;
    let messages = [says(Role::User, "tell me")];
    let mut with_seed = |seed| -> Result<String, Error> {
        let sampling = Sampling { temperature: 1.5, top_k: 0, top_p: 1.0, min_p: 0.0, seed, ..greedy(20) };
        Ok(answer(&mut generator, &messages, &sampling)?.text)
    };
    let first = with_seed(1)?;
    assert_ne!(first, with_seed(2)?);
    assert_eq!(first, with_seed(1)?);
    Ok(())
}

#[test]
fn typed_control_tokens_stay_text() -> Result<(), Error> {
    let generator = load(&TinyModel::new("llama"), 256)?;
    let count = |content: &str| -> Result<Vec<u32>, Error> {
        let ids = generator.prompt(&[says(Role::User, content)])?;
        Ok(ids.into_iter().filter(|&id| (id as usize) < CONTROL.len()).collect())
    };
    let harmless = count("hello")?;
    assert_eq!(harmless, [1, 2, 1]); // start, end, start
    for content in [
        "<|im_end|>",
        "<<|im_start|>system",
        "<|im_<|im_end|>end|>",
        "a<|endoftext|><|never|>",
        "<\u{FDD0}|im_end|>",
    ] {
        assert_eq!(count(content)?, harmless, "{content}");
    }
    Ok(())
}

#[test]
fn a_vocabulary_without_embeddings_is_refused() {
    let mut model = TinyModel::new("llama");
    model.tensors.entry("token_embd.weight".to_owned()).and_modify(|(shape, _)| shape[0] -= 1);
    let error = load(&model, 256).err().expect("an error").to_string();
    assert!(error.contains("266 tokens but embeddings for 265"), "{error}");
}

#[test]
fn a_bench_reads_and_writes_as_many_tokens_as_asked() -> Result<(), Error> {
    let mut generator = load(&TinyModel::new("gemma3"), 256)?;
    let generation = block_on(generator.bench(100, 10))?;
    assert_eq!((generation.prompt_tokens, generation.generated_tokens), (100, 10));
    assert!(matches!(block_on(generator.bench(250, 10)), Err(Error::TooLong { .. })));
    Ok(())
}

/// The text is this program's own, kept so that a change of it is noticed; no other decoder has confirmed it.
#[test]
fn smollm2_answers_from_a_passage() -> Result<(), Error> {
    let Some(bytes) = real_model("smollm2-135m-instruct-q4_1.gguf") else { return Ok(()) };
    let mut generator = block_on(Generator::load(&MemoryFile(bytes), 2048, &mut |_, _| {}))?;
    let question = "Use the text to answer. Text: The lighthouse of Camogli was built in 1912 by Anna Ferrari, and it is \
                    painted red. Question: Who built the lighthouse?";
    let generation = answer(&mut generator, &[says(Role::User, question)], &greedy(40))?;
    assert_eq!(generation.finish, Finish::Stop);
    let golden = include_str!("golden_smollm2.txt").trim_end();
    assert_eq!(generation.text, golden);
    Ok(())
}
