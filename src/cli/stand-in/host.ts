/**
 * Many stand-ins in one process, for `up` with many pods: a process of its own for each takes a quarter of a second of CPU time and 20 MiB.
 * They share a heap and an event loop, and nothing else: each listens by itself and ends by itself. When the process dies, all of them do.
 */
import type { Command } from '../command-line/command';
import { messageOf } from '../command-line/errors';
import type { Behaviour } from './behaviour';
import { OpenedStandIn, Spoken } from './opened';
import type { Identity } from './server';

interface OpenRequest {
  readonly type: 'open';
  readonly id: number;
  readonly identity: Identity;
  readonly speaks: Spoken;
  readonly host: string;
  readonly port: number;
  readonly behaviour: Behaviour;
}

/** What `up` sends, each for the stand-in of a pod. */
export type HostRequest =
  | OpenRequest
  | { readonly type: 'behave'; readonly id: number; readonly behaviour: Behaviour }
  | { readonly type: 'close' | 'kill'; readonly id: number };

/** What it is told: a stand-in has ended. With a problem, it could not listen. */
export interface HostReport {
  readonly type: 'ended';
  readonly id: number;
  readonly problem?: string;
}

export const standInHostCommand: Command = {
  name: 'stand-ins',
  summary: '',
  usage: '',
  about: "Internal: the stand-ins of 'cdk8s-mesh up' in one process.",
  flags: {},
  async run() {
    const hosted = new Map<number, { behaviour: Behaviour; opened?: OpenedStandIn }>();
    const report = (id: number, problem?: string): void => {
      hosted.delete(id);
      if (process.connected) process.send!({ type: 'ended', id, ...(problem !== undefined && { problem }) } satisfies HostReport, () => undefined);
    };
    const open = (request: OpenRequest): void => {
      const { id, identity, speaks, behaviour } = request;
      const entry: { behaviour: Behaviour; opened?: OpenedStandIn } = { behaviour };
      hosted.set(id, entry);
      OpenedStandIn.open(identity, speaks, request, () => entry.behaviour).then((opened) => {
        // It may have been asked to end meanwhile.
        if (hosted.get(id) === entry) entry.opened = opened;
        else opened.kill();
      }, (error: unknown) => report(id, messageOf(error)));
    };
    process.on('message', (request: HostRequest) => {
      if (request.type === 'open') {
        open(request);
        return;
      }
      const entry = hosted.get(request.id);
      if (!entry) return;
      if (request.type === 'behave') entry.behaviour = request.behaviour;
      else if (request.type === 'close' && entry.opened) void entry.opened.close().then(() => report(request.id));
      else {
        entry.opened?.kill();
        report(request.id);
      }
    });
    // Pods are told to end one by one; a signal is for the whole run.
    process.on('SIGTERM', () => process.exit(0));
    await new Promise<void>((resolve) => { process.on('disconnect', resolve); });
    process.exit(0);
  },
};
