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
        let messages = opening();
        let first = answer(&mut generator, &messages, &greedy(12))?;
        assert_eq!(first.reused_tokens, 0);
        check_a_second_turn(family, &mut generator, &mut load(&model, 256)?, messages, &first)?;
    }
    Ok(())
}

fn opening() -> Vec<Message> {
    vec![says(Role::System, "be brief"), says(Role::User, "the first and the second")]
}

/// `first` was the answer to `messages`; `fresh` is the same model, which has read nothing.
fn check_a_second_turn(
    family: &str,
    generator: &mut Generator,
    fresh: &mut Generator,
    mut messages: Vec<Message>,
    first: &Generation,
) -> Result<(), Error> {
    messages.push(says(Role::Assistant, &first.text));
    messages.push(says(Role::User, "and then?"));
    let second = answer(generator, &messages, &greedy(12))?;
    let from_scratch = answer(fresh, &messages, &greedy(12))?;
    assert!(second.reused_tokens >= first.prompt_tokens, "{family}: {} tokens", second.reused_tokens);
    assert_eq!(second.text, from_scratch.text, "{family}");
    // The same question again: all is known but the last token's logits.
    let again = answer(generator, &messages, &greedy(12))?;
    assert_eq!((again.reused_tokens, &again.text), (again.prompt_tokens - 1, &second.text));
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
    assert_eq!(generator.cached.len(), decoding::CPU_CHUNK);
    // What was read until then counts.
    assert_eq!(answer(&mut generator, &messages, &greedy(1))?.reused_tokens, decoding::CPU_CHUNK);
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
    let (generation, tokens) = block_on(generator.bench(100, 10))?;
    assert_eq!(tokens.len(), 10);
    assert_eq!((generation.prompt_tokens, generation.generated_tokens), (100, 10));
    assert!(matches!(block_on(generator.bench(250, 10)), Err(Error::TooLong { .. })));
    Ok(())
}

/// What the browser's tests load.
const FOR_BROWSERS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../tests/e2e/fixtures/tiny.gguf");

#[test]
fn the_browsers_model_is_the_tiny_one() {
    let kept = std::fs::read(FOR_BROWSERS).expect("tests/e2e/fixtures/tiny.gguf");
    let same = kept == TinyModel::for_browsers().bytes();
    assert!(same, "write it anew: cargo test -- --ignored writes_the_browsers_model");
}

#[test]
#[ignore = "writes the fixture of the browser's tests"]
fn writes_the_browsers_model() {
    std::fs::write(FOR_BROWSERS, TinyModel::for_browsers().bytes()).expect("a writable folder");
}

const LIGHTHOUSE: &str = "Use the text to answer. Text: The lighthouse of Camogli was built in 1912 by Anna Ferrari, and it is \
                          painted red. Question: Who built the lighthouse?";

/// The text is this program's own, kept so that a change of it is noticed; no other decoder has confirmed it.
#[test]
fn smollm2_answers_from_a_passage() -> Result<(), Error> {
    let Some(bytes) = real_model("smollm2-135m-instruct-q4_1.gguf") else { return Ok(()) };
    let mut generator = block_on(Generator::load(&MemoryFile(bytes), 2048, &mut |_, _| {}))?;
    let generation = answer(&mut generator, &[says(Role::User, LIGHTHOUSE)], &greedy(40))?;
    assert_eq!(generation.finish, Finish::Stop);
    let golden = include_str!("golden_smollm2.txt").trim_end();
    assert_eq!(generation.text, golden);
    Ok(())
}

/// Tests of the same interface on a GPU.
mod on_gpu {
    use futures_lite::future::zip;

    use super::*;
    use crate::{Engine, GpuDevice};

    fn engine() -> Option<Engine> {
        crate::test_models::gpu().map(|gpu| Engine::Gpu(GpuDevice(gpu)))
    }

