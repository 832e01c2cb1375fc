//! Prompts of templates: real ones, those that refuse instructions, and those that mean harm.

use candle_core::quantized::gguf_file::Value;
use futures_lite::future::block_on;

use super::*;
use crate::MemoryFile;
use crate::test_models::TinyModel;

/// The template as models of the Gemma and Mistral families have it: the roles alternate, nobody gives instructions.
const NO_SYSTEM: &str = "{{ bos_token }}{% for message in messages %}\
    {% if (message['role'] == 'user') != (loop.index0 % 2 == 0) %}{{ raise_exception('roles must alternate') }}{% endif %}\
    {% if message.role == 'user' %}[INST] {{ message.content.strip() }} [/INST]{% else %}{{ message.content }}</s>{% endif %}\
    {% endfor %}";

fn render(template: Option<&str>, messages: &[(Role, &str)]) -> Result<String, Error> {
    let mut model = TinyModel::new("llama");
    if let Some(template) = template {
        model.set("tokenizer.chat_template", Value::String(template.to_owned()));
    }
    let file = MemoryFile(model.bytes());
    let messages: Vec<Message> = messages
        .iter()
        .map(|(role, content)| Message { role: *role, content: (*content).to_owned() })
        .collect();
    block_on(async {
        let mut ignore = |_, _| {};
        let gguf = Gguf::open(&file, &mut ignore).await?;
        ChatTemplate::load(&gguf)?.render(&messages, &BpeTokenizer::load(&gguf)?)
    })
}

fn check(template: Option<&str>, messages: &[(Role, &str)], expected: &str) {
    match render(template, messages) {
        Ok(prompt) => assert_eq!(prompt, expected),
        Err(error) => panic!("{error}"),
    }
}

#[test]
fn a_template_is_rendered_as_by_its_makers() {
    let smollm2 = "{% for message in messages %}{% if loop.first and messages[0]['role'] != 'system' %}\
        {{ '<|im_start|>system\\nYou are helpful<|im_end|>\\n' }}{% endif %}\
        {{'<|im_start|>' + message['role'] + '\\n' + message['content'] + '<|im_end|>' + '\\n'}}{% endfor %}\
        {% if add_generation_prompt %}{{ '<|im_start|>assistant\\n' }}{% endif %}";
    check(
        Some(smollm2),
        &[(Role::User, "Ciao")],
        "<|im_start|>system\nYou are helpful<|im_end|>\n<|im_start|>user\nCiao<|im_end|>\n<|im_start|>assistant\n",
    );
    check(
        Some(smollm2),
        &[(Role::System, "S"), (Role::User, "Ciao"), (Role::Assistant, "A"), (Role::User, "B")],
        "<|im_start|>system\nS<|im_end|>\n<|im_start|>user\nCiao<|im_end|>\n<|im_start|>assistant\nA<|im_end|>\n\
         <|im_start|>user\nB<|im_end|>\n<|im_start|>assistant\n",
    );
    // Blocks on lines of their own leave no trace; Python's methods are known.
    let blocks = "{% for message in messages %}\n    {% if message.content.startswith('a') %}\n{{ message.content.upper() }}\n    {% endif %}\n{% endfor %}\n";
    check(Some(blocks), &[(Role::User, "abc"), (Role::User, "xyz")], "ABC\n");
}

#[test]
fn instructions_that_a_template_refuses_go_into_the_first_question() {
    let messages =
        [(Role::System, "Be brief. "), (Role::User, "Hi"), (Role::Assistant, "Yes?"), (Role::User, "Go")];
    check(Some(NO_SYSTEM), &messages, "<|endoftext|>[INST] Be brief.\n\nHi [/INST]Yes?</s>[INST] Go [/INST]");
    let drops = "{% for message in messages if message.role == 'user' %}[{{ message.content }}]{% endfor %}";
    check(Some(drops), &messages, "[Be brief.\n\nHi][Go]");
    // Other objections stand.
    let error = render(Some(NO_SYSTEM), &[(Role::Assistant, "Hi")]).err().map(|error| error.to_string());
    assert!(error.is_some_and(|error| error.contains("roles must alternate")));
}

#[test]
fn without_a_template_the_vocabulary_decides() {
    let messages = [(Role::System, "S"), (Role::User, "Q")];
    check(
        None,
        &messages,
        "<|im_start|>system\nS<|im_end|>\n<|im_start|>user\nQ<|im_end|>\n<|im_start|>assistant\n",
    );
}

#[test]
fn hostile_templates_give_errors() {
    let question = [(Role::User, "Q")];
    for template in [
        "{% for",
        "{{ messages[0].content.nonsense() }}",
        "{% for i in range(100000) %}{% for j in range(100000) %}x{% endfor %}{% endfor %}",
        "{% macro f() %}{{ f() }}{% endmacro %}{{ f() }}",
        "{% set x = namespace(s='aaaaaaaaaaaaaaaa') %}{% for i in range(20) %}{% set x.s = x.s ~ x.s %}{% endfor %}{{ x.s }}",
        "{{ 'x' * 1000000000000 }}",
        "{% include 'secret' %}",
        "{{ strftime_now('%Q') }}",
    ] {
        assert!(matches!(render(Some(template), &question), Err(Error::Unsupported(_))), "{template}");
    }
}
