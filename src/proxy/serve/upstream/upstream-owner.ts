/** Who waits for the response to a request that is on its way to endpoints. */
import type { BodyListener, RequestCarrier } from '../../cluster/carrier';
import type { ResponseHead } from '../../http1/response-head';
import type { Refusal } from '../exchange/refusal';

/** Gets the response and its body. Buffers are valid during a call only. */
export interface UpstreamOwner extends BodyListener {
  onInterim(buffer: Buffer, head: ResponseHead): void;
  /** @returns whether it has taken the socket, by `detach` */
  onSwitch(carrier: RequestCarrier, buffer: Buffer, head: ResponseHead, rest: Buffer): boolean;
  /** The head of the response that counts. The carrier is the owner's from now on: what is left of the request goes to it. */
  onResponseHead(carrier: RequestCarrier, buffer: Buffer, head: ResponseHead, body: Buffer, complete: boolean): void;
  /** There will be no response. */
  onGivenUp(refusal: Refusal): void;
}
