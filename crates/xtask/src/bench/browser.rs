//! placeholder
use crate::project::Project;
use anyhow::Result;
use std::process::ExitCode;
pub fn browser(_p: &Project, _json: bool) -> Result<ExitCode> {
    anyhow::bail!("not yet")
}
