/** Which transport a message takes is a matter of the settings alone. */
import type { Config } from '../../config';
import { outboxEmail, outboxSms } from './outbox';
import { SENDGRID_TRIES_FOR_MS, sendgridEmail } from './sendgrid';
import { smtpEmail } from './smtp';
import type { EmailTransport, ReceiptTimes, SmsTransport } from './transport';
import { TWILIO_TRIES_FOR_MS, twilioSms } from './twilio';

/** The transports that the settings choose, and for how long their providers may report, in milliseconds, if they do. */
export function createTransports({
  email,
  sms,
  dataDir,
  webhooks,
}: Pick<Config, 'email' | 'sms' | 'dataDir' | 'webhooks'>): {
  email: EmailTransport;
  sms: SmsTransport;
  receiptsForMs: ReceiptTimes;
} {
  const sendgridReports = email.kind === 'sendgrid' && webhooks.sendgridPublicKey !== undefined;
  const twilioReports = sms.kind === 'twilio' && sms.statusCallback !== undefined;
  return {
    email: emailTransport(email, dataDir, sendgridReports),
    sms: smsTransport(sms, dataDir),
    receiptsForMs: {
      email: sendgridReports ? SENDGRID_TRIES_FOR_MS : undefined,
      sms: twilioReports ? TWILIO_TRIES_FOR_MS : undefined,
    },
  };
}

function emailTransport(config: Config['email'], dataDir: string, reportsBack: boolean): EmailTransport {
  switch (config.kind) {
    case 'outbox':
      return outboxEmail(dataDir);
    case 'sendgrid':
      return sendgridEmail(config, { reportsBack });
    case 'smtp':
      return smtpEmail(config);
  }
}

function smsTransport(config: Config['sms'], dataDir: string): SmsTransport {
  switch (config.kind) {
    case 'outbox':
      return outboxSms(dataDir);
    case 'twilio':
      return twilioSms(config);
  }
}
