import { createHash } from 'node:crypto';

/** The page token was not handed out by a list. */
export class InvalidPageToken extends Error {
  override name = 'InvalidPageToken';
}

const CHECKSUM_BYTES = 4;

/** A page token of Temporal as text, with a checksum: Temporal takes time to find out that a token is none. */
export function encodePageToken(token: Uint8Array): string {
  return Buffer.concat([checksum(token), token]).toString('base64url');
}

/** @throws {InvalidPageToken} */
export function decodePageToken(text: string): Uint8Array {
  const bytes = Buffer.from(text, 'base64url');
  const token = bytes.subarray(CHECKSUM_BYTES);
  if (!bytes.subarray(0, CHECKSUM_BYTES).equals(checksum(token))) throw new InvalidPageToken();
  return token;
}

function checksum(token: Uint8Array): Buffer {
  return createHash('sha256').update(token).digest().subarray(0, CHECKSUM_BYTES);
}
