//! Numbers in the GPU's memory come back to the host, while the GPU goes on.

use std::marker::PhantomData;
use std::ops::Range;

use futures_channel::oneshot;
use web_time::Instant;
use wgpu::{BufferUsages, PollType};

use crate::sync::lock;
use crate::{Error, Gpu, Plan, Tensor};

/// A small buffer that was read is kept for the next reading, if not longer than this.
const KEPT_BYTES: u64 = 256;

/// Numbers under way: a copy of what the tensor held when everything submitted before was done.
#[derive(Debug)]
pub struct Readback<T> {
    staging: wgpu::Buffer,
    submission: wgpu::SubmissionIndex,
    mapped: oneshot::Receiver<Result<(), wgpu::BufferAsyncError>>,
    len: usize,
    submit_seconds: f64,
    numbers: PhantomData<T>,
}

/// A point in what was submitted that can be waited for.
#[derive(Debug)]
pub struct Fence {
    submission: wgpu::SubmissionIndex,
    reached: oneshot::Receiver<()>,
}

impl Gpu {
    /// Asks for `len` numbers from the `start`-th on. What is submitted after this does not change them, and need not be
    /// done before they are here.
    ///
    /// # Errors
    /// If they are not inside the tensor, or are not of 4 bytes.
    pub fn begin_read<T: bytemuck::Pod>(
        &self,
        tensor: &Tensor,
        start: usize,
        len: usize,
    ) -> Result<Readback<T>, Error> {
        self.submit_and_read(&[], tensor, start, len)
    }

    /// Submits plans, each for a number of tokens, and asks for numbers as they are after them: all in one encoder.
    ///
    /// # Errors
    /// As [`Self::submit`] and [`Self::begin_read`].
    pub fn submit_and_read<T: bytemuck::Pod>(
        &self,
        plans: &[(&Plan, usize)],
        tensor: &Tensor,
        start: usize,
        len: usize,
    ) -> Result<Readback<T>, Error> {
        let end = start.saturating_add(len);
        if size_of::<T>() != 4 || len == 0 || end > tensor.len() {
            return Err(Error::shape("read", format!("some of {} numbers of 4 bytes", tensor.len()), end));
        }
        let bytes = len as u64 * 4;
        let staging = self.staging(bytes);
        let mut encoder = self.device.create_command_encoder(&Default::default());
        if !plans.is_empty() {
            let mut pass = encoder.begin_compute_pass(&Default::default());
            for (plan, n_tokens) in plans {
                plan.encode(&mut pass, .., *n_tokens)?;
            }
        }
        encoder.copy_buffer_to_buffer(&tensor.buffer, start as u64 * 4, &staging, 0, bytes);
        let commands = encoder.finish();
        let started = Instant::now();
        let submission = self.queue.submit([commands]);
        let submit_seconds = started.elapsed().as_secs_f64();
        let (sender, mapped) = oneshot::channel();
        // If the receiver is gone, nobody waits any more.
        staging.map_async(wgpu::MapMode::Read, 0..bytes, move |result| drop(sender.send(result)));
        self.check()?;
        Ok(Readback { staging, submission, mapped, len, submit_seconds, numbers: PhantomData })
    }

    /// Reads `len` numbers from the `start`-th on, once everything submitted so far is done.
    ///
    /// # Errors
    /// If they are not inside the tensor, or the device is in trouble.
    pub async fn read<T: bytemuck::Pod>(
        &self,
        tensor: &Tensor,
        start: usize,
        len: usize,
    ) -> Result<Vec<T>, Error> {
        self.begin_read(tensor, start, len)?.finish(self).await
    }

    /// Submits some of a plan's dispatches, so that a long plan can be cut into pieces of a bounded time.
    ///
    /// # Errors
    /// If the plan was recorded for fewer tokens, or the device is in trouble.
    pub fn submit_part(
        &self,
        plan: &Plan,
        dispatches: Range<usize>,
        n_tokens: usize,
    ) -> Result<Fence, Error> {
        let mut encoder = self.device.create_command_encoder(&Default::default());
        {
            let mut pass = encoder.begin_compute_pass(&Default::default());
            plan.encode(&mut pass, dispatches, n_tokens)?;
        }
        let submission = self.queue.submit([encoder.finish()]);
        let (sender, reached) = oneshot::channel();
        // If the receiver is gone, nobody waits any more.
        self.queue.on_submitted_work_done(move || sender.send(()).unwrap_or_default());
        self.check()?;
        Ok(Fence { submission, reached })
    }

    /// Hands what was written so far to the GPU, so that copies of it do not pile up on the host.
    pub fn flush(&self) {
        self.queue.submit([]);
    }

