/**
 * Checks the whole import graph of src/ against scripts/layering.mjs with dependency-cruiser: types, `import x = require()`,
 * `import()` and generated files included.
 *
 * `node scripts/layers.mjs [FOLDER]` checks the `src` in FOLDER; without one, this repository's.
 */
import { existsSync } from 'node:fs';
import { cruise } from 'dependency-cruiser';
import { RULES } from './layering.mjs';

process.chdir(process.argv[2] ?? new URL('..', import.meta.url).pathname);
if (!existsSync('src')) {
  console.error(`no folder src in ${process.cwd()}`);
  process.exit(1);
}
const { output, exitCode } = await cruise(['src'], {
  ruleSet: RULES, validate: true, outputType: 'err-long', tsPreCompilationDeps: true, moduleSystems: ['es6', 'cjs'], doNotFollow: { path: 'node_modules' },
});
console.log(output);
process.exit(exitCode > 0 ? 1 : 0);
