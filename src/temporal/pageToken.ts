import { createHash } from 'node:crypto';

/** The page token was not handed out by a list. */
export class InvalidPageToken extends Error {
  override name = 'InvalidPageToken';
}

const CHECKSUM_BYTES = 4;

/**
 * A page token of Temporal as text, with a checksum over it and the query that it goes on with: Temporal takes time to find
 * out that a token is none, and does not find out that it belongs to another query.
 */
export function encodePageToken(token: Uint8Array, query: string): string {
  return Buffer.concat([checksum(token, query), token]).toString('base64url');
}

/** @throws {InvalidPageToken} */
export function decodePageToken(text: string, query: string): Uint8Array {
  const bytes = Buffer.from(text, 'base64url');
  const token = bytes.subarray(CHECKSUM_BYTES);
  if (token.length === 0 || !bytes.subarray(0, CHECKSUM_BYTES).equals(checksum(token, query)))
    throw new InvalidPageToken();
  return token;
}

function checksum(token: Uint8Array, query: string): Buffer {
  return createHash('sha256').update(query).update(token).digest().subarray(0, CHECKSUM_BYTES);
}
