//! `locales/*.json` become a Rust module: a missing translation is an error of the build.
//!
//! These are the two halves of `leptos_i18n_build`, without the ICU data generator that it would compile besides.

use std::path::Path;
use std::{env, fs};

use leptos_i18n_codegen::gen_code;
use leptos_i18n_parser::parse_locales::options::{Config, ParseOptions};
use leptos_i18n_parser::parse_locales::parse_locales;

fn main() -> Result<(), String> {
    println!("cargo::rerun-if-changed=locales");
    let options = ParseOptions::new().interpolate_display(true);
    let config = Config::new("en")
        .and_then(|config| config.add_locale("it"))
        .map_err(|error| error.to_string())?
        .parse_options(options);
    let locales = parse_locales(None, config).map_err(|error| error.to_string())?;
    let code = gen_code(&locales, None, false, None, false).map_err(|error| error.to_string())?;
    let folder = env::var("OUT_DIR").map_err(|error| error.to_string())?;
    fs::write(Path::new(&folder).join("i18n.rs"), code.to_string()).map_err(|error| error.to_string())
}
