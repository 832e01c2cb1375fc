//! A report becomes one page that needs nothing else: plots, tables, definitions and all answers.

use std::fmt::Write as _;

use super::{
    Measured, Report,
    plot::{self, Stack},
    run::Answered,
    summary::{Share, Summary},
    table::share,
    verdict::{ITEMS, Verdict},
};
use crate::html::escape;

/// What the words of the report mean.
const DEFINITIONS: &str = "<h2>What is counted</h2>
<p><b>Right</b>: the answer says a known right answer, and cites a document that is known to answer. To say it, its words
have to follow each other, or four fifths of those of a longer one have to be there; of a list, two thirds of its items;
case, punctuation and articles do not count. <b>Made up</b>: the chat model wrote something else. <b>Beside the point</b>:
the texts were quoted, but not for what was asked, or a wrong document was cited. <b>Wrongly refused</b>: the texts answer, and
the reply was that they do not. <b>Rightly refused</b>: they do not, and that was the reply. Right and wrongly refused are
shares of the questions with an answer, rightly refused of those without, made up and beside the point of all. The
intervals are Wilson's, of 95 %. <b>F1</b> is the mean share of words that the answer has in common with the right one, as
SQuAD counts it; the words that the answer highlights are taken, where it highlights any. <b>Citation precision</b>: of all
citations, those of a passage known to answer; <b>recall</b>: of all answers, those with such a citation.</p>";

/// One of a summary's shares.
type ShareOf = fn(&Summary) -> Share;

/// The page.
pub fn page(report: &Report) -> String {
    let title = format!("How {} answers", escape(&report.site));
    let mut page = format!(
        "<!doctype html>\n<html lang=\"en\">\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width\">\n<title>{title}</title>\n<style>\n{}</style>\n\
         <h1>{title}</h1>\n<p>{} questions; {}.{}</p>\n",
        include_str!("report.css"),
        report.questions,
        escape(&report.models.join(", ")),
        match report.missing {
            0 => String::new(),
            missing => format!(" <b>Broken off: {missing} were not asked.</b>"),
        }
    );
    page += &comparison(&report.runs);
    for measured in &report.runs {
        page += &section(measured);
    }
    page += DEFINITIONS;
    page + "\n</html>\n"
}

fn comparison(runs: &[Measured]) -> String {
    let shares: [(&str, ShareOf); 6] = [
        ("right", |summary| summary.right),
        ("made up", |summary| summary.made_up),
        ("beside the point", |summary| summary.beside),
        ("wrongly refused", |summary| summary.wrongly_refused),
        ("rightly refused", |summary| summary.rightly_refused),
        ("citation precision", |summary| summary.citation_precision),
    ];
    let label = |name: &str, measured: &Measured| match runs.len() {
        1 => name.to_owned(),
        _ => format!("{name}, {}", measured.run.config.name()),
    };
    let each = |name: &str, share: ShareOf| -> Vec<_> {
        runs.iter().map(|measured| (label(name, measured), share(&measured.overall))).collect()
    };
    let points: Vec<_> = shares.iter().flat_map(|&(name, share)| each(name, share)).collect();
    let stages = ["sources", "first words", "end"];
    let times: Vec<_> = stages
        .iter()
        .enumerate()
        .flat_map(|(stage, name)| {
            runs.iter().map(move |measured| (label(name, measured), measured.overall.seconds[stage]))
        })
        .collect();
    format!(
        "<h2>At a glance</h2>\n{}\n<h2>Seconds until …</h2>\n<p class=\"quiet\">Bar: the middle; line: nine of \
         ten.</p>\n{}\n",
        plot::intervals(&points),
        plot::times(&times)
    )
}

fn section(measured: &Measured) -> String {
    let stack = |name: &str, is_of: &dyn Fn(&Answered) -> bool| Stack {
        name: name.to_owned(),
        counts: Verdict::ALL.map(|verdict| {
            let all = measured.run.answered.iter();
            all.filter(|one| is_of(one) && one.judgement.verdict == verdict).count()
        }),
    };
    let mut stacks = vec![stack("all", &|_| true)];
    for &(kind, _) in &measured.kinds {
        stacks.push(stack(kind.name(), &|one| one.question.kind == kind));
    }
    let mut section =
        format!("<h2>Configuration “{}”</h2>\n<p class=\"legend\">", measured.run.config.name());
    for verdict in Verdict::ALL {
        let _ =
            write!(section, "<span><i class=\"mark {}\"></i>{}</span>", plot::class(verdict), verdict.name());
    }
    section += "</p>\n";
    section += &plot::stacks(&stacks);
    section += &table(measured);
    section += "<h3>Every question</h3>\n";
    for one in &measured.run.answered {
        section += &question(one);
    }
    section
}

