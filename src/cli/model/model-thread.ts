/**
 * Reads changed YAML in a thread of its own. Parsing and validating a large mesh takes hundreds of milliseconds, and this process
 * sends the requests of `--rps` meanwhile, each at its moment.
 */
import { parentPort, Worker, workerData } from 'node:worker_threads';
import type { Command } from '../command-line/command';
import { UserError } from '../command-line/errors';
import type { MeshModel } from './model';

/** What the thread says at its end. */
type Reading = { readonly model: MeshModel } | { readonly error: string };

/**
 * Settles with the mesh in these files and folders.
 *
 * @param cli the bundle of this command
 * @throws UserError when something is wrong with them
 */
export function readModelInThread(cli: string, paths: readonly string[]): Promise<MeshModel> {
  return new Promise((resolve, reject) => {
    const thread = new Worker(cli, { argv: [readModelCommand.name], workerData: paths });
    // The command does not wait for it when it ends.
    thread.unref();
    thread.once('message', (reading: Reading) => {
      if ('model' in reading) resolve(reading.model);
      else reject(new UserError(reading.error));
    });
    thread.once('error', reject);
    thread.once('exit', (code) => reject(new Error(`the thread that reads the YAML ended with exit code ${code}`)));
  });
}

/** The side of the thread. */
export const readModelCommand: Command = {
  name: 'read-model',
  usage: '',
  about: "Internal: reads changed YAML for 'cdk8s-mesh up'.",
  flags: {},
  async run() {
    const [{ readManifests }, { readModel }] = await Promise.all([import('./manifests'), import('./read-model')]);
    const paths = workerData as readonly string[];
    parentPort!.postMessage(reading(() => readModel(readManifests(paths), paths.join(', '))));
    return 0;
  },
};

function reading(read: () => MeshModel): Reading {
  try {
    return { model: read() };
  } catch (error) {
    if (error instanceof UserError) return { error: error.message };
    throw error;
  }
}
