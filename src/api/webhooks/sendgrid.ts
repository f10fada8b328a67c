import type { KeyObject } from 'node:crypto';
import express, { Router, type Request } from 'express';
import { methodNotAllowed } from '../errors';
import { Refusal } from '../problem';
import { reportOf, type Report } from './sendgridEvent';
import { isSignedBySendgrid } from './sendgridSignature';
import type { Contacts } from '../../temporal/contacts';
import type { Reminders } from '../../temporal/reminders';

/** SendGrid sends what has come together when it is 768 kB, or 30 s old. */
const BODY_LIMIT = '1mb';

/** How many reports of a batch are passed on at a time. */
const AT_ONCE = 50;

/**
 * `/webhooks/sendgrid/events`: SendGrid's Event Webhook, signed. SendGrid sends a batch again for a day until it is answered
 * with 2xx.
 */
export function sendgridRouter(key: KeyObject, reminders: Reminders, contacts: Contacts): Router {
  const router = Router();

  // As the signature is over the bytes that came, they are neither unpacked nor read as text before it is checked.
  const rawBody = express.raw({ type: 'application/json', limit: BODY_LIMIT, inflate: false });
  router.post('/webhooks/sendgrid/events', rawBody, async (request, response) => {
    const reports = readEvents(request, key).map(reportOf);
    for (let start = 0; start < reports.length; start += AT_ONCE) {
      await Promise.all(reports.slice(start, start + AT_ONCE).map(passOn));
    }
    response.status(204).end();
  });
  router.all('/webhooks/sendgrid/events', methodNotAllowed('POST'));

  async function passOn({ receipt, stop }: Report): Promise<void> {
    await Promise.all([
      receipt && reminders.record(receipt.reminderId, receipt.receipt),
      stop && contacts.stop('email', stop.address, stop.reason),
    ]);
  }

  return router;
}

/** The events of a request. @throws {Refusal} 415, 403 for one that SendGrid did not sign, 400 for one that is no list. */
function readEvents(request: Request, key: KeyObject): unknown[] {
  if (!request.is('json')) throw new Refusal(415, 'Events must be JSON (application/json).');
  const body: unknown = request.body;
  const signed = {
    signature: request.get('X-Twilio-Email-Event-Webhook-Signature') ?? '',
    timestamp: request.get('X-Twilio-Email-Event-Webhook-Timestamp') ?? '',
    body: Buffer.isBuffer(body) ? body : Buffer.alloc(0),
  };
  if (!isSignedBySendgrid(key, signed)) {
    throw new Refusal(403, 'SendGrid did not sign this a moment ago: check SENDGRID_WEBHOOK_PUBLIC_KEY and the clock.');
  }
  const events = parse(signed.body);
  if (!Array.isArray(events)) throw new Refusal(400, 'The body is not a JSON array of events.');
  return events;
}

function parse(body: Buffer): unknown {
  try {
    return JSON.parse(body.toString('utf8'));
  } catch {
    return undefined;
  }
}
