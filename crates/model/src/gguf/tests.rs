//! Small files, sound and hostile.

use std::io::Cursor;

use candle_core::quantized::gguf_file;
use futures_lite::future::block_on;

use super::*;
use crate::MemoryFile;

fn file(metadata: &[(&str, Value)]) -> Vec<u8> {
    let tensor = Tensor::new(&[[0.5_f32; 32]; 3], &Device::Cpu).unwrap();
    let tensor = QTensor::quantize(&tensor, GgmlDType::Q8_0).unwrap();
    let metadata: Vec<_> = metadata.iter().map(|(key, value)| (*key, value)).collect();
    let mut bytes = Cursor::new(Vec::new());
    gguf_file::write(&mut bytes, &metadata, &[("weights", &tensor)]).unwrap();
    bytes.into_inner()
}

/// Opens a file and lets `look` ask it.
fn open<T>(bytes: Vec<u8>, look: impl FnOnce(Gguf<'_, MemoryFile>) -> Result<T, Error>) -> Result<T, Error> {
    block_on(async { look(Gguf::open(&MemoryFile(bytes), &mut |_, _| {}).await?) })
}

#[test]
fn a_header_longer_than_the_first_prefix_is_read_whole() {
    let tokens = (0..200_000).map(|id| Value::String(format!("token {id}"))).collect();
    let bytes = file(&[("tokens", Value::Array(tokens))]);
    assert!(bytes.len() as u64 > 2 * FIRST_PREFIX);
    let last = open(bytes, |gguf| Ok(gguf.strings("tokens")?.last().copied().map(str::to_owned)));
    assert_eq!(last.unwrap().as_deref(), Some("token 199999"));
}

#[test]
fn a_tensor_comes_as_it_lies_in_the_file() {
    let floats = open(file(&[]), |mut gguf| block_on(gguf.floats("weights"))).unwrap();
    assert_eq!(floats.dims(), [3, 32]);
    assert!(floats.flatten_all().unwrap().to_vec1::<f32>().unwrap().iter().all(|x| (x - 0.5).abs() < 1e-3));
}

#[test]
fn what_is_missing_or_of_another_type_is_named() {
    let bytes = file(&[("name", Value::U32(7))]);
    let missing = open(bytes.clone(), |gguf| gguf.usize("llama.block_count")).unwrap_err().to_string();
    assert!(missing.contains("it has no `llama.block_count`"), "{missing}");
    let mistyped =
        open(bytes.clone(), |gguf| gguf.string("name").map(str::to_owned)).unwrap_err().to_string();
    assert!(mistyped.contains("`name` is not a text"), "{mistyped}");
    let tensor = open(bytes, |mut gguf| block_on(gguf.bytes("other")).map(drop)).unwrap_err().to_string();
    assert!(tensor.contains("no tensor `other`"), "{tensor}");
}

#[test]
fn an_alignment_of_0_is_refused_whatever_its_type() {
    for zero in [Value::U8(0), Value::U16(0), Value::U32(0), Value::I8(0), Value::I16(0), Value::I32(0)] {
        let bytes = file(&[("general.alignment", zero), ("general.name", Value::String("x".to_owned()))]);
        assert!(matches!(open(bytes, |_| Ok(())), Err(Error::Damaged(_))));
    }
}

#[test]
fn absurd_sizes_are_refused_before_memory_is_asked_for() {
    let sound = file(&[("name", Value::String("x".to_owned()))]);
    // Counts of tensors and metadata, then the first key's length, 8 bytes each.
    for at in [8, 16, 24] {
        for size in [u64::MAX, 1 << 40, 1 << 30, 1 << 20] {
            let mut bytes = sound.clone();
            bytes[at..at + 8].copy_from_slice(&size.to_le_bytes());
            assert!(matches!(open(bytes, |_| Ok(())), Err(Error::Damaged(_))), "{size} at {at}");
        }
    }
    // The tensor's sides and its offset follow its name.
    let sides = sound.windows(7).position(|window| window == b"weights").unwrap() + 7 + 4;
    for at in [sides, sides + 8, sides + 20] {
        for size in [u64::MAX, 1 << 62, 1 << 40, 1 << 20] {
            let mut bytes = sound.clone();
            bytes[at..at + 8].copy_from_slice(&size.to_le_bytes());
            assert!(matches!(open(bytes, |_| Ok(())), Err(Error::Damaged(_))), "{size} at {at}");
        }
    }
}

#[test]
fn weights_that_are_no_numbers_are_named() {
    use GgmlDType::{BF16, F16, F32, Q2K, Q3K, Q4_0, Q4_1, Q4K, Q5_0, Q5_1, Q5K, Q6K, Q8_0, Q8K};
    // Where the most significant byte of a factor is.
    let factors = [
        (F32, 3),
        (F16, 1),
        (BF16, 1),
        (Q4_0, 1),
        (Q4_1, 3),
        (Q5_0, 1),
        (Q5_1, 1),
        (Q8_0, 1),
        (Q2K, 83),
        (Q3K, 109),
        (Q4K, 3),
        (Q5K, 1),
        (Q6K, 209),
        (Q8K, 3),
    ];
    for (dtype, factor) in factors {
        let tensor = Tensor::new(&[[0.5_f32; 512]; 2], &Device::Cpu).unwrap();
        let tensor = QTensor::quantize(&tensor, dtype).unwrap();
        let mut bytes = Cursor::new(Vec::new());
        gguf_file::write(&mut bytes, &[], &[("blk.0.weights", &tensor)]).unwrap();
        let mut bytes = bytes.into_inner();
        let load = |bytes| open(bytes, |mut gguf| block_on(gguf.bytes("blk.0.weights")).map(drop));
        load(bytes.clone()).unwrap();
        // In the last block of all.
        let data = open(bytes.clone(), |gguf| Ok(gguf.content.tensor_data_offset as usize)).unwrap();
        let at = data + (1024 / dtype.block_size() - 1) * dtype.type_size() + factor;
        bytes[at - 1..=at].copy_from_slice(&[0xc0, 0x7f]);
        let error = load(bytes).unwrap_err().to_string();
        assert!(error.contains("`blk.0.weights`") && error.contains("no numbers"), "{dtype:?}: {error}");
    }
}

#[test]
fn a_type_that_nobody_here_knows_is_named_with_its_tensor() {
    let mut bytes = file(&[("general.name", Value::String("x".to_owned()))]);
    let name = bytes.windows(7).position(|window| window == b"weights").unwrap();
    // Behind the name: the number of sides, two sides, the type.
    bytes[name + 7 + 4 + 16] = 20;
    let error = open(bytes, |_| Ok(())).unwrap_err().to_string();
    assert!(error.contains("tensor `weights` is of ggml's type 20"), "{error}");
}
