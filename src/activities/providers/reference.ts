/** The mark by which a message can be recognised at a provider that gives its id only in an answer that may get lost. */
import { createHash } from 'node:crypto';
import type { Channel } from '../../reminder';

/** Digits and letters that are not taken for each other, as in Crockford's Base32; all of them are in GSM-7. */
const ALPHABET = '0123456789abcdefghjkmnpqrstvwxyz';

const LENGTH = 8;

/** The same 8 characters for each attempt of a delivery; those of any two deliveries differ, but for one in 2^40. */
export function referenceOf(reminderId: string, channel: Channel): string {
  const hash = createHash('sha256').update(`${channel} ${reminderId}`).digest().subarray(0, LENGTH);
  return Array.from(hash, (byte) => ALPHABET.charAt(byte % ALPHABET.length)).join('');
}
