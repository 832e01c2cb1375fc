//! Both mixtures beside their formulas, each prompt read from its beginning by a generator of its own.

use std::ops::ControlFlow::{Break, Continue};

use futures_lite::future::block_on;

use super::*;
use crate::test_models::{TinyModel, gpu, real_model};
use crate::{Engine, GpuDevice, MemoryFile, Role};

const TOKENS: usize = 8;

fn load(model: &TinyModel) -> Generator {
    block_on(Generator::load(&MemoryFile(model.bytes()), 256, &mut |_, _| {})).expect("a whole model")
}

fn prompts(question: &str) -> Vec<PassagePrompt> {
    let passages =
        [("the first and the second", 0.5), ("word by word", 0.3), ("nothing of that kind here", 0.2)];
    let of = |(passage, probability): (&str, f32)| PassagePrompt {
        messages: vec![
            Message { role: Role::System, content: "be brief".into() },
            Message { role: Role::User, content: format!("{passage}\n\n{question}") },
        ],
        probability,
    };
    passages.map(of).into()
}

fn greedy() -> Sampling {
    Sampling { temperature: 0.0, repeat_penalty: 1.0, max_tokens: TOKENS, ..Sampling::default() }
}

/// Log-probabilities after all these tokens, computed at once.
fn log_probs(generator: &mut Generator, tokens: &[u32]) -> Vec<f64> {
    generator.forget_from(0);
    for chunk in tokens.chunks(decoding_chunk()) {
        let _ = block_on(generator.read(chunk, &mut || Continue(()))).expect("it runs");
    }
    let vocab_size = generator.tokenizer.vocab_size();
    let logits = block_on(generator.decoding.logits(vocab_size)).expect("logits");
    let sum: f64 = logits.iter().map(|&logit| f64::from(logit).exp()).sum();
    logits.iter().map(|&logit| f64::from(logit) - sum.ln()).collect()
}

fn decoding_chunk() -> usize {
    super::super::decoding::CPU_CHUNK
}

fn likeliest(scores: &[f64]) -> u32 {
    let best = scores.iter().enumerate().max_by(|(_, a), (_, b)| a.total_cmp(b));
    best.map_or(0, |(token, _)| token as u32)
}

/// Σ p(z) p(yᵢ | z, y₁…yᵢ₋₁), the likeliest token each time.
fn token_by_formula(generator: &mut Generator, prompts: &[PassagePrompt]) -> Vec<u32> {
    let mut sequences: Vec<Vec<u32>> =
        prompts.iter().map(|prompt| generator.prompt(&prompt.messages).expect("it renders")).collect();
    let mut drawn = Vec::new();
    while drawn.len() < TOKENS {
        let mut mixed = vec![0.0; generator.tokenizer.vocab_size()];
        for (prompt, sequence) in prompts.iter().zip(&sequences) {
            let of_path = log_probs(generator, sequence);
            mixed
                .iter_mut()
                .zip(of_path)
                .for_each(|(sum, p)| *sum += f64::from(prompt.probability) * p.exp());
        }
        let token = likeliest(&mixed);
        drawn.push(token);
        if generator.tokenizer.ends_generation(token) {
            break;
        }
        sequences.iter_mut().for_each(|sequence| sequence.push(token));
    }
    drawn
}

/// Of each prompt's likeliest answer the one with the largest Σ p(z) Π p(yᵢ | z, y₁…yᵢ₋₁).
fn sequence_by_formula(generator: &mut Generator, prompts: &[PassagePrompt]) -> Vec<u32> {
    let mut best = (f64::MIN, Vec::new());
    for prompt in prompts {
        let answer = token_by_formula(generator, &[PassagePrompt { probability: 1.0, ..prompt.clone() }]);
        let mut sum = 0.0;
        for other in prompts {
            let mut sequence = generator.prompt(&other.messages).expect("it renders");
            let mut product = 1.0;
            for &token in &answer {
                product *= log_probs(generator, &sequence)[token as usize].exp();
                sequence.push(token);
            }
            sum += f64::from(other.probability) * product;
        }
        if sum > best.0 {
            best = (sum, answer);
        }
    }
    best.1
}

