/**
 * fast-check with a seed that is always the same, so that a run tells the change and not the day. `MESH_SEED=7 npx jest PATH` tries other values:
 * do so with a new property.
 */
const fc = require('../../../node_modules/fast-check/lib/cjs/fast-check.js');

fc.configureGlobal({ seed: Number(process.env.MESH_SEED ?? 1) });

module.exports = fc;
