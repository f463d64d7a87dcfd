// What `cargo xtask bench render-taskdef` runs beside render-taskdef: the same definition read,
// filled in and written, by the least that Node needs for it. The official render action is in no
// package registry; it does this and loads its libraries beside, so it takes longer than this.
//
//     node render.cjs DEFINITION OUTPUTS OUT CONTAINER=URI ...
"use strict";
const { readFileSync, writeFileSync } = require("node:fs");

const [definition, outputs, out, ...images] = process.argv.slice(2);
const tf = JSON.parse(readFileSync(outputs, "utf8"));

function filled(value) {
  if (typeof value === "string") {
    const whole = /^\$\{tf\.([\w-]+)\}$/.exec(value);
    return whole ? output(whole[1]) : value.replace(/\$\{tf\.([\w-]+)\}/g, (_, name) => output(name));
  }
  if (Array.isArray(value)) return value.map(filled);
  if (value === null || typeof value !== "object") return value;
  return Object.fromEntries(Object.entries(value).map(([name, member]) => [name, filled(member)]));
}

function output(name) {
  if (!(name in tf)) throw new Error(`there is no output ${name}`);
  return tf[name];
}

const rendered = filled(JSON.parse(readFileSync(definition, "utf8")));
for (const image of images) {
  const at = image.indexOf("=");
  const container = rendered.containerDefinitions.find(({ name }) => name === image.slice(0, at));
  if (!container) throw new Error(`there is no container ${image.slice(0, at)}`);
  container.image = image.slice(at + 1);
}
writeFileSync(out, JSON.stringify(rendered, null, 2) + "\n");