    fn load_on(engine: &Engine, model: &TinyModel, max_context: usize) -> Result<Generator, Error> {
        block_on(Generator::load_on(engine, &MemoryFile(model.bytes()), max_context, &mut |_, _| {}))
    }

    #[test]
    fn answers_are_the_cpus_and_an_unchanged_beginning_is_not_read_again() -> Result<(), Error> {
        let Some(engine) = engine() else { return Ok(()) };
        for family in ["llama", "qwen2", "qwen3", "gemma3"] {
            let model = TinyModel::new(family).unquantised();
            let mut generator = load_on(&engine, &model, 256)?;
            let messages = opening();
            let first = answer(&mut generator, &messages, &greedy(12))?;
            let penalised = Sampling { repeat_penalty: 1.3, ..greedy(12) };
            let mut on_cpu = load(&model, 256)?;
            assert_eq!(first.text, answer(&mut on_cpu, &messages, &greedy(12))?.text, "{family}");
            let texts =
                [&mut generator, &mut on_cpu].map(|g| answer(g, &messages, &penalised).map(|g| g.text));
            let [ours, theirs] = texts;
            assert_eq!(ours?, theirs?, "{family}");
            check_a_second_turn(
                family,
                &mut generator,
                &mut load_on(&engine, &model, 256)?,
                messages,
                &first,
            )?;
        }
        Ok(())
    }

    #[test]
    fn a_break_stops_within_one_token_and_the_context_is_never_overrun() -> Result<(), Error> {
        let Some(engine) = engine() else { return Ok(()) };
        let model = TinyModel::new("qwen3");
        let mut generator = load_on(&engine, &model, 256)?;
        let messages = [says(Role::User, &"word ".repeat(30))];
        let full = answer(&mut generator, &messages, &greedy(12))?;
        for stop_at in [1, 2, 5] {
            let mut pieces = 0;
            let generation = block_on(generator.generate(&messages, &greedy(50), &mut |piece| {
                pieces += usize::from(matches!(piece, Piece::Text(_)));
                if pieces == stop_at { Break(()) } else { Continue(()) }
            }))?;
            assert_eq!((generation.finish, generation.generated_tokens), (Finish::Cancelled, stop_at));
        }
        // While the prompt is read: what was read until then counts.
        generator.forget_from(0);
        let mut done = 0;
        let generation = block_on(generator.generate(&messages, &greedy(50), &mut |piece| match piece {
            Piece::Prefill(tokens, _) => {
                done = tokens;
                if tokens > 0 { Break(()) } else { Continue(()) }
            }
            Piece::Text(_) => Continue(()),
        }))?;
        assert_eq!((generation.finish, generation.generated_tokens), (Finish::Cancelled, 0));
        assert!(done > 0 && generator.cached.len() == done);
        let again = answer(&mut generator, &messages, &greedy(12))?;
        assert_eq!((again.reused_tokens, again.text), (done, full.text));
        let mut exact = load_on(&engine, &model, full.prompt_tokens + 5)?;
        let generation = answer(&mut exact, &messages, &greedy(100))?;
        assert_eq!((generation.finish, generation.generated_tokens), (Finish::Length, 5));
        let generation = answer(&mut exact, &messages, &greedy(3))?;
        assert_eq!((generation.finish, generation.generated_tokens), (Finish::Length, 3));
        let (timed, _) = block_on(generator.bench(100, 10))?;
        assert_eq!((timed.prompt_tokens, timed.generated_tokens), (100, 10));
        Ok(())
    }

