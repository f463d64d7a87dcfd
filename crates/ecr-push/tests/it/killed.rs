//! A push that is killed at any moment and repeated: the image arrives complete, and nothing that
//! had arrived is sent again.

use std::path::Path;
use std::process::Stdio;
use std::time::Instant;

use crate::counterpart::DockerRegistry;
use crate::program::{command, run};
use crate::sample::{Image, digest, gzip, layer};

const MOMENTS: u32 = 20;

fn args<'a>(source: &'a str, url: &'a str, repository: &'a str) -> Vec<&'a str> {
    vec![
        "--source",
        source,
        "--registry",
        url,
        "--repository",
        repository,
        "--tag",
        "v1",
        "--jobs",
        "2",
    ]
}

fn killed_and_run_again(source: &str, blobs: &[String], manifest: Option<&str>) {
    let registry = DockerRegistry::start();
    let url = registry.url();
    let began = Instant::now();
    let whole = run(&[], &args(source, &url, "whole")).ended(0, "pushed");
    let full = began.elapsed();
    let mut hit_the_middle = 0;
    for moment in 0..MOMENTS {
        // Spread over the whole run and slightly beyond, in an irregular order.
        let share = f64::from((moment * 7) % MOMENTS) / f64::from(MOMENTS) * 1.1;
        let repository = format!("moment{moment}");
        let scratch = tempfile::tempdir().unwrap();
        let mut child = command(scratch.path(), &[], &args(source, &url, &repository))
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        std::thread::sleep(full.mul_f64(share));
        let ran_out = child.try_wait().unwrap().is_some();
        child.kill().unwrap();
        child.wait().unwrap();
        let had: Vec<&String> = blobs
            .iter()
            .filter(|blob| registry.is_linked(&repository, blob))
            .collect();
        if !ran_out && !had.is_empty() {
            hit_the_middle += 1;
        }
        let again = run(&[], &args(source, &url, &repository));
        assert_eq!(again.code, 0, "{again:#?}");
        assert_eq!(again.digest(), whole.digest());
        for layer in again.result["data"]["layers"].as_array().unwrap() {
            let digest = layer["digest"].as_str().unwrap().to_owned();
            let sent_twice = layer["outcome"] == "sent" && had.contains(&&digest);
            assert!(!sent_twice, "{digest} was sent again: {again:#?}");
        }
        let out = scratch.path().join("out");
        registry.copy_out(&format!("{repository}:v1"), Path::new(&out));
    }
    if let Some(manifest) = manifest {
        assert_eq!(whole.digest(), manifest);
    }
    assert!(
        hit_the_middle > 0,
        "no kill came between two blobs in {full:?}"
    );
}

fn layers() -> Vec<Vec<u8>> {
    (0..6).map(|seed| layer(seed, 3_000_000)).collect()
}

#[test]
fn a_push_of_a_layout_survives_being_killed() {
    let folder = tempfile::tempdir().unwrap();
    let image = Image::new(layers());
    let manifest = image.oci_folder(folder.path());
    let blobs: Vec<String> = image.layers.iter().map(|l| digest(&gzip(l))).collect();
    let source = format!("oci:{}", folder.path().display());
    killed_and_run_again(&source, &blobs, Some(&manifest));
}

#[test]
fn a_push_of_a_saved_image_survives_being_killed() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("image.tar");
    let image = Image::new(layers());
    image.legacy_archive(&path, "app:v1");
    let source = format!("docker-archive:{}", path.display());
    // The program decides the digests of the compressed layers, so a first push has to report them.
    let registry = DockerRegistry::start();
    let url = registry.url();
    let first = run(&[], &args(&source, &url, "first")).ended(0, "pushed");
    let blobs: Vec<String> = first.result["data"]["layers"]
        .as_array()
        .unwrap()
        .iter()
        .map(|layer| layer["digest"].as_str().unwrap().to_owned())
        .collect();
    killed_and_run_again(&source, &blobs, Some(first.digest()));
}
