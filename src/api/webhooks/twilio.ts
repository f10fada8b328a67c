import express, { Router } from 'express';
import MessagingResponse from 'twilio/lib/twiml/MessagingResponse';
import { z } from 'zod';
import { methodNotAllowed } from '../errors';
import { readBody, readQuery } from '../requests';
import { wishOf } from './keywords';
import { reminderId } from './reminderId';
import type { Contacts } from '../../temporal/contacts';
import type { Reminders } from '../../temporal/reminders';
import { signedByTwilio } from './twilioSignature';
import { OPTED_OUT, receiptOf } from './twilioStatus';

const BODY_LIMIT = '64kb';

const phone = z.string().regex(/^\+[1-9]\d{6,14}$/);

// A parameter that is repeated is a list, and refused. A reminder that nobody knows is passed over.
const statusQuery = z.object({ reminderId: z.string().optional() });
const statusForm = z.object({ MessageStatus: z.string(), ErrorCode: z.string().optional(), To: z.string().optional() });
const incomingForm = z.object({
  From: z.string(),
  Body: z.string().default(''),
  OptOutType: z.string().optional(),
  MessageSid: z.string().max(64).optional(),
});

/** Twilio's rules for senders: who writes, and how to make it stop. It fits into one segment of 160 characters. */
const HELP =
  'Cuddle-a-tron sends reminders that someone set up for this number. Reply STOP to get no more, START to get them again.';

/**
 * `/webhooks/twilio/status`: what became of a text message. `/webhooks/twilio/incoming`: what people answered. Both are
 * signed by Twilio.
 */
export function twilioRouter(
  authToken: string,
  publicUrl: string | undefined,
  reminders: Reminders,
  contacts: Contacts,
): Router {
  const router = Router();
  const form = express.urlencoded({ limit: BODY_LIMIT, extended: false });
  const signed = signedByTwilio(authToken, publicUrl);

  router.post('/webhooks/twilio/status', form, signed, async (request, response) => {
    const id = reminderId.safeParse(readQuery(request, statusQuery).reminderId);
    const { MessageStatus, ErrorCode, To } = readBody(request, statusForm);
    const receipt = receiptOf(MessageStatus, ErrorCode, new Date());
    const optedOut = ErrorCode === OPTED_OUT ? phone.safeParse(To).data : undefined;
    await Promise.all([
      id.success && receipt && reminders.record(id.data, receipt),
      optedOut !== undefined && contacts.stop('sms', optedOut, 'The person has opted out by replying STOP.'),
    ]);
    response.status(204).end();
  });

  router.post('/webhooks/twilio/incoming', form, signed, async (request, response) => {
    const { From, Body, OptOutType, MessageSid } = readBody(request, incomingForm);
    const from = phone.safeParse(From).data;
    // Twilio tells what it took a message for where it has answered it itself (Advanced Opt-Out), maybe in other languages.
    const wish = wishOf(OptOutType ?? Body);
    if (from !== undefined && wish === 'STOP') await contacts.stop('sms', from, 'The person has replied STOP.');
    if (from !== undefined && wish === 'START') await contacts.resume('sms', from, MessageSid);
    const answer = new MessagingResponse();
    if (wish === 'HELP' && OptOutType === undefined) answer.message(HELP);
    response.type('text/xml').send(answer.toString());
  });

  for (const path of ['/webhooks/twilio/status', '/webhooks/twilio/incoming'])
    router.all(path, methodNotAllowed('POST'));
  return router;
}
