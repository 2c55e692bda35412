import type { Protocol } from '../message';
import type { Client } from './client';
import { GrpcClient } from './grpc-client';
import { HttpClient } from './http-client';
import { TcpClient } from './tcp-client';

export { type Client, FORGOTTEN } from './client';

export function clientOf(protocol: Protocol, host: string): Client {
  switch (protocol) {
    case 'http': return new HttpClient(host);
    case 'grpc': return new GrpcClient(host);
    case 'tcp': return new TcpClient();
  }
}
