/**
 * The payload codec: all that Temporal keeps of a reminder is encrypted here, on its way out, and decrypted on its way in.
 */
import { createCipheriv, createDecipheriv, createHash, randomBytes } from 'node:crypto';
import type { Payload, PayloadCodec } from '@temporalio/common';
import { temporal } from '@temporalio/proto';
import type { EncryptionKey } from '../config';

const PayloadMessage = temporal.api.common.v1.Payload;

const ENCODING = 'binary/encrypted';
const CIPHER = 'aes-256-gcm';
/** The nonce is random: with 96 bits, one key is good for 2³² payloads (NIST SP 800-38D, section 8.3). */
const NONCE_BYTES = 12;
const TAG_BYTES = 16;

/** A payload is encrypted, and cannot be read here. Nothing is lost: with the right key it can. */
export class UnreadablePayload extends Error {
  override name = 'UnreadablePayload';
}

/**
 * Encrypts payloads whole, with their own metadata, by AES-256-GCM; the id of the key stands beside them, and is
 * authenticated with them. Payloads that are not encrypted, from before there was a key, are passed on as they are.
 *
 * @param keys - the first encrypts, all decrypt. Without any, nothing is encrypted.
 * @returns a codec whose `decode` throws `UnreadablePayload`.
 */
export function createPayloadCodec(keys: readonly EncryptionKey[]): PayloadCodec {
  const byId = new Map(keys.map((key) => [keyIdOf(key), key]));
  const [current] = keys;
  return {
    encode: (payloads) => Promise.resolve(current ? payloads.map((payload) => encrypt(payload, current)) : payloads),
    decode: (payloads) =>
      Promise.resolve(payloads).then((all) => all.map((each) => (isEncrypted(each) ? decrypt(each, byId) : each))),
  };
}

/** What a key is called where it is used: it tells nothing of the key. */
function keyIdOf(key: EncryptionKey): string {
  return createHash('sha256').update('key id').update(key).digest('hex').slice(0, 12);
}

function encrypt(payload: Payload, key: EncryptionKey): Payload {
  const keyId = keyIdOf(key);
  const nonce = randomBytes(NONCE_BYTES);
  const cipher = createCipheriv(CIPHER, key, nonce).setAAD(authenticatedData(keyId));
  const text = PayloadMessage.encode(payload).finish();
  const data = Buffer.concat([nonce, cipher.update(text), cipher.final(), cipher.getAuthTag()]);
  return { metadata: { encoding: Buffer.from(ENCODING), 'encryption-key-id': Buffer.from(keyId) }, data };
}

function isEncrypted({ metadata }: Payload): boolean {
  return textOf(metadata?.encoding) === ENCODING;
}

function decrypt({ metadata, data }: Payload, keys: ReadonlyMap<string, EncryptionKey>): Payload {
  const keyId = textOf(metadata?.['encryption-key-id']);
  const key = keys.get(keyId);
  if (!key) {
    throw new UnreadablePayload(
      `ENCRYPTION_KEY lacks the key with the id ${printable(keyId)}, which this was encrypted with`,
    );
  }
  const bytes = Buffer.from(data ?? []);
  try {
    const decipher = createDecipheriv(CIPHER, key, bytes.subarray(0, NONCE_BYTES), { authTagLength: TAG_BYTES })
      .setAAD(authenticatedData(keyId))
      .setAuthTag(bytes.subarray(Math.max(bytes.length - TAG_BYTES, NONCE_BYTES)));
    const text = [decipher.update(bytes.subarray(NONCE_BYTES, -TAG_BYTES)), decipher.final()];
    return PayloadMessage.decode(Buffer.concat(text));
  } catch (cause) {
    throw new UnreadablePayload(`What was encrypted with the key ${keyId} has been changed since`, { cause });
  }
}

/** The metadata that stand beside the encrypted bytes. */
function authenticatedData(keyId: string): Buffer {
  return Buffer.from(`${ENCODING} ${keyId}`);
}

function textOf(bytes: Uint8Array | null | undefined): string {
  return Buffer.from(bytes ?? []).toString();
}

/** The id of an unknown key may be anything that someone has written there. */
function printable(keyId: string): string {
  return /^[0-9a-f]{12}$/.test(keyId) ? keyId : 'of another program';
}