    /// A buffer to map, an old one if there is one of that length.
    fn staging(&self, bytes: u64) -> wgpu::Buffer {
        let mut kept = lock(&self.kept);
        if let Some(idx) = kept.iter().position(|buffer| buffer.size() == bytes) {
            return kept.swap_remove(idx);
        }
        self.device.create_buffer(&wgpu::BufferDescriptor {
            label: Some("readback"),
            size: bytes,
            usage: BufferUsages::MAP_READ | BufferUsages::COPY_DST,
            mapped_at_creation: false,
        })
    }

    /// Waits natively; in a browser callbacks come by themselves, and this does nothing.
    fn wait_for(&self, submission: wgpu::SubmissionIndex) -> Result<(), Error> {
        let poll = PollType::Wait { submission_index: Some(submission), timeout: None };
        self.device.poll(poll).map(drop).map_err(|error| Error::Lost(error.to_string()))
    }
}

impl<T: bytemuck::Pod> Readback<T> {
    /// Seconds that the driver took to accept the work before it; a driver that is software may do it then.
    pub fn submit_seconds(&self) -> f64 {
        self.submit_seconds
    }

    /// Waits for the numbers.
    ///
    /// # Errors
    /// If the device is in trouble.
    pub async fn finish(self, gpu: &Gpu) -> Result<Vec<T>, Error> {
        gpu.wait_for(self.submission)?;
        let mapped = self.mapped.await.map_err(|_| Error::Lost("a reading was dropped".to_owned()))?;
        gpu.check()?;
        mapped.map_err(|error| Error::Failed(error.to_string()))?;
        let numbers = {
            let bytes = self.len as u64 * 4;
            let view =
                self.staging.get_mapped_range(0..bytes).map_err(|error| Error::Failed(error.to_string()))?;
            bytemuck::pod_collect_to_vec(&view)
        };
        self.staging.unmap();
        if self.staging.size() <= KEPT_BYTES {
            lock(&gpu.kept).push(self.staging);
        }
        Ok(numbers)
    }
}

impl Fence {
    /// Waits until everything submitted before is done.
    ///
    /// # Errors
    /// If the device is in trouble.
    pub async fn finish(self, gpu: &Gpu) -> Result<(), Error> {
        gpu.wait_for(self.submission)?;
        self.reached.await.map_err(|_| Error::Lost("a piece of work was dropped".to_owned()))?;
        gpu.check()
    }
}

#[cfg(test)]
mod tests {
    use crate::testing::gpu;
    use crate::{Cursor, Error, Recorder};
    use futures_lite::future::block_on;

    #[test]
    fn numbers_come_back_as_they_were_when_asked_for() {
        let Some(gpu) = gpu() else { return };
        let tensor = gpu.upload("x", &[1_u32, 2, 3, 4, 5]).expect("a short tensor");
        let before = gpu.begin_read::<u32>(&tensor, 1, 3).expect("inside");
        gpu.write(&tensor, 2, &[30_u32]).expect("inside");
        let after = block_on(gpu.read::<u32>(&tensor, 1, 3)).expect("a working device");
        assert_eq!(block_on(before.finish(&gpu)).expect("a working device"), [2, 3, 4]);
        assert_eq!(after, [2, 30, 4]);
        assert!(gpu.begin_read::<u32>(&tensor, 3, 3).is_err());
        assert!(gpu.begin_read::<u32>(&tensor, usize::MAX, 3).is_err());
        assert!(gpu.begin_read::<u64>(&tensor, 0, 1).is_err());
        assert!(gpu.write(&tensor, 4, &[1_u32, 2]).is_err());
    }

    #[test]
    fn misuse_is_an_error_and_no_panic_and_the_device_works_on() {
        let Some(gpu) = gpu() else { return };
        let tensor = gpu.upload("x", &[1.0_f32; 8]).expect("a short tensor");
        let cursor = Cursor::new(&gpu).expect("a short tensor");
        let mut pass = Recorder::new(&gpu, &cursor, 1);
        // Read and written by one kernel, which WebGPU forbids.
        pass.gated(crate::Activation::Silu, &tensor, &tensor, 8, &tensor).expect("nothing wrong yet");
        assert!(matches!(gpu.submit(&[(&pass.finish(), 1)]), Err(Error::Failed(_))));
        assert_eq!(block_on(gpu.read::<f32>(&tensor, 0, 8)).expect("a working device"), [1.0; 8]);
        assert!(matches!(gpu.tensor("x", usize::MAX / 8), Err(Error::Limit(_))));
    }
}
