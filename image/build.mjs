/**
 * Builds the proxy's image with whichever of docker, podman and buildah works on this machine.
 *
 *   npm run image -- [--tag NAME] [--base IMAGE] [--builder IMAGE] [--tool docker|podman|buildah] [-- OPTIONS OF THE TOOL'S BUILD]
 *
 * The supervisor and `redirect` are compiled with this machine's C compiler, if it has one that links statically and the image is for this
 * machine's platform; else in the image that --builder names.
 *
 * A tool that is installed but can't do its work (docker without its daemon) is passed over, with a line that says so.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { compile } from './compile.mjs';

process.chdir(new URL('..', import.meta.url).pathname);

/** In order of preference: how to ask a tool whether it works, and how it is told to build. */
const TOOLS = {
  docker: { check: ['version'], build: ['build'] },
  podman: { check: ['info'], build: ['build'] },
  buildah: { check: ['version'], build: ['build', '--format', 'docker'] },
};
const BUNDLE = 'lib/bin/proxy.js';
const PROGRAMS = ['supervisor', 'redirect'];

const { version } = JSON.parse(readFileSync('package.json', 'utf8'));
const { own, passedOn } = splitAt('--', process.argv.slice(2));
const options = readOptions(own);
if (options.help) {
  console.log('npm run image -- [--tag NAME] [--base IMAGE] [--builder IMAGE] [--tool docker|podman|buildah] [-- OPTIONS OF THE TOOL\'S BUILD]');
  process.exit(0);
}

const built = spawnSync(process.execPath, ['scripts/build.mjs', '--if-changed'], { stdio: 'inherit' });
if (built.status !== 0 || !existsSync(BUNDLE)) stop(`${BUNDLE} could not be built; the message above says why`);

const tool = options.tool ?? Object.keys(TOOLS).find(works);
if (tool === undefined) stop(`none of ${Object.keys(TOOLS).join(', ')} works here; install one (on Debian: apt-get install buildah)`);
if (options.tool !== undefined && !works(options.tool)) stop(`${options.tool} does not work here; the line above says why`);

const args = [...TOOLS[tool].build, '--file', 'image/Dockerfile', '--tag', options.tag];
if (options.base !== undefined) args.push('--build-arg', `BASE=${options.base}`);
if (options.builder !== undefined) args.push('--build-arg', `BUILDER=${options.builder}`);
else if (!passedOn.some((option) => option.startsWith('--platform')) && compilePrograms()) args.push('--build-arg', 'SUPERVISOR=local');
args.push(...passedOn, '.');
console.log(`${tool} ${args.join(' ')}`);
const { status } = spawnSync(tool, args, { stdio: 'inherit' });
if (status !== 0) stop(`${tool} could not build the image; its message above says why`);
console.log(`built ${options.tag}`);

function readOptions(args) {
  try {
    const { values } = parseArgs({
      args,
      options: {
        tag: { type: 'string', default: `ghcr.io/cdk8s-mesh/proxy:${version}` },
        base: { type: 'string' },
        builder: { type: 'string' },
        tool: { type: 'string' },
        help: { type: 'boolean', default: false },
      },
    });
    if (values.tool !== undefined && !(values.tool in TOOLS)) stop(`--tool ${values.tool}: choose one of ${Object.keys(TOOLS).join(', ')}`);
    return values;
  } catch (error) {
    return stop(error.message);
  }
}

function works(name) {
  const { status, error, stderr } = spawnSync(name, TOOLS[name].check, { encoding: 'utf8' });
  if (status === 0) return true;
  const reason = /** @type {NodeJS.ErrnoException | undefined} */ (error)?.code === 'ENOENT' ? 'not installed' : (stderr ?? '').trim().split('\n')[0] || error?.message || `exit code ${status}`;
  console.log(`${name}: passed over (${reason})`);
  return false;
}

/** Whether the programs were made with a compiler of this machine. */
function compilePrograms() {
  const compilers = process.platform === 'linux' ? PROGRAMS.map((program) => compile(`image/${program}`, `${program}.c`)) : [];
  const made = compilers.length > 0 && compilers.every((compiler) => compiler !== undefined);
  console.log(made ? `${PROGRAMS.join(', ')}: compiled with ${compilers[0]}` : `${PROGRAMS.join(', ')}: no C compiler here links statically; they are compiled in an image`);
  return made;
}

function splitAt(separator, args) {
  const at = args.indexOf(separator);
  return at < 0 ? { own: args, passedOn: [] } : { own: args.slice(0, at), passedOn: args.slice(at + 1) };
}

/** @returns {never} */
function stop(message) {
  console.error(message);
  process.exit(1);
}
