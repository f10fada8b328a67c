/** The transports that keep messages on this machine while no provider is set up. */
import { outboxDir, putInOutbox } from '../../outbox';
import type { OutboxMessage } from '../../reminder';
import { SendError } from '../failure';
import type { Accepted, EmailTransport, SmsTransport } from './transport';

/** Keeps emails in the outbox below `dataDir`. */
export function outboxEmail(dataDir: string): EmailTransport {
  return ({ reminderId, to, subject, text, html }) =>
    keep(dataDir, { reminderId, to, subject, text, html, channel: 'email', at: new Date().toISOString() });
}

/** Keeps text messages in the outbox below `dataDir`. */
export function outboxSms(dataDir: string): SmsTransport {
  return ({ reminderId, to, text }) =>
    keep(dataDir, { reminderId, to, text, channel: 'sms', at: new Date().toISOString() });
}

async function keep(dataDir: string, message: Omit<OutboxMessage, 'id'>): Promise<Accepted> {
  try {
    return { providerId: await putInOutbox(outboxDir(dataDir), message) };
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw new SendError('Unavailable', `The outbox could not be written (${code ?? 'unknown error'}): check DATA_DIR.`);
  }
}
