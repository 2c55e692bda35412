/** Requests of HTTP/1.1, on connections that are kept. */
import { Agent, request } from 'node:http';
import { Agent as TlsAgent, request as tlsRequest } from 'node:https';
import { codeOf, messageOf } from '../../command-line/errors';
import { Answer, Ask, failureOf, Sender, TIMEOUT_MS, trustIn } from './sender';

export class Http1Sender implements Sender {
  private readonly agent: Agent;

  constructor(private readonly isSecure: boolean, trusted: string | undefined) {
    const kept = { keepAlive: true, maxSockets: Infinity, maxFreeSockets: 1024 };
    this.agent = isSecure ? new TlsAgent({ ...kept, ...trustIn(trusted) }) : new Agent(kept);
  }

  send({ target, host, path, headers }: Ask, settle: (answer: Answer) => void): void {
    let settled = false;
    const settleOnce = (answer: Answer): void => {
      if (!settled) settle(answer);
      settled = true;
    };
    const sent = (this.isSecure ? tlsRequest : request)({
      host: target.address, port: target.port, servername: host, path, agent: this.agent, timeout: TIMEOUT_MS, headers: { ...headers, host },
    }, (response) => {
      const { headers: fields } = response;
      response.resume();
      response.on('end', () => settleOnce({ headers: fields, failure: response.complete ? failureOf(response.statusCode ?? 0, fields) : 'answer cut off' }));
      response.on('error', () => settleOnce({ headers: fields, failure: 'answer cut off' }));
    });
    sent.on('timeout', () => sent.destroy(new Error(`no answer in ${TIMEOUT_MS / 1000} s`)));
    sent.on('error', (error) => settleOnce({ headers: {}, failure: codeOf(error) || messageOf(error) }));
    sent.end();
  }

  close(): void {
    this.agent.destroy();
  }
}