fn text_of(generator: &Generator, tokens: &[u32]) -> String {
    let mut answer = Answer::new(generator, Generation::new(0));
    let finish =
        tokens.iter().find_map(|&token| answer.push(&generator.tokenizer, token, &mut |_| Continue(())));
    answer.finish(finish.unwrap_or(Finish::Length), &mut |_| Continue(())).text
}

fn mix(generator: &mut Generator, prompts: &[PassagePrompt], mixture: Mixture) -> Generation {
    block_on(generator.generate_mixture(prompts, mixture, &greedy(), &mut |_| Continue(()))).expect("it runs")
}

#[test]
fn both_mixtures_are_their_formulas() {
    let mut differs_from_one_passage = false;
    for family in ["llama", "qwen2", "qwen3", "gemma3"] {
        let model = TinyModel::new(family);
        let (mut generator, mut plain) = (load(&model), load(&model));
        for question in ["which is it?", "and then?"] {
            let prompts = prompts(question);
            let expected = token_by_formula(&mut plain, &prompts);
            let mixed = mix(&mut generator, &prompts, Mixture::Token);
            assert_eq!(mixed.text, text_of(&plain, &expected), "{family} RAG-Token");
            let expected = sequence_by_formula(&mut plain, &prompts);
            let mixed = mix(&mut generator, &prompts, Mixture::Sequence);
            assert_eq!(mixed.text, text_of(&plain, &expected), "{family} RAG-Sequence");
            differs_from_one_passage |= mixed.text != mix(&mut generator, &prompts[..1], Mixture::Token).text;
        }
    }
    assert!(differs_from_one_passage, "passages that change nothing test nothing");
}

#[test]
fn passages_are_read_once_whatever_is_asked_of_them() {
    let mut generator = load(&TinyModel::new("llama"));
    let first = mix(&mut generator, &prompts("which is it?"), Mixture::Token);
    // The instructions of the second and the third come from the first.
    assert!(first.reused_tokens > 0);
    let second = mix(&mut generator, &prompts("and then?"), Mixture::Token);
    let of_question = generator.count_tokens("and then?") + 16;
    assert!(second.prompt_tokens - second.reused_tokens < 3 * of_question, "{second:?}");
    assert!(second.reused_tokens > first.reused_tokens);
    let fresh = mix(&mut load(&TinyModel::new("llama")), &prompts("and then?"), Mixture::Token);
    assert_eq!(second.text, fresh.text);
    // A single prompt finds its passage among them.
    let one =
        block_on(generator.generate(&prompts("and then?")[1].messages, &greedy(), &mut |_| Continue(())));
    let one = one.expect("it runs");
    assert_eq!(one.reused_tokens, one.prompt_tokens - 1);
}

#[test]
fn the_gpu_mixes_as_the_cpu_does() {
    let Some(gpu) = gpu() else { return };
    for family in ["llama", "qwen2"] {
        let model = TinyModel::new(family);
        let engine = Engine::Gpu(GpuDevice(std::sync::Arc::clone(&gpu)));
        let file = MemoryFile(model.bytes());
        let on_gpu = block_on(Generator::load_on(&engine, &file, 256, &mut |_, _| {}));
        let (mut on_gpu, mut on_cpu) = (on_gpu.expect("a whole model"), load(&model));
        for question in ["which is it?", "and then?"] {
            for mixture in [Mixture::Token, Mixture::Sequence] {
                let (a, b) = (
                    mix(&mut on_gpu, &prompts(question), mixture),
                    mix(&mut on_cpu, &prompts(question), mixture),
                );
                assert_eq!((a.text, a.reused_tokens), (b.text, b.reused_tokens), "{family} {mixture:?}");
            }
        }
    }
}

