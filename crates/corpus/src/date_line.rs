//! Whether a line is a date and nothing else, in any of the forms that people write.

/// Months as they are written in full, a line for each language; three letters of one are its abbreviation.
const MONTHS: &[&str] = &[
    "january february march april may june july august september october november december",
    "gennaio febbraio marzo aprile maggio giugno luglio agosto settembre ottobre novembre dicembre",
    "janvier février mars avril mai juin juillet août septembre octobre novembre décembre",
    "enero febrero marzo abril mayo junio julio agosto septiembre octubre noviembre diciembre",
    "janeiro fevereiro março abril maio junho julho agosto setembro outubro novembro dezembro",
    "januar februar märz april mai juni juli august september oktober november dezember",
    "januari februari maart april mei juni juli augustus september oktober november december",
    "ianuarie februarie martie aprilie mai iunie iulie august septembrie octombrie noiembrie decembrie",
    "января февраля марта апреля мая июня июля августа сентября октября ноября декабря",
    "stycznia lutego marca kwietnia maja czerwca lipca sierpnia września października listopada grudnia",
    "ocak şubat mart nisan mayıs haziran temmuz ağustos eylül ekim kasım aralık",
];

/// Days of the week, in the first of these languages.
const WEEKDAYS: &[&str] = &[
    "monday tuesday wednesday thursday friday saturday sunday",
    "lunedì martedì mercoledì giovedì venerdì sabato domenica",
    "lundi mardi mercredi jeudi vendredi samedi dimanche",
    "lunes martes miércoles jueves viernes sábado domingo",
    "segunda terça quarta quinta sexta feira sábado domingo",
    "montag dienstag mittwoch donnerstag freitag samstag sonntag",
    "maandag dinsdag woensdag donderdag vrijdag zaterdag zondag",
];

/// What may stand in a date beside its numbers and names.
const BESIDE: &[&str] = &[
    "the of on at st nd rd th am pm rev revised updated published posted date utc gmt t z",
    "il lo di del dell alle ore data pubblicato aggiornato le du de er à el em a um der den uhr van op г года",
    "年 月 日 년 월 일",
];

/// Whether the line is a date, or several (`March 2008, rev. June 2008`), with a weekday or a time at most.
///
/// A number alone is none, since `1984` is a title; a month alone neither.
pub(crate) fn is_date(line: &str) -> bool {
    let (mut n_numbers, mut n_months) = (0, 0);
    for word in words(&line.to_lowercase()) {
        match word.parse::<u32>() {
            Ok(_) if word.len() <= 4 => n_numbers += 1,
            Err(_) if is_month(word) => n_months += 1,
            Err(_) if listed(BESIDE).any(|other| other == word) || is_weekday(word) => {}
            _ => return false,
        }
    }
    // `12:30` and `24/7` are no dates, and neither is `3.14`.
    let has_date_marks = line.contains(['年', '년'])
        || ['-', '/', '.', '‑', '–'].iter().any(|mark| line.matches(*mark).count() >= 2);
    (n_months > 0 && n_numbers > 0) || (n_numbers >= 3 && has_date_marks)
}

/// Runs of letters and runs of digits.
fn words(line: &str) -> impl Iterator<Item = &str> {
    line.split(|c: char| !c.is_alphanumeric()).flat_map(|part| {
        let kind = |c: char| {
            if c.is_ascii_digit() {
                0
            } else if is_east_asian(c) {
                1
            } else {
                2
            }
        };
        let mut rest = part;
        std::iter::from_fn(move || {
            let first = kind(rest.chars().next()?);
            let end = rest.find(|c| kind(c) != first).unwrap_or(rest.len());
            let (word, tail) = rest.split_at(end);
            rest = tail;
            Some(word)
        })
    })
}

fn is_east_asian(c: char) -> bool {
    matches!(c, '年' | '月' | '日' | '년' | '월' | '일')
}

fn listed(lines: &'static [&'static str]) -> impl Iterator<Item = &'static str> {
    lines.iter().flat_map(|line| line.split(' '))
}

fn is_month(word: &str) -> bool {
    listed(MONTHS).any(|month| month == word || abbreviates(word, month))
}

fn is_weekday(word: &str) -> bool {
    listed(WEEKDAYS).any(|day| day == word || abbreviates(word, day))
}

/// `jan`, `sept` and `genn` stand for their months.
fn abbreviates(word: &str, full: &str) -> bool {
    (3..=4).contains(&word.chars().count()) && full.starts_with(word)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_are_told() {
        for line in [
            "2024-01-15",
            "2024-01-15T10:30:00Z",
            "15/01/2024",
            "1.2.24",
            "January 15, 2024",
            "March 2008, rev. June 2008",
            "Mon, 3rd of May 2021",
            "15 gennaio 2024",
            "Lunedì 3 marzo 2025, ore 10:30",
            "le 1er août 2023",
            "15 de enero de 2024",
            "Montag, den 3. März 2025",
            "15 января 2024 г.",
            "2024年1月15日",
            "Posted on Sept. 3, 2019",
        ] {
            assert!(is_date(line), "{line}");
        }
    }

    #[test]
    fn titles_are_no_dates() {
        for line in [
            "",
            "1984",
            "March",
            "May we?",
            "2001: A Space Odyssey",
            "March of the robots, 2008",
            "24/7",
            "3.14",
            "Chapter 3, part 2",
            "192.168.100.200 and more",
            "Il 25 aprile di mio nonno",
            "—",
        ] {
            assert!(!is_date(line), "{line}");
        }
    }
}
