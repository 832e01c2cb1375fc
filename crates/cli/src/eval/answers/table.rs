//! A report becomes text for a terminal.

use super::{
    Measured, Report,
    run::Answered,
    summary::{Quantiles, Share, Summary},
};

/// Characters of an answer that are shown.
const SHOWN: usize = 300;

/// The tables, and with `verbose` the questions that went wrong.
pub fn text(report: &Report, verbose: bool) -> String {
    let mut text = format!("{}: {} questions, {}\n", report.site, report.questions, report.models.join(", "));
    for measured in &report.runs {
        text += &table(measured);
        if verbose {
            text += &failures(measured);
        }
    }
    text
}

fn table(measured: &Measured) -> String {
    let mut text = format!(
        "\n{:<16}{:>5}  {:<20}{:<20}{:<20}{:<20}{:<20}{:>5}\n",
        measured.run.config.name(),
        "n",
        "right",
        "made up",
        "beside the point",
        "wrongly refused",
        "rightly refused",
        "F1"
    );
    let kinds = measured.kinds.iter().map(|(kind, summary)| (kind.name(), summary));
    for (name, summary) in kinds.chain([("all", &measured.overall)]) {
        text += &format!(
            "{name:<16}{:>5}  {:<20}{:<20}{:<20}{:<20}{:<20}{:>5.1}\n",
            summary.good.of,
            share(&summary.right),
            share(&summary.made_up),
            share(&summary.beside),
            share(&summary.wrongly_refused),
            share(&summary.rightly_refused),
            100.0 * summary.f1,
        );
    }
    text + &details(&measured.overall)
}

fn details(summary: &Summary) -> String {
    let plain = |share: &Share| match share.of {
        0 => "-".to_owned(),
        of => format!("{:.3} of {of}", share.value()),
    };
    let seconds = |quantiles: &Quantiles| format!("{:.2} ({:.2})", quantiles.median, quantiles.p90);
    let [sources, first_text, end] = &summary.seconds;
    let mut text = format!(
        "document among the sources {}, citation precision {}, recall {}, exact match {}\n\
         seconds, median (of nine in ten): sources {}, first words {}, end {}\n",
        plain(&summary.found),
        plain(&summary.citation_precision),
        plain(&summary.citation_recall),
        plain(&summary.exact_match),
        seconds(sources),
        seconds(first_text),
        seconds(end),
    );
    if let Some((read, written)) = summary.tokens {
        text += &format!("tokens of the chat model, mean: {read:.0} read, {written:.0} written\n");
    }
    text
}

/// `81 % (73–87)`.
pub fn share(share: &Share) -> String {
    if share.of == 0 {
        return "-".to_owned();
    }
    let (low, high) = share.interval;
    format!("{:.0} % ({:.0}–{:.0})", 100.0 * share.value(), 100.0 * low, 100.0 * high)
}

fn failures(measured: &Measured) -> String {
    let bad = |one: &&Answered| !one.judgement.verdict.is_good();
    measured.run.answered.iter().filter(bad).map(failure).collect()
}

fn failure(one: &Answered) -> String {
    let question = &one.question;
    let mut text =
        format!("\n[{}, {}] {}\n", one.judgement.verdict.name(), question.kind.name(), question.text);
    for before in &question.history {
        text += &format!("  after   {before}\n");
    }
    if let Some(rewritten) = &one.reply.question {
        text += &format!("  looked up {rewritten}\n");
    }
    text += &format!("  said    {}\n", shown(&one.reply.text));
    for source in &one.reply.cited {
        text += &format!("  cited   {}\n", source.href);
    }
    let items = question.items.iter().filter_map(|item| item.names().first());
    let wanted: Vec<&str> = question.answers.iter().chain(items).map(String::as_str).collect();
    if !wanted.is_empty() {
        text += &format!("  wanted  {}\n", wanted.join(" | "));
    }
    for place in &question.sources {
        let heading = place.heading.as_deref().map_or_else(String::new, |heading| format!(", {heading}"));
        text += &format!("  from    {}{heading}\n", place.document);
    }
    text
}

/// One line, cut where it is long.
fn shown(text: &str) -> String {
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    match line.char_indices().nth(SHOWN) {
        Some((end, _)) => format!("{}…", &line[..end]),
        None => line,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_share_shows_its_interval() {
        let share = Share { count: 81, of: 100, interval: (0.722, 0.875) };
        assert_eq!(super::share(&share), "81 % (72–88)");
        assert_eq!(super::share(&Share { count: 0, of: 0, interval: (0.0, 1.0) }), "-");
    }

    #[test]
    fn a_long_answer_is_cut_between_characters() {
        assert_eq!(shown("a\n b"), "a b");
        assert_eq!(shown(&"è".repeat(400)).chars().count(), SHOWN + 1);
    }
}
