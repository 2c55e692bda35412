/**
 * The compiled code of the proxy, shared by the proxies of a run. To compile its bundle takes a third of the CPU time of a start, and a
 * stack has many starts. The first proxy that has started leaves what V8 made of the bundle in a file of the run's folder, and those after
 * it begin with that. V8 takes it only for the same version and flags of its own, else it compiles as always; so does a proxy that can't read
 * or write the file.
 *
 * Node 22 has `module.enableCompileCache()` for this; Node 20 doesn't, and both have what is used here.
 */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** How long a proxy runs before its code is kept: by then it has compiled what a start needs. */
const WARM_MS = 400;

/** Node's flags for programs that begin with the code of `program` that another process of the run has left in `folder`. */
export function withCodeCache(folder: string, program: string): string[] {
  const preload = join(folder, 'code-cache.cjs');
  writeFileSync(preload, preloadText(program, join(folder, 'code.cache')), { mode: 0o600 });
  return ['--require', preload];
}

/**
 * What Node runs before the program. It compiles that one file by itself, in the way of Node, and leaves all others to Node. Whoever makes the file
 * beside it keeps the code; the others see that it is there.
 */
function preloadText(program: string, cache: string): string {
  return `'use strict';
const { existsSync, openSync, readFileSync, renameSync, writeFileSync } = require('node:fs');
const Module = require('node:module');
const { dirname } = require('node:path');
const { Script } = require('node:vm');
const program = ${JSON.stringify(program)}, cache = ${JSON.stringify(cache)};
const compile = Module.prototype._compile;
Module.prototype._compile = function (content, filename, ...more) {
  if (filename !== program) return compile.call(this, content, filename, ...more);
  Module.prototype._compile = compile;
  let cachedData;
  try { cachedData = readFileSync(cache); } catch { /* Nobody has left it yet. */ }
  const script = new Script(Module.wrap(content.replace(/^#!.*/, '')), { filename, cachedData });
  if (cachedData === undefined || script.cachedDataRejected) setTimeout(() => keep(script), ${WARM_MS}).unref();
  return script.runInThisContext().call(this.exports, this.exports, Module.createRequire(filename), this, filename, dirname(filename));
};
function keep(script) {
  try {
    if (existsSync(cache)) return;
    writeFileSync(openSync(cache + '.new', 'wx', 0o600), script.createCachedData());
    renameSync(cache + '.new', cache);
  } catch { /* Another one does, or nobody can: then each compiles for itself. */ }
}
`;
}
