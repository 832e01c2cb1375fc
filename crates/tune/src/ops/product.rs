//! Matrix products of slices.

/// A matrix inside a slice: where it begins, and how far rows and columns are apart.
#[derive(Clone, Copy)]
pub struct View<'a> {
    data: &'a [f32],
    row_stride: usize,
    column_stride: usize,
}

impl<'a> View<'a> {
    /// Rows of `columns` numbers, one after the other.
    pub fn rows(data: &'a [f32], columns: usize) -> Self {
        Self { data, row_stride: columns, column_stride: 1 }
    }

    /// The transpose of rows of `columns` numbers.
    pub fn transposed(data: &'a [f32], columns: usize) -> Self {
        Self { data, row_stride: 1, column_stride: columns }
    }

    /// Whether a matrix of this shape lies inside the slice.
    fn holds(&self, rows: usize, columns: usize) -> bool {
        rows == 0
            || columns == 0
            || (rows - 1) * self.row_stride + (columns - 1) * self.column_stride < self.data.len()
    }
}

/// out (m, n) = alpha a (m, k) b (k, n), added to what `out` holds where `accumulate` says so. `out_stride` is the distance
/// of its rows.
///
/// # Panics
/// If a matrix does not lie inside its slice.
#[expect(unsafe_code, reason = "the kernel takes pointers")]
pub fn multiply(
    [m, n, k]: [usize; 3],
    alpha: f32,
    a: View<'_>,
    b: View<'_>,
    out: &mut [f32],
    out_stride: usize,
    accumulate: bool,
) {
    assert!(a.holds(m, k) && b.holds(k, n), "a factor is shorter than its shape");
    assert!(m == 0 || n == 0 || (n <= out_stride && (m - 1) * out_stride + n <= out.len()), "no room");
    // SAFETY: all three matrices lie inside their slices, as was just asserted, and `out` is borrowed exclusively.
    unsafe {
        gemm::gemm(
            m,
            n,
            k,
            out.as_mut_ptr(),
            1,
            out_stride as isize,
            accumulate,
            a.data.as_ptr(),
            a.column_stride as isize,
            a.row_stride as isize,
            b.data.as_ptr(),
            b.column_stride as isize,
            b.row_stride as isize,
            1.0,
            alpha,
            false,
            false,
            false,
            gemm::Parallelism::None,
        );
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn products_of_matrices_and_their_transposes() {
        let a = [1.0, 2.0, 3.0, 4.0, 5.0, 6.0]; // (2, 3)
        let b = [1.0, 0.0, 2.0, 0.0, 1.0, 1.0]; // (2, 3)
        let mut out = [10.0; 4];
        multiply([2, 2, 3], 2.0, View::rows(&a, 3), View::transposed(&b, 3), &mut out, 2, false);
        assert_eq!(out, [14.0, 10.0, 32.0, 22.0]);
        multiply([2, 2, 3], 1.0, View::rows(&a, 3), View::transposed(&b, 3), &mut out, 2, true);
        assert_eq!(out, [21.0, 15.0, 48.0, 33.0]);
    }

    #[test]
    #[should_panic(expected = "shorter than its shape")]
    fn a_matrix_outside_its_slice_is_refused() {
        multiply([2, 2, 3], 1.0, View::rows(&[0.0; 5], 3), View::rows(&[0.0; 6], 2), &mut [0.0; 4], 2, false);
    }
}
