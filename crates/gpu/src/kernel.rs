//! Shader text becomes pipelines, each compiled once, and bind groups.

use std::sync::Arc;

use wgpu::{BindGroupLayoutEntry, BindingType, BufferBindingType, ShaderStages};

use crate::sync::lock;
use crate::{Gpu, Tensor};

/// WebGPU is a browser's own, and shaders are read by its compiler.
const IN_BROWSER: bool = cfg!(target_arch = "wasm32");

/// A shader and what it binds in group 0, in the order of the binding numbers.
#[derive(Debug)]
pub(crate) struct Kernel {
    pub(crate) name: &'static str,
    /// Joined as they are: shared helpers first.
    pub(crate) sources: &'static [&'static str],
    pub(crate) bindings: &'static [Binding],
    /// It has operations across a subgroup, which not every adapter has.
    pub(crate) subgroups: bool,
}

/// How a binding is used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Binding {
    Uniform,
    Read,
    Write,
}

/// A compiled variant.
#[derive(Debug)]
pub(crate) struct Pipeline {
    pub(crate) pipeline: wgpu::ComputePipeline,
    pub(crate) layout: wgpu::BindGroupLayout,
}

/// A kernel's name and the values of its `override` constants, as bits, for floats have no order.
pub(crate) type PipelineKey = (&'static str, Vec<(&'static str, u64)>);

impl Kernel {
    pub(crate) fn source(&self) -> String {
        self.sources.concat()
    }

    /// What WGSL asks for at the top of a shader with subgroups, and naga 30 does not take.
    pub(crate) fn source_for_browsers(&self) -> String {
        let enable = if self.subgroups { "enable subgroups;\n" } else { "" };
        [enable, &self.source()].concat()
    }
}

impl Gpu {
    /// The variant of a kernel with these constants.
    pub(crate) fn pipeline(&self, kernel: &Kernel, constants: &[(&'static str, f64)]) -> Arc<Pipeline> {
        let bits = constants.iter().map(|&(name, value)| (name, value.to_bits())).collect();
        let mut pipelines = lock(&self.pipelines);
        let pipeline =
            pipelines.entry((kernel.name, bits)).or_insert_with(|| Arc::new(self.compile(kernel, constants)));
        Arc::clone(pipeline)
    }

    fn compile(&self, kernel: &Kernel, constants: &[(&'static str, f64)]) -> Pipeline {
        let label = Some(kernel.name);
        let source = if IN_BROWSER { kernel.source_for_browsers() } else { kernel.source() };
        let source = wgpu::ShaderSource::Wgsl(source.into());
        let module = self.device.create_shader_module(wgpu::ShaderModuleDescriptor { label, source });
        let entry = |(idx, binding): (usize, &Binding)| BindGroupLayoutEntry {
            binding: idx as u32,
            visibility: ShaderStages::COMPUTE,
            ty: BindingType::Buffer {
                ty: match binding {
                    Binding::Uniform => BufferBindingType::Uniform,
                    Binding::Read => BufferBindingType::Storage { read_only: true },
                    Binding::Write => BufferBindingType::Storage { read_only: false },
                },
                has_dynamic_offset: false,
                min_binding_size: None,
            },
            count: None,
        };
        let entries: Vec<_> = kernel.bindings.iter().enumerate().map(entry).collect();
        let descriptor = wgpu::BindGroupLayoutDescriptor { label, entries: &entries };
        let layout = self.device.create_bind_group_layout(&descriptor);
        let pipeline_layout = self.device.create_pipeline_layout(&wgpu::PipelineLayoutDescriptor {
            label,
            bind_group_layouts: &[Some(&layout)],
            immediate_size: 0,
        });
        let pipeline = self.device.create_compute_pipeline(&wgpu::ComputePipelineDescriptor {
            label,
            layout: Some(&pipeline_layout),
            module: &module,
            entry_point: Some("main"),
            compilation_options: wgpu::PipelineCompilationOptions {
                constants,
                // Every kernel writes its workgroup memory before it reads it.
                zero_initialize_workgroup_memory: false,
            },
            cache: None,
        });
        Pipeline { pipeline, layout }
    }

    /// Tensors by binding number; the caller gives as many as the kernel has bindings.
    pub(crate) fn bind(&self, kernel: &Kernel, pipeline: &Pipeline, tensors: &[&Tensor]) -> wgpu::BindGroup {
        let resources = tensors.iter().map(|tensor| tensor.buffer.as_entire_binding());
        let entries: Vec<_> = (0..)
            .zip(resources)
            .map(|(binding, resource)| wgpu::BindGroupEntry { binding, resource })
            .collect();
        self.device.create_bind_group(&wgpu::BindGroupDescriptor {
            label: Some(kernel.name),
            layout: &pipeline.layout,
            entries: &entries,
        })
    }
}
