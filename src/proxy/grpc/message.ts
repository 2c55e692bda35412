/** A message as it stands in a body: a byte that says that it is not compressed, its length, and itself. */
export function framedMessage(message: Buffer): Buffer {
  const prefix = Buffer.alloc(5);
  prefix.writeUInt32BE(message.length, 1);
  return Buffer.concat([prefix, message]);
}
