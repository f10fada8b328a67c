/** Which transport a message takes is a matter of the settings alone. */
import type { Config } from '../../config';
import { outboxEmail, outboxSms } from './outbox';
import { sendgridEmail } from './sendgrid';
import { smtpEmail } from './smtp';
import type { EmailTransport, SmsTransport } from './transport';
import { twilioSms } from './twilio';

/** The transports that the settings choose. */
export function createTransports({
  email,
  sms,
  dataDir,
  webhooks,
}: Pick<Config, 'email' | 'sms' | 'dataDir' | 'webhooks'>): {
  email: EmailTransport;
  sms: SmsTransport;
} {
  return {
    email: emailTransport(email, dataDir, webhooks.sendgridPublicKey !== undefined),
    sms: smsTransport(sms, dataDir),
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
