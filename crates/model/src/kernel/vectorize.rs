//! Plain loops compiled a second time for AVX2, and run that way where the processor has it. Elsewhere (wasm with its
//! vectors, NEON) the one compilation already uses what there is.

/// A loop worth vectorising. `run` has to be `#[inline(always)]`, and so have the functions it calls.
pub(crate) trait Work {
    /// Does the work.
    fn run(self);
}

/// Runs `work` with the best vectors that the compiler can be trusted with.
pub(crate) fn vectorize(work: impl Work) {
    #[cfg(target_arch = "x86_64")]
    super::x86::run_with_avx2(work);
    #[cfg(not(target_arch = "x86_64"))]
    work.run();
}
