import { verify, type KeyObject } from 'node:crypto';

/** How far SendGrid's clock and ours may differ, in seconds, so that what was overheard cannot be sent again later. */
const WINDOW_SECONDS = 5 * 60;

export interface SignedBody {
  /** Base64 of an ASN.1 DER signature, as the header says it. */
  signature: string;
  /** Unix time in seconds, as the header says it. */
  timestamp: string;
  /** The bytes of the body as they came. */
  body: Buffer;
}

/**
 * Whether SendGrid has signed a body a moment ago: ECDSA with SHA-256 over the timestamp and the bytes of the body
 * (SendGrid's "Signed Event Webhook"). False, and nothing else, for whatever is malformed.
 */
export function isSignedBySendgrid(key: KeyObject, { signature, timestamp, body }: SignedBody): boolean {
  if (!/^\d{1,12}$/.test(timestamp) || !/^[\w+/-]{1,200}={0,2}$/.test(signature)) return false;
  if (Math.abs(Date.now() / 1000 - Number(timestamp)) > WINDOW_SECONDS) return false;
  const signed = Buffer.concat([Buffer.from(timestamp), body]);
  return verify('sha256', signed, key, Buffer.from(signature, 'base64'));
}