fn table(measured: &Measured) -> String {
    let mut table =
        "\n<div class=\"table\"><table><tr><th>kind<th>questions<th>right<th>made up<th>beside the point\
                     <th>wrongly refused<th>rightly refused<th>F1<th>citation precision<th>recall\n"
            .to_owned();
    let kinds = measured.kinds.iter().map(|(kind, summary)| (kind.name(), summary));
    for (name, summary) in kinds.chain([("all", &measured.overall)]) {
        let _ = writeln!(
            table,
            "<tr><td>{name}<td>{}<td>{}<td>{}<td>{}<td>{}<td>{}<td>{:.1}<td>{}<td>{}",
            summary.good.of,
            share(&summary.right),
            share(&summary.made_up),
            share(&summary.beside),
            share(&summary.wrongly_refused),
            share(&summary.rightly_refused),
            100.0 * summary.f1,
            share(&summary.citation_precision),
            share(&summary.citation_recall),
        );
    }
    table + "</table></div>\n"
}

fn question(one: &Answered) -> String {
    let question = &one.question;
    let verdict = one.judgement.verdict;
    let mut details = format!(
        "<details><summary><i class=\"mark {}\" title=\"{}\"></i>{}</summary>",
        plot::class(verdict),
        verdict.name(),
        escape(&question.text)
    );
    if !question.history.is_empty() {
        let _ = write!(details, "<p class=\"quiet\">After: {}</p>", escape(&question.history.join(" · ")));
    }
    if let Some(rewritten) = &one.reply.question {
        let _ = write!(details, "<p class=\"quiet\">Looked up: {}</p>", escape(rewritten));
    }
    let _ = write!(
        details,
        "<p class=\"quiet\">{}, {}</p><p>{}</p>",
        verdict.name(),
        question.kind.name(),
        escape(&one.reply.text)
    );
    for source in &one.reply.cited {
        let place: Vec<&str> =
            [source.title.as_str()].into_iter().chain(source.headings.iter().map(String::as_str)).collect();
        let _ = write!(details, "<p class=\"quiet\">Cited: {}</p>", escape(&place.join(" › ")));
    }
    let items = question.items.iter().filter_map(|item| item.names().first());
    let right: Vec<&str> = question.answers.iter().chain(items).map(String::as_str).collect();
    if !right.is_empty() {
        let of = if question.items.is_empty() {
            "Right is any of".to_owned()
        } else {
            format!("Right is {:.0} % of", 100.0 * ITEMS)
        };
        let _ = write!(details, "<p class=\"quiet\">{of}: {}</p>", escape(&right.join(" · ")));
    }
    details + "</details>\n"
}

#[cfg(test)]
mod tests {
    use super::{
        super::{
            questions::Kind,
            reply::Voice,
            run::{Config, Run},
            verdict::{self, tests as example},
        },
        *,
    };

    #[test]
    fn a_page_needs_nothing_else_and_runs_nothing() {
        let mut question = example::question(Kind::Short, &["blue"], Some("sea"));
        question.text = "<script>alert(1)</script>".into();
        let reply =
            example::reply("It is <b>blue</b>.", Voice::Quoted, &[example::source("sea.html", "The head")]);
        let judgement = verdict::judge(&question, &reply);
        let run = Run { config: Config::Quote, answered: vec![Answered { question, reply, judgement }] };
        let report = Report {
            site: "A & B".into(),
            models: vec!["model".into()],
            questions: 2,
            missing: 1,
            runs: vec![Measured::of(run)],
        };
        let page = page(&report);
        assert!(page.contains("How A &amp; B answers") && page.contains("1 were not asked"), "{page}");
        assert!(!page.contains("<script") && !page.contains("<b>blue") && !page.contains("http"), "{page}");
    }
}
