/**
 * One run of bench/synth.mjs: makes the app with the constructs of this package or with plain cdk8s-plus, synthesizes it
 * into a folder, and prints time, peak memory and what came out as JSON.
 *
 *   node bench/synth-child.mjs mesh|planned|cdk8s-plus SERVICES CALLS FOLDER
 */
import { readdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';

const [variant, services, calls, outdir] = [process.argv[2], Number(process.argv[3]), Number(process.argv[4]), process.argv[5]];
const { meshApp, plainApp } = createRequire(import.meta.url)('./synth-apps.cjs');

const [began, before] = [performance.now(), process.cpuUsage()];
(variant === 'cdk8s-plus' ? plainApp(outdir, services, calls) : meshApp(outdir, services, calls, variant === 'planned')).synth();
const synthMs = performance.now() - began;
const { user, system } = process.cpuUsage(before);
const cpuMs = (user + system) / 1_000;
const peakBytes = process.resourceUsage().maxRSS * 1024;

const kinds = {};
let yamlBytes = 0;
let lines = 0;
for (const file of readdirSync(outdir)) {
  const text = readFileSync(join(outdir, file), 'utf8');
  yamlBytes += Buffer.byteLength(text);
  lines += text.split('\n').length - 1;
  for (const [, kind] of text.matchAll(/^kind: (\S+)$/gm)) kinds[kind] = (kinds[kind] ?? 0) + 1;
}
const sorted = Object.fromEntries(Object.entries(kinds).sort(([a], [b]) => (a < b ? -1 : 1)));
console.log(JSON.stringify({ synthMs, cpuMs, peakBytes, kinds: sorted, yamlBytes, lines }));