#[test]
fn improbable_passages_are_left_out_and_a_mixture_of_none_is_refused() {
    let mut generator = load(&TinyModel::new("llama"));
    let mut unlikely = prompts("which is it?");
    unlikely[1].probability = 0.001;
    unlikely[2].probability = f32::NAN;
    let alone = mix(&mut generator, &unlikely[..1], Mixture::Token);
    let mixed = mix(&mut generator, &unlikely, Mixture::Token);
    assert_eq!((mixed.text, mixed.prompt_tokens), (alone.text, alone.prompt_tokens));
    let mut ignore = |_: Piece| Continue(());
    for none in [&[][..], &unlikely[2..]] {
        assert!(block_on(generator.generate_mixture(none, Mixture::Token, &greedy(), &mut ignore)).is_err());
    }
}

#[test]
fn a_break_stops_a_mixture_and_nothing_is_lost() {
    for mixture in [Mixture::Token, Mixture::Sequence] {
        let mut generator = load(&TinyModel::new("llama"));
        let whole = mix(&mut load(&TinyModel::new("llama")), &prompts("which?"), mixture);
        for stop_at in 1..9 {
            let mut pieces = 0;
            let broken =
                block_on(generator.generate_mixture(&prompts("which?"), mixture, &greedy(), &mut |_| {
                    pieces += 1;
                    if pieces == stop_at { Break(()) } else { Continue(()) }
                }));
            assert_eq!(broken.expect("it runs").finish, Finish::Cancelled, "{mixture:?} {stop_at}");
        }
        assert_eq!(mix(&mut generator, &prompts("which?"), mixture).text, whole.text);
    }
}

/// Of three passages that were read for another question, and of the same ones packed into one prompt whose instructions alone
/// were read.
#[test]
#[ignore = "measures; cargo xtask test --long"]
fn the_first_token_of_known_passages_comes_sooner_than_of_packed_ones() {
    let Some(bytes) = real_model("smollm2-135m-instruct-q4_1.gguf") else { return };
    let file = MemoryFile(bytes);
    let mut generator = block_on(Generator::load(&file, 2048, &mut |_, _| {})).expect("a whole model");
    let passage =
        |topic: &str| format!("The {topic} was built by hand and is looked after every year. ").repeat(14);
    let passages = ["tower", "bridge", "harbour"].map(passage);
    let system = Message { role: Role::System, content: "Answer with facts from the text.".into() };
    let messages = |passages: &[String], question: &str| {
        let content = format!("{}\n\nQuestion: {question}", passages.join("\n\n"));
        vec![system.clone(), Message { role: Role::User, content }]
    };
    let mixed = |question: &str| -> Vec<PassagePrompt> {
        let of = |passage: &String| PassagePrompt {
            messages: messages(std::slice::from_ref(passage), question),
            probability: 1.0,
        };
        passages.iter().map(of).collect()
    };
    let one = Sampling { max_tokens: 1, ..greedy() };
    let mut seconds = |run: &mut dyn FnMut(&mut Generator) -> Generation| {
        let started = std::time::Instant::now();
        let generation = run(&mut generator);
        println!("{} tokens, {} known", generation.prompt_tokens, generation.reused_tokens);
        started.elapsed().as_secs_f64()
    };
    let mut ignore = |_: Piece| Continue(());
    let mut mix = |generator: &mut Generator, question: &str| {
        block_on(generator.generate_mixture(&mixed(question), Mixture::Token, &one, &mut ignore))
            .expect("it runs")
    };
    seconds(&mut |generator| mix(generator, "Who built it?"));
    let known = seconds(&mut |generator| mix(generator, "How often is it looked after?"));
    let packed = seconds(&mut |generator| {
        let messages = messages(&passages, "How often is it looked after?");
        block_on(generator.generate(&messages, &one, &mut |_| Continue(()))).expect("it runs")
    });
    println!(
        "first token after {known:.3} s of known passages, {packed:.3} s of packed ones: {:.1}x",
        packed / known
    );
    assert!(packed >= 3.0 * known);
}