    #[test]
    fn a_saved_state_gives_the_same_tokens_on_either_engine() -> Result<(), Error> {
        let Some(engine) = engine() else { return Ok(()) };
        let model = TinyModel::new("gemma3").unquantised();
        let mut generator = load_on(&engine, &model, 256)?;
        let mut messages = vec![says(Role::User, "the first and the second")];
        let first = answer(&mut generator, &messages, &greedy(9))?;
        let saved = block_on(generator.save_state())?;
        messages.extend([says(Role::Assistant, &first.text), says(Role::User, "and then?")]);
        let expected = answer(&mut generator, &messages, &greedy(12))?;
        let mut other = load_on(&engine, &model, 256)?;
        other.restore_state(&saved)?;
        assert_eq!(block_on(other.save_state())?, saved);
        let continued = answer(&mut other, &messages, &greedy(12))?;
        assert_eq!((&continued.text, continued.reused_tokens), (&expected.text, expected.reused_tokens));
        let mut on_cpu = load(&model, 256)?;
        on_cpu.restore_state(&saved)?;
        let continued = answer(&mut on_cpu, &messages, &greedy(12))?;
        assert_eq!((&continued.text, continued.reused_tokens), (&expected.text, expected.reused_tokens));
        let mut stranger = load(&TinyModel::new("llama"), 256)?;
        assert!(matches!(stranger.restore_state(&saved), Err(Error::State(_))));
        assert!(matches!(load_on(&engine, &model, 8)?.restore_state(&saved), Err(Error::TooLong { .. })));
        Ok(())
    }

    #[test]
    fn two_sessions_at_once_do_not_disturb_each_other() -> Result<(), Error> {
        let Some(engine) = engine() else { return Ok(()) };
        let models = [TinyModel::new("llama"), TinyModel::new("qwen3")];
        let asks = ["the first and the second", "tell me of another, and of a third"];
        let alone = |idx: usize| -> Result<String, Error> {
            let mut generator = load_on(&engine, &models[idx], 256)?;
            Ok(answer(&mut generator, &[says(Role::User, asks[idx])], &greedy(25))?.text)
        };
        let expected = [alone(0)?, alone(1)?];
        let mut one = load_on(&engine, &models[0], 256)?;
        let mut other = load_on(&engine, &models[1], 256)?;
        let (mut go_on, mut go_on_too) = (|_| Continue(()), |_| Continue(()));
        let messages = asks.map(|ask| [says(Role::User, ask)]);
        let sampling = greedy(25);
        let (first, second) = block_on(zip(
            one.generate(&messages[0], &sampling, &mut go_on),
            other.generate(&messages[1], &sampling, &mut go_on_too),
        ));
        assert_eq!([first?.text, second?.text], expected);
        Ok(())
    }

    #[test]
    fn bad_tensors_are_named() {
        let Some(engine) = engine() else { return };
        let check = |family, change: &dyn Fn(&mut TinyModel), expected: &str| {
            let mut model = TinyModel::new(family);
            change(&mut model);
            let error = load_on(&engine, &model, 256).err().expect("an error").to_string();
            assert!(error.contains(expected), "{error}");
        };
        check("llama", &|model| drop(model.tensors.remove("blk.1.ffn_up.weight")), "blk.1.ffn_up.weight");
        check("qwen2", &|model| drop(model.tensors.remove("blk.2.attn_k.bias")), "blk.2.attn_k.bias");
        check("qwen3", &|model| drop(model.tensors.remove("blk.0.attn_q_norm.weight")), "attn_q_norm");
        let reshape = |model: &mut TinyModel| {
            model.tensors.entry("blk.0.attn_v.weight".to_owned()).and_modify(|(shape, _)| shape[0] = 16);
        };
        check("llama", &reshape, "`blk.0.attn_v.weight` has shape [16, 64] where [32, 64] is expected");
    }

    #[test]
    fn smollm2_answers_from_a_passage() -> Result<(), Error> {
        let Some(engine) = engine() else { return Ok(()) };
        let Some(bytes) = real_model("smollm2-135m-instruct-q4_1.gguf") else { return Ok(()) };
        let mut generator = block_on(Generator::load_on(&engine, &MemoryFile(bytes), 512, &mut |_, _| {}))?;
        let generation = answer(&mut generator, &[says(Role::User, LIGHTHOUSE)], &greedy(24))?;
        assert!(generation.text.contains("Anna Ferrari"), "{}", generation.text);
        Ok(())
    }
}
