//! The languages of many texts become one list.

use std::collections::HashMap;

use daneel_corpus::Language;

/// Each language once, the most frequent first.
pub fn by_frequency(languages: impl Iterator<Item = Language>) -> Vec<Language> {
    let mut counts: HashMap<Language, usize> = HashMap::new();
    for language in languages {
        *counts.entry(language).or_default() += 1;
    }
    let mut languages: Vec<_> = counts.into_iter().collect();
    languages.sort_by(|(a, n), (b, m)| m.cmp(n).then(a.cmp(b)));
    languages.into_iter().map(|(language, _)| language).collect()
}
