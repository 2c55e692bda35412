/** HAProxy as a peer: one thread on one core, with the settings that all comparisons have in common. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { HOST, freePort, programOf, startOn, whenAnswers } from './processes.mjs';

/**
 * Starts it; settles when it answers.
 *
 * @param config `mode` of its connections; `defaults`, `global` and `frontend`, lines beside the common ones; `bind`, what follows the address; and
 * the `backends`
 * @param {object} [tls] asks it over TLS whether it answers
 */
export async function startHaproxy(folder, core, { mode, global = '', defaults = '', bind = '', frontend = 'default_backend out', backends }, tls) {
  const port = await freePort();
  const file = join(folder, `haproxy-${port}.cfg`);
  writeFileSync(file, `
global
  nbthread 1
  maxconn 4096
  ${global}
defaults
  mode ${mode}
  timeout connect 1s
  timeout client 60s
  timeout server 60s
  ${defaults}
frontend in
  bind ${HOST}:${port} backlog 4096 ${bind}
  ${frontend}
${backends}
`);
  return { port, ...await whenAnswers(port, () => startOn(core, programOf('haproxy'), ['-f', file, '-db']), tls) };
}
