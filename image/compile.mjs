/** Compiles the supervisor with the first C compiler of this machine that can link it statically. */
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const SOURCE = fileURLToPath(new URL('supervisor.c', import.meta.url));
/** musl's is a tenth as large. */
const COMPILERS = ['musl-gcc', 'cc'];

/** Returns the compiler that has made `file`; undefined when none could. */
export function compile(file) {
  return COMPILERS.find((compiler) => spawnSync(compiler, ['-std=gnu11', '-Os', '-Wall', '-static', '-s', '-o', file, SOURCE], { stdio: 'ignore' }).status === 0);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) process.exit(compile(process.argv[2]) ? 0 : 1);
