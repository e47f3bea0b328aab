//! The template as CloudFormation gets it: SAM's shorthand is written out and Globals are merged into each function.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result, bail};
use serde_json::Value;

use crate::python::Venv;

/// Resources by logical id, and the parameters' defaults.
pub struct Template {
    resources: Value,
    parameters: Value,
}

impl Template {
    /// Reads and translates `path` with the SAM CLI's own code; needs no account and no network.
    pub fn read(path: &Path, sam: &Venv) -> Result<Self> {
        // -I: neither the caller's PYTHON* settings nor the current directory decide what is imported.
        let output = Command::new(sam.program("python"))
            .args(["-I", "-c", include_str!("template/process.py")])
            .arg(path)
            .env_remove("AWS_PROFILE")
            .env_remove("AWS_DEFAULT_PROFILE")
            .output()
            .context("run SAM's Python")?;
        if !output.status.success() {
            bail!("SAM does not translate {}:\n{}", path.display(), String::from_utf8_lossy(&output.stderr));
        }
        let mut whole: Value = serde_json::from_slice(&output.stdout).context("read the translated template")?;
        Ok(Self { resources: whole["Resources"].take(), parameters: whole["Parameters"].take() })
    }

    /// The properties of each resource of this type, by logical id.
    pub fn of_type<'a>(&'a self, wanted: &'a str) -> impl Iterator<Item = (&'a str, &'a Value)> {
        let all = self.resources.as_object().into_iter().flatten().filter(move |(_, it)| it["Type"] == wanted);
        all.map(|(id, it)| (id.as_str(), &it["Properties"]))
    }

    /// The functions.
    pub fn functions(&self) -> BTreeMap<&str, &Value> {
        self.of_type("AWS::Lambda::Function").collect()
    }

    /// A resource's properties.
    pub fn properties(&self, id: &str) -> &Value {
        &self.resources[id]["Properties"]
    }

    /// The binary that `sam build` makes for a function.
    pub fn binary(&self, function: &str) -> Option<&str> {
        self.resources[function]["Metadata"]["BuildProperties"]["Binary"].as_str()
    }

    /// `METHOD path -> function` of each route of the HTTP APIs, `ANY` for all methods.
    pub fn routes(&self) -> BTreeSet<String> {
        let mut routes = BTreeSet::new();
        for (_, api) in self.of_type("AWS::ApiGatewayV2::Api") {
            for (path, methods) in api["Body"]["paths"].as_object().into_iter().flatten() {
                for (method, it) in methods.as_object().into_iter().flatten() {
                    let method = if method == "x-amazon-apigateway-any-method" { "any" } else { method };
                    let function = integrated(&it["x-amazon-apigateway-integration"]["uri"]).unwrap_or("nothing");
                    routes.insert(format!("{} {path} -> {function}", method.to_uppercase()));
                }
            }
        }
        routes
    }

    /// A number, or the default of the parameter that stands for it.
    pub fn number(&self, value: &Value) -> Option<u64> {
        let value = value["Ref"].as_str().map_or(value, |name| &self.parameters[name]["Default"]);
        value.as_u64().or_else(|| value.as_str()?.parse().ok())
    }
}

/// One or a list of them.
pub fn listed(value: &Value) -> Vec<&Value> {
    value.as_array().map_or_else(|| vec![value], |all| all.iter().collect())
}

/// The logical id in `{"Ref": id}` or `{"Fn::GetAtt": [id, ..]}`.
pub fn referred(value: &Value) -> Option<&str> {
    value["Ref"].as_str().or_else(|| value["Fn::GetAtt"][0].as_str())
}

/// The function in an integration's `.../functions/${id.Arn}/invocations`.
fn integrated(uri: &Value) -> Option<&str> {
    let (_, rest) = uri["Fn::Sub"].as_str()?.split_once("/functions/${")?;
    Some(rest.split_once(".Arn}")?.0)
}
