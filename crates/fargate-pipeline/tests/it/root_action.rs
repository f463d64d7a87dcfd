//! Each input of the root action is a flag of `deploy`, so each has its variable `FARGATE_<INPUT>`.

use fargate_pipeline::FRONT;

/// The token is a secret, which is never a flag.
const NOT_A_FLAG: [&str; 1] = ["github-token"];

/// The names of the inputs of the root action.
fn inputs() -> Vec<String> {
    let path = stories::programs::repository().join("action.yml");
    let text = std::fs::read_to_string(path).expect("action.yml");
    let inputs = text.split("\ninputs:\n").nth(1).expect("inputs");
    let inputs = inputs.split("\noutputs:\n").next().unwrap_or_default();
    let names = inputs
        .lines()
        .filter_map(|line| line.strip_prefix("  ")?.strip_suffix(':'));
    names
        .filter(|name| !name.starts_with(' '))
        .map(str::to_owned)
        .collect()
}

#[test]
fn every_input_of_the_root_action_is_a_flag_with_a_variable() {
    let deploy = FRONT
        .iter()
        .find(|verb| verb.name == "deploy")
        .expect("deploy");
    let command = (deploy.command)();
    let inputs = inputs();
    assert!(inputs.len() > 20, "{inputs:?}");
    for input in inputs
        .iter()
        .filter(|input| !NOT_A_FLAG.contains(&input.as_str()))
    {
        let flag = command
            .get_arguments()
            .find(|arg| arg.get_long() == Some(input));
        assert!(flag.is_some(), "{input} is not a flag of deploy");
    }
}

#[test]
fn the_variables_of_all_inputs_have_an_effect() {
    let scene = crate::scene::Scene::new();
    let mut command = scene.command(&["config", "--format=json"]);
    let inputs = inputs();
    let ours = inputs
        .iter()
        .filter(|input| !NOT_A_FLAG.contains(&input.as_str()) && *input != "working-directory");
    let ours: Vec<&String> = ours.collect();
    for input in &ours {
        let value = match input.as_str() {
            "on-pause" => "exit",
            "comment-logs" => "true",
            "env" | "build-args" | "image" => "A=1",
            _ => "value",
        };
        let name = format!("FARGATE_{}", input.to_uppercase().replace('-', "_"));
        command.env(name, value);
    }
    let ran = crate::scene::ran(command.output().expect("started")).ended(0);
    let shown: serde_json::Value = serde_json::from_str(&ran.stdout).expect("JSON");
    for input in ours {
        let source = shown[input.as_str()]["source"].as_str().unwrap_or_default();
        assert!(
            source.starts_with("variable FARGATE_"),
            "{input}: {source:?}"
        );
    }
}
