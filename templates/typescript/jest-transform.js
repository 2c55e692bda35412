/** Compiles tests by ts-node, as `cdk8s synth` compiles main.ts: types are checked by the same tsconfig.json. */
const compiler = require('ts-node').create();

module.exports = { process: (source, file) => ({ code: compiler.compile(source, file) }) };
