//! Shares and times become SVG drawings, in the page's own colours.

use std::fmt::Write as _;

use super::{
    summary::{Quantiles, Share},
    verdict::Verdict,
};
use crate::html::escape;

/// Width of a drawing and of the names on its left, in units that the page scales.
const WIDTH: f64 = 760.0;
const NAMES: f64 = 170.0;
/// Height of a line.
const LINE: f64 = 24.0;

/// One line of a stacked bar: its name and how many questions had which outcome.
pub struct Stack {
    /// What the questions are.
    pub name: String,
    /// In the order of [`Verdict::ALL`].
    pub counts: [usize; 5],
}

/// Outcomes of questions as bars that fill the width.
pub fn stacks(stacks: &[Stack]) -> String {
    let mut svg = open(stacks.len(), "Outcomes");
    for (stack, row) in stacks.iter().zip(0..) {
        let total: usize = stack.counts.iter().sum();
        name(&mut svg, row, &format!("{} ({total})", stack.name));
        let mut x = NAMES;
        for (verdict, &count) in Verdict::ALL.iter().zip(&stack.counts) {
            if count == 0 {
                continue;
            }
            let width = (WIDTH - NAMES) * count as f64 / total as f64;
            let y = f64::from(row) * LINE + 3.0;
            let _ = write!(
                svg,
                "<rect class=\"{}\" x=\"{x:.1}\" y=\"{y}\" width=\"{width:.1}\" height=\"{}\">\
                 <title>{}: {count} of {total}</title></rect>",
                class(*verdict),
                LINE - 6.0,
                verdict.name(),
            );
            if width > 18.0 {
                let _ = write!(
                    svg,
                    "<text class=\"count\" x=\"{:.1}\" y=\"{:.1}\">{count}</text>",
                    x + width / 2.0,
                    y + 13.0
                );
            }
            x += width;
        }
    }
    svg + "</svg>"
}

/// Shares as points on a scale from 0 to 100 %, with their intervals.
pub fn intervals(shares: &[(String, Share)]) -> String {
    let mut svg = open(shares.len() + 1, "Shares with intervals of 95 %");
    let at = |share: f64| NAMES + (WIDTH - NAMES - 40.0) * share;
    for percent in [0, 20, 40, 60, 80, 100] {
        let x = at(f64::from(percent) / 100.0);
        let bottom = shares.len() as f64 * LINE;
        let _ = write!(
            svg,
            "<line class=\"grid\" x1=\"{x:.1}\" y1=\"0\" x2=\"{x:.1}\" y2=\"{bottom}\"/>\
             <text class=\"tick\" x=\"{x:.1}\" y=\"{}\">{percent} %</text>",
            bottom + 16.0
        );
    }
    for ((label, share), row) in shares.iter().zip(0..) {
        name(&mut svg, row, label);
        if share.of == 0 {
            continue;
        }
        let y = (f64::from(row) + 0.5) * LINE;
        let (low, high) = share.interval;
        let _ = write!(
            svg,
            "<g><title>{} of {}</title><line class=\"whisker\" x1=\"{:.1}\" y1=\"{y}\" x2=\"{:.1}\" y2=\"{y}\"/>\
             <circle class=\"point\" cx=\"{:.1}\" cy=\"{y}\" r=\"5\"/></g>",
            share.count,
            share.of,
            at(low),
            at(high),
            at(share.value())
        );
    }
    svg + "</svg>"
}

/// Times as bars to the median, with a line to the ninth of ten.
pub fn times(times: &[(String, Quantiles)]) -> String {
    let mut svg = open(times.len(), "Seconds");
    let longest = times.iter().map(|(_, quantiles)| quantiles.p90).fold(1e-3, f64::max);
    let at = |seconds: f64| (WIDTH - NAMES - 110.0) * seconds / longest;
    for ((label, quantiles), row) in times.iter().zip(0..) {
        name(&mut svg, row, label);
        let y = (f64::from(row) + 0.5) * LINE;
        let (median, p90) = (at(quantiles.median), at(quantiles.p90));
        let _ = write!(
            svg,
            "<rect class=\"time\" x=\"{NAMES}\" y=\"{}\" width=\"{median:.1}\" height=\"12\"/>\
             <line class=\"whisker\" x1=\"{NAMES}\" y1=\"{y}\" x2=\"{:.1}\" y2=\"{y}\"/>\
             <text class=\"value\" x=\"{:.1}\" y=\"{:.1}\">{:.2} s ({:.2} s)</text>",
            y - 6.0,
            NAMES + p90,
            NAMES + p90.max(median) + 6.0,
            y + 4.0,
            quantiles.median,
            quantiles.p90
        );
    }
    svg + "</svg>"
}

/// The class that gives an outcome its colour.
pub fn class(verdict: Verdict) -> String {
    verdict.name().replace(' ', "-")
}

fn open(lines: usize, title: &str) -> String {
    let height = lines as f64 * LINE;
    format!("<svg viewBox=\"0 0 {WIDTH} {height}\" role=\"img\" aria-label=\"{title}\">")
}

fn name(svg: &mut String, row: u32, label: &str) {
    let y = (f64::from(row) + 0.5) * LINE + 4.0;
    let _ = write!(svg, "<text class=\"name\" x=\"{}\" y=\"{y}\">{}</text>", NAMES - 8.0, escape(label));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stack_fills_the_width() {
        let svg = stacks(&[Stack { name: "<all>".into(), counts: [3, 0, 0, 0, 1] }]);
        assert!(svg.contains("width=\"442.5\"") && svg.contains("width=\"147.5\""), "{svg}");
        assert!(svg.contains("&lt;all&gt; (4)"), "{svg}");
    }

    #[test]
    fn nothing_draws_nothing() {
        let none = Share { count: 0, of: 0, interval: (0.0, 1.0) };
        assert!(!intervals(&[("x".into(), none)]).contains("circle"));
        assert!(!times(&[("x".into(), Quantiles::default())]).contains("NaN"));
    }
}
