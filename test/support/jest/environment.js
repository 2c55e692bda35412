/**
 * Gives each test file, and all that it starts, a folder of its own as the system's temporary directory. Whatever is left there
 * at the end fails the file.
 */
const { mkdtempSync, readdirSync, rmSync } = require('node:fs');
const { tmpdir } = require('node:os');
const { join } = require('node:path');
const { TestEnvironment } = require('jest-environment-node');

/** What libraries leave and have no way to remove: `Testing.app()` of cdk8s makes one for each app; Node and npm keep caches of code. */
const LEFT_BY_LIBRARIES = /^(cdk8s\.outdir\.|node-compile-cache$|v8-compile-cache)/;

module.exports = class extends TestEnvironment {
  constructor(config, context) {
    const before = process.env.TMPDIR;
    // Short, for the path of a Unix socket has 107 bytes at most.
    const folder = mkdtempSync(join(tmpdir(), 'mesh-'));
    // In the process's own environment too: node:os does not know that of the sandbox, which is made by the base class.
    process.env.TMPDIR = folder;
    super(config, context);
    this.folder = folder;
    this.before = before;
    this.file = context.testPath;
  }

  async teardown() {
    await super.teardown();
    if (this.before === undefined) delete process.env.TMPDIR;
    else process.env.TMPDIR = this.before;
    const left = readdirSync(this.folder).filter((name) => !LEFT_BY_LIBRARIES.test(name));
    rmSync(this.folder, { recursive: true, force: true });
    if (left.length > 0) throw new Error(`${this.file} left ${left.join(', ')} in the temporary directory: remove what a test makes when it ends`);
  }
};
