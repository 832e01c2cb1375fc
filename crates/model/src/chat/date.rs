//! Today's date, as chat templates ask for it by `strftime_now`.

use minijinja::{Error, ErrorKind};
use web_time::{SystemTime, UNIX_EPOCH};

const MONTHS: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];

/// Today in UTC, by the directives that templates use: `%d`, `%m`, `%b`, `%B`, `%Y`.
pub(super) fn format_today(format: &str) -> Result<String, Error> {
    let seconds = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs());
    format_date(format, civil_from_days(seconds / 86_400))
}

/// A day of the Gregorian calendar; `month` counts from 1.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Date {
    year: u64,
    month: usize,
    day: u64,
}

fn format_date(format: &str, date: Date) -> Result<String, Error> {
    let month_name = MONTHS.get(date.month.wrapping_sub(1)).copied().unwrap_or_default();
    let mut text = String::new();
    let mut characters = format.chars();
    while let Some(character) = characters.next() {
        if character != '%' {
            text.push(character);
            continue;
        }
        match characters.next() {
            Some('d') => text.push_str(&format!("{:02}", date.day)),
            Some('m') => text.push_str(&format!("{:02}", date.month)),
            Some('b') => text.push_str(month_name.get(..3).unwrap_or_default()),
            Some('B') => text.push_str(month_name),
            Some('Y') => text.push_str(&date.year.to_string()),
            other => {
                let message =
                    format!("strftime_now does not know %{}", other.map_or(String::new(), String::from));
                return Err(Error::new(ErrorKind::InvalidOperation, message));
            }
        }
    }
    Ok(text)
}

/// The date that is `days` after 1 January 1970. Years are counted from March, so that the leap day comes last.
fn civil_from_days(days: u64) -> Date {
    const DAYS_TO_1970: u64 = 719_468; // from 1 March of year 0
    const DAYS_PER_ERA: u64 = 146_097; // 400 years
    let days = days + DAYS_TO_1970;
    let (era, day_of_era) = (days / DAYS_PER_ERA, days % DAYS_PER_ERA);
    let year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month_from_march = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month_from_march + 2) / 5 + 1;
    let month = if month_from_march < 10 { month_from_march + 3 } else { month_from_march - 9 };
    let year = era * 400 + year_of_era + u64::from(month <= 2);
    Date { year, month: month as usize, day }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_follow_the_calendar() {
        assert_eq!(civil_from_days(0), Date { year: 1970, month: 1, day: 1 });
        assert_eq!(civil_from_days(11_016), Date { year: 2000, month: 2, day: 29 });
        assert_eq!(civil_from_days(19_723), Date { year: 2024, month: 1, day: 1 });
        assert_eq!(civil_from_days(47_541), Date { year: 2100, month: 3, day: 1 });
    }

    #[test]
    fn directives_are_filled_in() -> Result<(), Error> {
        let date = Date { year: 2024, month: 7, day: 6 };
        assert_eq!(format_date("%d %b %Y", date)?, "06 Jul 2024");
        assert_eq!(format_date("%B %d, %Y (%m)", date)?, "July 06, 2024 (07)");
        assert!(format_date("%", date).is_err());
        assert!(format_date("%Q", date).is_err());
        Ok(())
    }
}
