/** The built command's own part: help, version, and what is wrong with a command line. */
import { CliRun } from './up/programs';

async function run(...args: string[]) {
  const cli = new CliRun(args);
  const { code } = await cli.exited;
  return { code, stdout: cli.stdout, stderr: cli.stderr };
}

test('help lists the commands, and those that are internal are not among them', async () => {
  const { code, stdout } = await run('--help');
  expect(code).toBe(0);
  expect(stdout).toMatch(/Usage: cdk8s-mesh COMMAND/);
  expect(stdout).toMatch(/^ {2}up +run synthesized YAML/m);
  expect(stdout).toMatch(/^ {2}stand-in +/m);
  expect(stdout).not.toContain('reaper');
});

test('without a command, help is what it says, and the exit code tells that nothing was done', async () => {
  expect(await run()).toMatchObject({ code: 1, stdout: expect.stringContaining('Usage: cdk8s-mesh COMMAND') as string });
});

test.each(['up', 'stand-in'])('%s has a help page', async (command) => {
  const { code, stdout } = await run(command, '--help');
  expect(code).toBe(0);
  expect(stdout).toContain(`Usage: cdk8s-mesh ${command} `);
  expect(stdout).toContain('--help');
});

test('the version is that of the package', async () => {
  const { version } = jest.requireActual<{ version: string }>('../../package.json');
  expect(await run('--version')).toMatchObject({ code: 0, stdout: `${version}\n` });
});

test('an unknown command is answered with the near one', async () => {
  expect(await run('upp')).toMatchObject({ code: 1, stderr: "cdk8s-mesh: unknown command 'upp'. Did you mean 'up'? 'cdk8s-mesh --help' lists all commands\n" });
});
