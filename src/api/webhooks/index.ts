/** `/webhooks`: where providers report what became of messages, and what people answered. */
import type { KeyObject } from 'node:crypto';
import { Router } from 'express';
import type { Contacts } from '../../temporal/contacts';
import type { Reminders } from '../../temporal/reminders';
import { sendgridRouter } from './sendgrid';
import { twilioRouter } from './twilio';

/** What it takes to believe a provider. The webhooks of one that is not set up are not there. */
export interface WebhookKeys {
  /** SendGrid's verification key: ECDSA, P-256. */
  sendgridPublicKey: KeyObject | undefined;
  /** Twilio signs with the account's auth token. */
  twilioAuthToken: string | undefined;
}

/** @param publicUrl - where providers call this server, if that is not where it listens. */
export function webhooksRouter(
  { sendgridPublicKey, twilioAuthToken }: WebhookKeys,
  reminders: Reminders,
  contacts: Contacts,
  publicUrl: string | undefined,
): Router {
  const router = Router();
  if (sendgridPublicKey) router.use(sendgridRouter(sendgridPublicKey, reminders, contacts));
  if (twilioAuthToken !== undefined) router.use(twilioRouter(twilioAuthToken, publicUrl, reminders, contacts));
  return router;
}
