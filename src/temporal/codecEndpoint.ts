/** Where Temporal's own tools, the Web UI and the CLI, have payloads decrypted: its address is its key. */
import { hkdfSync } from 'node:crypto';
import type { PayloadCodec } from '@temporalio/common';
import type { EncryptionKey } from '../config';
import { createPayloadCodec } from './codec';

export interface CodecEndpoint {
  /** The part of its address that nobody can guess. */
  secret: string;
  codec: PayloadCodec;
  /** The origins of the Web UI, whose pages may read its answers. */
  origins: ReadonlySet<string>;
}

/** 128 bits. */
const SECRET_BYTES = 16;

/**
 * The endpoint that goes with the keys; none without any.
 *
 * @param uiUrl - where the Web UI is, if that is known.
 */
export function createCodecEndpoint(
  keys: readonly EncryptionKey[],
  uiUrl: string | undefined,
): CodecEndpoint | undefined {
  const secret = secretOf(keys);
  return secret === undefined ? undefined : { secret, codec: createPayloadCodec(keys), origins: originsOf(uiUrl) };
}

/** The path of the endpoint, the same at each start, to which Temporal's tools add `/decode` and `/encode`. */
export function codecPath(keys: readonly EncryptionKey[]): string | undefined {
  const secret = secretOf(keys);
  return secret && `/codec/${secret}`;
}

/** Derived by HKDF with SHA-256 (RFC 5869) from the key that encrypts. */
function secretOf([key]: readonly EncryptionKey[]): string | undefined {
  return key && Buffer.from(hkdfSync('sha256', key, '', 'codec endpoint', SECRET_BYTES)).toString('base64url');
}

/** A Web UI on this machine goes by two names. */
function originsOf(uiUrl: string | undefined): ReadonlySet<string> {
  if (uiUrl === undefined) return new Set();
  const { origin, hostname } = new URL(uiUrl);
  const names = ['127.0.0.1', 'localhost'];
  return new Set(names.includes(hostname) ? names.map((name) => origin.replace(hostname, name)) : [origin]);
}
