/** `/webhooks`: where providers report what became of messages, and what people answered. */
import type { KeyObject } from 'node:crypto';
import { Router } from 'express';
import { sendgridRouter } from './sendgrid';
import type { Contacts, Receipts } from './sinks';
import { twilioRouter } from './twilio';

/** What it takes to believe a provider. The webhooks of one that is not set up are not there. */
export interface WebhookKeys {
  /** SendGrid's verification key: ECDSA, P-256. */
  sendgridPublicKey: KeyObject | undefined;
  /** Twilio signs with the account's auth token. */
  twilioAuthToken: string | undefined;
}

export interface WebhookDependencies extends WebhookKeys {
  receipts: Receipts;
  contacts: Contacts;
}

/** @param publicUrl - where providers call this server, if that is not where it listens. */
export function webhooksRouter(
  { sendgridPublicKey, twilioAuthToken, receipts, contacts }: WebhookDependencies,
  publicUrl: string | undefined,
): Router {
  const router = Router();
  if (sendgridPublicKey) router.use(sendgridRouter(sendgridPublicKey, receipts, contacts));
  if (twilioAuthToken !== undefined) router.use(twilioRouter(twilioAuthToken, publicUrl, receipts, contacts));
  return router;
}
