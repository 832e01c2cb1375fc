//! The forward pass of the llama family, written once for one token and for many.

use daneel_gpu::{
    AddedBlock, Attention, Gpu, Heads, Input, KvCache, Mask, Norm, Output, Recorder, RopePairs, Stream,
    Tensor,
};

use super::upload::Linear;
use super::weights::{GateUp, Layer, Weights};
use crate::Error;
use crate::decoder::{Activation, DecoderConfig, RopeStyle, frequencies};

/// What the forward pass of one token and of many have in common.
pub(super) struct Forward<'a> {
    gpu: &'a Gpu,
    config: &'a DecoderConfig,
    weights: &'a Weights,
    caches: &'a [KvCache],
    tokens: &'a Tensor,
    global_rope: daneel_gpu::Rope,
    local_rope: Option<daneel_gpu::Rope>,
}

/// Tensors between the matrices.
struct Buffers {
    qkv: Tensor,      // (tokens, q_dim + 2 kv_dim)
    attended: Tensor, // (tokens, q_dim)
    block: Tensor,    // (tokens, hidden_size)
    gate: Tensor,     // (tokens, ffn_size)
    up: Tensor,       // (tokens, ffn_size)
    inner: Tensor,    // (tokens, ffn_size)
}

impl<'a> Forward<'a> {
    /// Prepares the angles of all positions that the caches hold.
    ///
    /// # Errors
    /// If they are longer than a binding.
    pub(super) fn new(
        gpu: &'a Gpu,
        config: &'a DecoderConfig,
        weights: &'a Weights,
        caches: &'a [KvCache],
        tokens: &'a Tensor,
    ) -> Result<Self, Error> {
        let pairs = match config.rope.style {
            RopeStyle::Interleaved => RopePairs::Interleaved,
            RopeStyle::Halves => RopePairs::Halves,
        };
        let positions = caches.first().map_or(0, KvCache::context);
        let factors = weights.frequency_factors.as_deref();
        let global = frequencies(&config.rope, factors);
        let global_rope = daneel_gpu::Rope::new(gpu, pairs, &global, positions)?;
        let local = config.local_rope().map(|rope| frequencies(&rope, None));
        let local_rope =
            local.map(|local| daneel_gpu::Rope::new(gpu, pairs, &local, positions)).transpose()?;
        Ok(Self { gpu, config, weights, caches, tokens, global_rope, local_rope })
    }

    /// From token ids to `last`, the stream after the last layer, made ready for the output's norm.
    ///
    /// # Errors
    /// If the adapter's limits do not allow it.
    pub(super) fn layers(
        &self,
        pass: &mut Recorder<'_>,
        last: &Stream,
        max_tokens: usize,
    ) -> Result<(), Error> {
        let Self { gpu, config, weights, .. } = self;
        let room = |label: &str, dim: usize| gpu.tensor(label, max_tokens * dim);
        let apart = weights.layers.iter().any(|layer| matches!(layer.gate_up, GateUp::Apart(..)));
        let buffers = Buffers {
            qkv: room("qkv", config.q_dim() + 2 * config.kv_dim())?,
            attended: room("attended", config.q_dim())?,
            block: room("block", if config.post_norms { config.hidden_size } else { 1 })?,
            gate: room("gate", if apart { config.ffn_size } else { 1 })?,
            up: room("up", if apart { config.ffn_size } else { 1 })?,
            inner: room("inner", config.ffn_size)?,
        };
        // The streams change places after each of two blocks, but the last, so that the end is in `last`.
        let mut streams = vec![last.clone()];
        if max_tokens == 1 && weights.can_add_blocks() && gpu.can_add_blocks(config.hidden_size) {
            streams.insert(0, Stream::new(gpu, 1, config.hidden_size)?);
        }
        let mut flow = Flow { streams, pending: None };
        let norms = weights.layers.iter().map(|layer| &layer.attention_norm);
        let mut next_norms = norms.chain([&weights.output_norm]);
        if let Some(first) = next_norms.next() {
            let table = &weights.embedding.matrix;
            pass.embed(table, self.tokens, config.embedding_scale, flow.stream(), first)?;
        }
        for ((layer_idx, layer), next_norm) in weights.layers.iter().enumerate().zip(next_norms) {
            self.attention_block(pass, layer_idx, layer, &mut flow, &buffers)?;
            self.ffn_block(pass, layer, &mut flow, &buffers)?;
            let is_last = layer_idx + 1 == weights.layers.len();
            self.add_ffn_block(pass, layer, &mut flow, next_norm, is_last, &buffers)?;
        }
        Ok(())
    }

