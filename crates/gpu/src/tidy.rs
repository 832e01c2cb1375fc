//! Every shader is valid, is used, fits the smallest WebGPU adapter, and mirrors its Rust side.

use std::collections::BTreeSet;
use std::process::Command;

use crate::kernel::{Binding, Kernel};

static KERNELS: [&Kernel; 16] = [
    &crate::attention::ATTENTION,
    &crate::attention::ATTENTION_STEP,
    &crate::attention::COMBINE,
    &crate::gated::GATED,
    &crate::gather::GATHER,
    &crate::matmul::MATMUL,
    &crate::matvec::MATVEC,
    &crate::matvec::MATVEC_SUBGROUPS,
    &crate::norm::NORM,
    &crate::pool::POOL,
    &crate::recorder::LAST_ROW,
    &crate::rope::ROPE,
    &crate::sample::PENALIZE,
    &crate::sample::SAMPLE,
    &crate::sample::SHORTLIST,
    &crate::softcap::SOFTCAP,
];

#[test]
fn every_shader_file_belongs_to_a_kernel() {
    let used: BTreeSet<&str> = KERNELS.iter().flat_map(|kernel| kernel.sources).copied().collect();
    let mut found = 0;
    for entry in std::fs::read_dir("src").expect("the sources are there") {
        let path = entry.expect("a readable folder").path();
        if path.extension().is_some_and(|extension| extension == "wgsl") {
            let text = std::fs::read_to_string(&path).expect("readable text");
            assert!(used.contains(text.as_str()), "no kernel is made of {}", path.display());
            found += 1;
        }
    }
    assert_eq!(found, used.len());
}

#[test]
fn every_kernel_is_valid_and_binds_what_it_says() {
    for kernel in KERNELS {
        let source = kernel.source();
        let module = naga::front::wgsl::parse_str(&source)
            .unwrap_or_else(|error| panic!("{}: {}", kernel.name, error.emit_to_string(&source)));
        // f16 as storage is in every WebGPU.
        let mut capabilities = naga::valid::Capabilities::SHADER_FLOAT16_IN_FLOAT32;
        if kernel.subgroups {
            capabilities |= naga::valid::Capabilities::SUBGROUP;
        }
        let mut validator = naga::valid::Validator::new(naga::valid::ValidationFlags::all(), capabilities);
        validator.subgroup_stages(naga::valid::ShaderStages::COMPUTE);
        validator.subgroup_operations(naga::valid::SubgroupOperationSet::all());
        if let Err(error) = validator.validate(&module) {
            panic!("{}: {}", kernel.name, error.emit_to_string(&source));
        }
        let mut bindings: Vec<Option<Binding>> = vec![None; kernel.bindings.len()];
        for (_, variable) in module.global_variables.iter() {
            let Some(resource) = &variable.binding else { continue };
            assert_eq!(resource.group, 0);
            bindings[resource.binding as usize] = Some(match variable.space {
                naga::AddressSpace::Uniform => Binding::Uniform,
                naga::AddressSpace::Storage { access } if access.contains(naga::StorageAccess::STORE) => {
                    Binding::Write
                }
                _ => Binding::Read,
            });
        }
        let said: Vec<_> = kernel.bindings.iter().copied().map(Some).collect();
        assert_eq!(bindings, said, "{}", kernel.name);
        let storage = kernel.bindings.iter().filter(|&&binding| binding != Binding::Uniform).count();
        assert!(storage <= 8, "{} binds {storage} storage buffers where some adapters have 8", kernel.name);
    }
}

#[test]
fn every_kernel_passes_the_browsers_compiler_too() {
    let folder = std::env::temp_dir().join(format!("daneel-gpu-{}", std::process::id()));
    std::fs::create_dir_all(&folder).expect("a writable folder");
    for kernel in KERNELS {
        let path = folder.join(format!("{}.wgsl", kernel.name));
        std::fs::write(&path, kernel.source_for_browsers()).expect("a writable folder");
        let Ok(output) = Command::new("tint")
            .args(["--format", "wgsl", "-o"])
            .arg(folder.join("out.wgsl"))
            .arg(&path)
            .output()
        else {
            println!("SKIP: no tint on the path");
            break;
        };
        assert!(output.status.success(), "{}: {}", kernel.name, String::from_utf8_lossy(&output.stderr));
    }
    std::fs::remove_dir_all(&folder).expect("our own folder");
}
