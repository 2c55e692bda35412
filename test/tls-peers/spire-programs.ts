/**
 * SPIRE's server and agent, compiled without most of their plugins. Those for clouds and clusters bring hundreds of packages that take long to
 * compile, and nothing of them is used here. Each is an import and a line of a list.
 */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { publishedGoPrograms } from '../support/foreign-programs';

const KEPT = new Set(['disk', 'jointoken', 'memory', 'uniqueid', 'unix']);
const IMPORT = /^\s*(?:(\w+) )?"github\.com\/spiffe\/spire\/pkg\/(?:server|agent)\/plugin\/\w+\/(\w+)"$/;
const BUILT_IN = /^\s*(\w+)\.BuiltIn\(\),$/;

/** Returns the folder of `spire-server` and `spire-agent`. */
export function spirePrograms(): string {
  return publishedGoPrograms({
    module: 'github.com/spiffe/spire', version: 'v1.13.3', programs: ['cmd/spire-server', 'cmd/spire-agent'],
    prepare: (folder) => {
      for (const part of ['server', 'agent']) leaveOutPlugins(join(folder, 'pkg', part, 'catalog'));
    },
  });
}

function leaveOutPlugins(catalog: string): void {
  for (const name of readdirSync(catalog)) {
    const file = join(catalog, name);
    const lines = readFileSync(file, 'utf8').split('\n');
    const left = new Set<string>();
    writeFileSync(file, lines.filter((line) => {
      const [, alias, plugin] = IMPORT.exec(line) ?? [];
      if (plugin !== undefined && !KEPT.has(plugin)) left.add(alias ?? plugin);
      return plugin !== undefined ? KEPT.has(plugin) : !left.has(BUILT_IN.exec(line)?.[1] ?? '');
    }).join('\n'));
  }
}