    /// stream += W_o · attention(rope(W_q · norm(stream)), rope(W_k · norm(stream)), W_v · norm(stream)).
    fn attention_block(
        &self,
        pass: &mut Recorder<'_>,
        layer_idx: usize,
        layer: &Layer,
        flow: &mut Flow,
        buffers: &Buffers,
    ) -> Result<(), Error> {
        let DecoderConfig { n_heads, n_kv_heads, head_dim, norm_eps, .. } = *self.config;
        let heads = Heads { n_heads, n_kv_heads, head_dim };
        let window = self.config.window(layer_idx);
        let rope = match (window, &self.local_rope) {
            (Some(_), Some(local)) => local,
            _ => &self.global_rope,
        };
        let Buffers { qkv, attended, .. } = buffers;
        let cache = &self.caches[layer_idx];
        let Linear { matrix, bias } = &layer.qkv;
        pass.linear(matrix, flow.input(buffers, norm_eps), bias.as_ref(), Output::Store(qkv))?;
        flow.settle();
        let qk_norm = layer.qk_norms.as_ref().map(|norms| (norms, norm_eps));
        let attention = Attention {
            heads,
            scale: self.config.attention_scale,
            softcap: self.config.attention_softcap,
            mask: window.map_or(Mask::Causal, Mask::Window),
        };
        pass.append_and_attend(attention, qkv, Some(rope), qk_norm, cache, attended)?;
        let post_norm = layer.post_attention_norm.as_ref();
        let block = Block { linear: &layer.attention_output, x: attended, post_norm, is_last: false };
        self.add_block(pass, &block, flow, &layer.ffn_norm, buffers)
    }

    /// inner = activation(W_gate · norm(stream)) · (W_up · norm(stream)).
    fn ffn_block(
        &self,
        pass: &mut Recorder<'_>,
        layer: &Layer,
        flow: &mut Flow,
        buffers: &Buffers,
    ) -> Result<(), Error> {
        let activation = match self.config.activation {
            Activation::Silu => daneel_gpu::Activation::Silu,
            Activation::Gelu => daneel_gpu::Activation::GeluTanh,
        };
        let input = flow.input(buffers, self.config.norm_eps);
        let Buffers { gate, up, inner, .. } = buffers;
        match &layer.gate_up {
            GateUp::Together(both) => {
                pass.linear(&both.matrix, input, None, Output::Gated(activation, inner))?;
            }
            GateUp::Apart(gate_linear, up_linear) => {
                for (linear, y) in [(gate_linear, gate), (up_linear, up)] {
                    pass.linear(&linear.matrix, input, linear.bias.as_ref(), Output::Store(y))?;
                }
                pass.gated(activation, gate, up, self.config.ffn_size, inner)?;
            }
        }
        flow.settle();
        Ok(())
    }

    /// stream += W_down · inner.
    fn add_ffn_block(
        &self,
        pass: &mut Recorder<'_>,
        layer: &Layer,
        flow: &mut Flow,
        next_norm: &Tensor,
        is_last: bool,
        buffers: &Buffers,
    ) -> Result<(), Error> {
        let post_norm = layer.post_ffn_norm.as_ref();
        let block = Block { linear: &layer.down, x: &buffers.inner, post_norm, is_last };
        self.add_block(pass, &block, flow, next_norm, buffers)
    }

    /// stream += post_norm(W x), made ready for the next norm: now, or by the next matrix.
    fn add_block(
        &self,
        pass: &mut Recorder<'_>,
        block: &Block<'_>,
        flow: &mut Flow,
        next_norm: &Tensor,
        buffers: &Buffers,
    ) -> Result<(), Error> {
        let Block { linear, x, post_norm, is_last } = *block;
        let (input, bias) = (Input::Plain(x), linear.bias.as_ref());
        let Some(weight) = post_norm else {
            return Ok(pass.linear(
                &linear.matrix,
                input,
                bias,
                Output::AddToStream(flow.stream(), next_norm),
            )?);
        };
        pass.linear(&linear.matrix, input, bias, Output::Store(&buffers.block))?;
        if flow.streams.len() > 1 && !is_last {
            flow.pending = Some(self.gpu.joined(&[weight, next_norm])?);
            return Ok(());
        }
        let norm = Norm { dim: self.config.hidden_size, weight, bias: None, eps: self.config.norm_eps };
        Ok(pass.add_normed(norm, &buffers.block, flow.stream(), next_norm)?)
    }
}

/// A matrix whose result goes to the stream.
#[derive(Clone, Copy)]
struct Block<'a> {
    linear: &'a Linear,
    x: &'a Tensor,
    post_norm: Option<&'a Tensor>,
    /// After it there is no other.
    is_last: bool,
}

/// The residual stream on its way through the layers.
struct Flow {
    /// The one that holds it first; a second one where the next matrix adds a block.
    streams: Vec<Stream>,
    /// Weights of the norms of a block that is still to be added, and of the sum: (2, hidden_size).
    pending: Option<Tensor>,
}

impl Flow {
    fn stream(&self) -> &Stream {
        &self.streams[0]
    }

    /// What the next matrix reads.
    fn input<'b>(&'b self, buffers: &'b Buffers, eps: f32) -> Input<'b> {
        match &self.pending {
            None => Input::Normed(self.stream(), eps),
            Some(norms) => Input::Added(AddedBlock {
                stream: self.stream(),
                block: &buffers.block,
                norms,
                eps,
                sum: &self.streams[1],
            }),
        }
    }

    /// What was pending has been added.
    fn settle(&mut self) {
        if self.pending.take().is_some() {
            self.streams.swap(0, 1);
        }
    }
}
