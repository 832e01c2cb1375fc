//! Numbers in the GPU's memory come back to the host, while the GPU goes on.

use std::marker::PhantomData;

use futures_channel::oneshot;
use wgpu::{BufferUsages, PollType};

use crate::{Error, Gpu, Tensor};

/// Numbers under way: a copy of what the tensor held when everything submitted before was done.
#[derive(Debug)]
pub struct Readback<T> {
    staging: wgpu::Buffer,
    submission: wgpu::SubmissionIndex,
    mapped: oneshot::Receiver<Result<(), wgpu::BufferAsyncError>>,
    numbers: PhantomData<T>,
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
        let end = start.saturating_add(len);
        if size_of::<T>() != 4 || len == 0 || end > tensor.len() {
            return Err(Error::shape("read", format!("some of {} numbers of 4 bytes", tensor.len()), end));
        }
        let bytes = len as u64 * 4;
        let staging = self.device.create_buffer(&wgpu::BufferDescriptor {
            label: Some("readback"),
            size: bytes,
            usage: BufferUsages::MAP_READ | BufferUsages::COPY_DST,
            mapped_at_creation: false,
        });
        let mut encoder = self.device.create_command_encoder(&Default::default());
        encoder.copy_buffer_to_buffer(&tensor.buffer, start as u64 * 4, &staging, 0, bytes);
        let submission = self.queue.submit([encoder.finish()]);
        let (sender, mapped) = oneshot::channel();
        // If the receiver is gone, nobody waits any more.
        staging.map_async(wgpu::MapMode::Read, .., move |result| drop(sender.send(result)));
        Ok(Readback { staging, submission, mapped, numbers: PhantomData })
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
}

impl<T: bytemuck::Pod> Readback<T> {
    /// Waits for the numbers.
    ///
    /// # Errors
    /// If the device is in trouble.
    pub async fn finish(self, gpu: &Gpu) -> Result<Vec<T>, Error> {
        // In a browser this does nothing, and the callback comes by itself.
        let poll = PollType::Wait { submission_index: Some(self.submission), timeout: None };
        gpu.device.poll(poll).map_err(|error| Error::Lost(error.to_string()))?;
        let mapped = self.mapped.await.map_err(|_| Error::Lost("a reading was dropped".to_owned()))?;
        gpu.check()?;
        mapped.map_err(|error| Error::Failed(error.to_string()))?;
        let view = self.staging.get_mapped_range(..).map_err(|error| Error::Failed(error.to_string()))?;
        Ok(bytemuck::pod_collect_to_vec(&view))
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
