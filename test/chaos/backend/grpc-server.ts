/** Calls of gRPC with one message each, answered with one. It sends GOAWAY on a connection as often as it is told to, and when it ends. */
import { createServer, ServerHttp2Session, ServerHttp2Stream } from 'node:http2';
import { framed } from '../../../src/cli/stand-in/call';
import { answerTo, GRPC_SERVICE, messageIn, POD_FIELD } from '../message';
import type { Backend, BackendServer } from './server';

const PREFIX = `/${GRPC_SERVICE}/`;
const HEALTH = framed('\x08\x01');

export function grpcServer({ pod, manner, execute }: Backend): BackendServer {
  const sessions = new Map<ServerHttp2Session, { calls: number }>();

  const respond = (stream: ServerHttp2Stream, message: Buffer): void => {
    if (stream.destroyed) return;
    stream.respond({ 'content-type': 'application/grpc', [POD_FIELD]: pod }, { waitForTrailers: true });
    stream.on('wantTrailers', () => stream.sendTrailers({ 'grpc-status': '0' }));
    stream.end(message);
  };

  const server = createServer();
  server.on('session', (session) => {
    sessions.set(session, { calls: 0 });
    session.on('close', () => sessions.delete(session)).on('error', () => undefined);
  });
  server.on('stream', (stream, fields) => {
    const body: Buffer[] = [];
    const session = stream.session as ServerHttp2Session;
    stream.on('error', () => undefined).on('data', (chunk: Buffer) => body.push(chunk));
    stream.on('end', () => {
      const path = fields[':path']!;
      const id = messageIn(Buffer.concat(body));
      if (!path.startsWith(PREFIX) || id === undefined) return respond(stream, HEALTH);
      const seen = sessions.get(session);
      const { goawayAfter = Infinity } = manner();
      // Streams that are open are answered; newer ones are told that nobody has seen them.
      if (seen && ++seen.calls >= goawayAfter) session.close();
      execute(path.slice(PREFIX.length), id, () => respond(stream, framed(answerTo(id))));
    });
  });
  return { server: server as unknown as BackendServer['server'], drain: () => { for (const session of sessions.keys()) session.close(); } };
}
