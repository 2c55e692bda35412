/** Compiles the programs of the image with the first C compiler of this machine that can link them statically. */
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

/** musl's is a tenth as large. */
const COMPILERS = ['musl-gcc', 'cc'];

/**
 * Returns the compiler that has made `file`; undefined when none could.
 *
 * @param {string} file
 * @param {string} source a file of this folder
 */
export function compile(file, source = 'supervisor.c') {
  const path = fileURLToPath(new URL(source, import.meta.url));
  return COMPILERS.find((compiler) => spawnSync(compiler, ['-std=gnu11', '-Os', '-Wall', '-static', '-s', '-o', file, path], { stdio: 'ignore' }).status === 0);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) process.exit(compile(process.argv[2], process.argv[3]) ? 0 : 1);
