/** What Twilio's status callbacks say. */
import type { Receipt } from '../../reminder';

const STATUSES = new Map<string, Receipt['status']>([
  ['queued', 'sent'],
  ['accepted', 'sent'],
  ['sending', 'sent'],
  ['sent', 'sent'],
  ['delivered', 'delivered'],
  ['read', 'delivered'],
  ['undelivered', 'failed'],
  ['failed', 'failed'],
  ['canceled', 'failed'],
]);

/** Why carriers do not deliver (Twilio's error and warning dictionary). */
const REASONS = new Map([
  ['21610', 'the person has opted out by replying STOP'],
  ['30001', 'too many messages were waiting to be sent'],
  ['30002', 'the account is suspended'],
  ['30003', 'the phone is switched off or out of reach'],
  ['30004', 'the person or the carrier blocks it'],
  ['30005', 'the phone number is unknown or no longer in use'],
  ['30006', 'the phone number is a landline, or its carrier is out of reach'],
  ['30007', 'it was filtered out as spam'],
  ['30008', 'the carrier does not say why'],
  ['30032', 'the toll-free sender is not verified'],
  ['30034', 'the sender is not registered with the carriers of the US (A2P 10DLC)'],
]);

/** The person has opted out: everything to this number would end so. */
export const OPTED_OUT = '21610';

/** The receipt that a message's status stands for, if it is one that a reminder cares about. */
export function receiptOf(messageStatus: string, errorCode: string | undefined, at: Date): Receipt | undefined {
  const status = STATUSES.get(messageStatus);
  if (status === undefined) return undefined;
  return {
    channel: 'sms',
    status,
    at: at.toISOString(),
    ...(status === 'failed' && { reason: reasonOf(errorCode) }),
  };
}

function reasonOf(code = ''): string {
  const known = REASONS.get(code);
  if (known !== undefined) return `Twilio could not deliver the text message (${code}): ${known}.`;
  return `Twilio could not deliver the text message${/^\d{5}$/.test(code) ? ` (code ${code})` : ''}.`;
}
