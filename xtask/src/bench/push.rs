//! Pushes a realistic image to Debian's docker-registry: ecr-push compared with skopeo, `docker
//! push`, and four parallel curls that only send.

mod contenders;
mod image;
mod memory;

use stories::counterparts::{DockerEngine, DockerRegistry};
use stories::programs::run as finish;

use super::measure::{Bound, Contender, Runs, check_bounds, interleaved, once, peak, table, wall};
use contenders::Scene;
use image::Image;

const ROUNDS: usize = 5;

pub fn run() -> Result<(), String> {
    let message = |e: &dyn std::fmt::Display| e.to_string();
    let program = super::program()?;
    let scratch = tempfile::tempdir().map_err(|e| message(&e))?;
    println!("making the image …");
    let scene = Scene {
        image: Image::make(scratch.path())?,
        registry: DockerRegistry::start().map_err(|e| message(&e))?,
        kept: DockerRegistry::start().map_err(|e| message(&e))?,
        engine: DockerEngine::start().map_err(|e| message(&e))?,
        scratch: scratch.path().to_owned(),
        program,
    };
    scene.fill()?;
    let contenders = scene.contenders()?;
    println!("counting what each sends …");
    let counts = contenders
        .iter()
        .map(|contender| scene.count(contender))
        .collect::<Result<Vec<_>, _>>()?;
    let runs = interleaved(&contenders, ROUNDS)?;
    table(&runs);
    for (contender, counted) in contenders.iter().zip(&counts) {
        println!("{:28}  {counted}", contender.name);
    }
    let measured = Measured {
        runs: &runs,
        counts: &counts,
    };
    let mut bounds = measured.bounds(scene.image.manifest()?.1.len());
    bounds.extend(memory::bounds(&scene)?);
    check_bounds(&bounds)
}

/// The measurements, under the names in `contenders`.
struct Measured<'m> {
    runs: &'m [Runs<'m>],
    counts: &'m [contenders::Counted],
}

impl Measured<'_> {
    fn runs(&self, name: &str) -> &Runs<'_> {
        &self.runs[self.at(name)]
    }

    fn at(&self, name: &str) -> usize {
        let found = self.runs.iter().position(|runs| runs.name == name);
        found.expect("a contender of this name")
    }

    fn faster(&self, ours: &str, theirs: &str, at_most: f64) -> Bound {
        Bound {
            what: format!("{ours}, by {theirs}"),
            figure: self.runs(ours).ratio(self.runs(theirs), wall),
            at_most,
        }
    }

    fn requests(&self, ours: &str, at_most: usize) -> Bound {
        Bound {
            what: format!("{ours}, requests"),
            figure: self.counts[self.at(ours)].requests as f64,
            at_most: at_most as f64,
        }
    }

    fn peak(&self, ours: &str, at_most: f64) -> Bound {
        Bound {
            what: format!("{ours}, peak MiB"),
            figure: self.runs(ours).median(peak),
            at_most,
        }
    }

    fn bounds(&self, blobs: usize) -> Vec<Bound> {
        use contenders::*;
        let bytes = |name| self.counts[self.at(name)].bytes as f64;
        vec![
            self.faster(OURS_FOLDER, SKOPEO_FOLDER, 0.60),
            self.faster(OURS_FOLDER, CURL, 1.0),
            self.faster(OURS_ARCHIVE, SKOPEO_ARCHIVE, 0.50),
            self.faster(OURS_SAVED, SKOPEO_SAVED, 0.50),
            self.faster(OURS_SAVED, DOCKER, 0.20),
            Bound {
                what: format!("{OURS_SAVED}, bytes by skopeo's"),
                figure: bytes(OURS_SAVED) / bytes(SKOPEO_SAVED),
                at_most: 1.05,
            },
            self.faster(OURS_AGAIN, SKOPEO_AGAIN, 0.10),
            self.faster(OURS_OTHER_TAG, SKOPEO_AGAIN, 0.10),
            self.requests(OURS_AGAIN, 3),
            self.requests(OURS_FOLDER_AGAIN, 3),
            self.requests(OURS_FOLDER, 3 * blobs + 3),
            self.requests(OURS_SAVED, 3 * blobs + 3),
            self.peak(OURS_FOLDER, 32.0),
            self.peak(OURS_ARCHIVE, 32.0),
            self.peak(OURS_SAVED, 64.0),
        ]
    }
}
