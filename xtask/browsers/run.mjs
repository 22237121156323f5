// node run.mjs TASK: drives one browser through one set of cases.
//
// TASK is JSON (see `Task` in ../src/browsers.rs). Standard output is one JSON line for the browser's name and
// version and one for each case; a case that fails does not stop the next.

import { writeFileSync } from "node:fs";
import { join } from "node:path";

import { Chromium } from "./chromium.mjs";
import { Firefox } from "./firefox.mjs";
import { refused, trusted } from "./cases.mjs";
import { verdicts } from "./verdicts.mjs";

const BROWSERS = { chromium: Chromium, firefox: Firefox };

/** How long one case may take. */
const LIMIT = 60_000;

const task = JSON.parse(process.argv[2]);
const CASES = { trusted, refused, verdicts: verdicts(task.servers ?? []) };
const say = (line) => process.stdout.write(`${JSON.stringify(line)}\n`);

const browser = await BROWSERS[task.browser].start(task);
say({ name: browser.name, version: browser.version });
try {
  for (const [checked, run] of CASES[task.cases]) {
    const begun = performance.now();
    const result = await Promise.race([run(visit()), lateness()]).then(
      (seen) => ({ passed: true, seen }),
      (error) => ({ passed: false, seen: error.message }),
    );
    say({ checked, ...result, milliseconds: Math.round(performance.now() - begun) });
  }
} finally {
  await browser.end();
}
process.exit();

/** What a case has at hand. */
function visit() {
  const keep = (name, picture) => writeFileSync(join(task.pictures, `${task.browser}-${name}.png`), picture);
  return { browser, task, keep };
}

function lateness() {
  return new Promise((_, reject) => {
    setTimeout(() => reject(new Error(`not finished after ${LIMIT / 1000} s`)), LIMIT).unref();
  });
}
