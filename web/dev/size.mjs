/** `npm run size`: what a browser loads of the built page, gzipped; fails if the first load is over its limit. */

import { readFileSync, readdirSync } from "node:fs";
import { basename, join } from "node:path";
import { gzipSync } from "node:zlib";

const STATIC = new URL("../../api/arangovis_api/static/", import.meta.url).pathname;
const LIMIT_KB = 200;

const read = (name) => readFileSync(join(STATIC, name), "utf8");
const size = (name) => gzipSync(read(join("assets", name)), { level: 9 }).length / 1000;
const imports = (name) => [...read(join("assets", name)).matchAll(/(?:from|import)\s*["']\.\/([\w.-]+\.js)["']/g)].map((found) => found[1]);

/** A file and all that it cannot run without. */
function closure(names, known = new Set()) {
  for (const name of names) {
    if (known.has(name)) continue;
    known.add(name);
    closure(imports(name), known);
  }
  return known;
}

const page = read("index.html");
const entries = [...page.matchAll(/(?:src|href)="\.\/assets\/([\w.-]+\.(?:js|css))"/g)].map((found) => found[1]);
const first = closure(entries.filter((name) => name.endsWith(".js")));
const styles = entries.filter((name) => name.endsWith(".css"));
const total = [...first].reduce((sum, name) => sum + size(name), 0);

console.log(`first load: ${total.toFixed(1)} kB of JavaScript, ${styles.reduce((sum, name) => sum + size(name), 0).toFixed(1)} kB of CSS, gzipped`);
for (const name of first) console.log(`  ${size(name).toFixed(1).padStart(7)} kB  ${basename(name)}`);
console.log("loaded when they are needed:");
const later = readdirSync(join(STATIC, "assets")).filter((name) => name.endsWith(".js") && !first.has(name));
const linked = new Set([...first, ...later].flatMap((name) => [...read(join("assets", name)).matchAll(/([\w.-]+\.js)/g)].map((found) => found[1])));
for (const name of later.filter((other) => linked.has(other)).sort((a, b) => size(b) - size(a))) {
  console.log(`  ${size(name).toFixed(1).padStart(7)} kB  ${name}`);
}
if (total > LIMIT_KB) {
  console.error(`The first load is over ${LIMIT_KB} kB.`);
  process.exitCode = 1;
}
