/** Emails through SendGrid's Mail Send API (v3), by its own library. */
import { Client } from '@sendgrid/client';
import { MailService } from '@sendgrid/mail';
import { z } from 'zod';
import type { EmailTransportConfig } from '../../config';
import { noAnswer, refusal, type Provider } from './http';
import { settle } from './settle';
import { ATTEMPT_TIMEOUT_MS, MAX_ANSWER_BYTES, unsubscribeHeaders, type EmailTransport } from './transport';

const SENDGRID: Provider = {
  name: 'SendGrid',
  message: 'the email',
  credentials: 'the API key',
  credentialSettings: 'SENDGRID_API_KEY and EMAIL_FROM',
  addressSetting: 'SENDGRID_BASE_URL',
};

/** SendGrid answers 202, and nothing else, to an email that it accepts. */
const ACCEPTED = 202;

/** For how long SendGrid keeps trying to deliver an email, in milliseconds: three days. */
export const SENDGRID_TRIES_FOR_MS = 72 * 60 * 60_000;

/** How long the receipt of an email may take, in milliseconds. */
const RECEIPT_WAIT_MS = 2 * 60_000;

/**
 * Sends emails through SendGrid. The id of a message is its `X-Message-Id`.
 *
 * SendGrid cannot be asked for an email. Where it `reportsBack`, by its event webhook, an attempt after a doubtful one
 * first leaves time for a receipt, which makes it needless.
 */
export function sendgridEmail(
  { apiKey, baseUrl, from }: Extract<EmailTransportConfig, { kind: 'sendgrid' }>,
  { reportsBack, timeoutMs = ATTEMPT_TIMEOUT_MS }: { reportsBack: boolean; timeoutMs?: number },
): EmailTransport {
  const client = new BoundedClient(timeoutMs);
  client.setApiKey(apiKey);
  // In this order: setting the key resets the address.
  if (baseUrl !== undefined) client.setDefaultRequest('baseUrl', baseUrl);
  const mail = new MailService();
  mail.setClient(client);

  return async (email) => {
    const { reminderId, to, subject, text, html, doubt } = email;
    if (reportsBack && doubt) {
      settle(doubt.until, RECEIPT_WAIT_MS, 'SendGrid may have the email already, and its receipt is waited for.');
    }
    const [answer] = await mail
      .send({
        from,
        // Custom arguments come back in SendGrid's events; headers go to the recipient.
        personalizations: [
          { to: { email: to }, customArgs: { reminder_id: reminderId }, headers: unsubscribeHeaders(email) },
        ],
        subject,
        text,
        html,
        // A reminder between people is nobody else's business.
        trackingSettings: { clickTracking: { enable: false, enableText: false }, openTracking: { enable: false } },
      })
      .catch((error: unknown) => {
        throw noAnswer(SENDGRID, error);
      });
    const headers = answer.headers as Record<string, unknown>;
    if (answer.statusCode !== ACCEPTED) throw refusal(SENDGRID, answer.statusCode, headers, wrongField(answer.body));
    const messageId = headers['x-message-id'];
    return { providerId: typeof messageId === 'string' ? messageId : reminderId };
  };
}

/** A client of SendGrid that gives up in time, follows no redirect, and takes each answer for an answer. */
class BoundedClient extends Client {
  constructor(private readonly timeoutMs: number) {
    super();
  }

  override createRequest(data: Parameters<Client['createRequest']>[0]) {
    const request = super.createRequest(data);
    return Object.assign(request, {
      // A connection that was kept may have died unseen: what is lost on it would count as maybe sent.
      headers: { ...request.headers, Connection: 'close' },
      maxContentLength: MAX_ANSWER_BYTES,
      // Unlike a time-out of the socket, this bounds an answer that comes byte by byte.
      signal: AbortSignal.timeout(this.timeoutMs),
      maxRedirects: 0,
      validateStatus: () => true,
    });
  }
}

const errorBody = z.object({ errors: z.tuple([z.object({ field: z.string().regex(/^[\w.-]{1,64}$/) })], z.unknown()) });

/** Which field SendGrid did not like, by its path in the request: a name of its own, never a value of ours. */
function wrongField(body: unknown): string | undefined {
  return errorBody.safeParse(body).data?.errors[0].field;
}
