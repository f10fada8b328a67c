/** Emails through any SMTP server, by nodemailer. */
import { createHash } from 'node:crypto';
import { createTransport, type NodemailerError } from 'nodemailer';
import type { EmailTransportConfig } from '../../config';
import { SendError } from '../failure';
import { ATTEMPT_TIMEOUT_MS, unsubscribeHeaders, type EmailTransport } from './transport';

/** Sends emails through the SMTP server of `url`. The id of a message is its `Message-ID`. */
export function smtpEmail(
  { url, from }: Extract<EmailTransportConfig, { kind: 'smtp' }>,
  timeoutMs = ATTEMPT_TIMEOUT_MS,
): EmailTransport {
  return async (email) => {
    const { reminderId, to, subject, text, html } = email;
    let writtenWhole = false;
    const transporter = createTransport({ url, disableFileAccess: true, disableUrlAccess: true });
    transporter.use('stream', (mail, done) => {
      mail.message.processFunc((stream) => stream.once('end', () => (writtenWhole = true)));
      done();
    });
    try {
      const { messageId } = await transporter.sendMail({
        from,
        // As an object it is one address, whatever it holds.
        to: { name: '', address: to },
        subject,
        text,
        html,
        messageId: messageIdOf(`${reminderId} ${text}`, from),
        // RFC 3834: keeps holiday replies away.
        headers: { 'Auto-Submitted': 'auto-generated', ...unsubscribeHeaders(email) },
        signal: AbortSignal.timeout(timeoutMs),
      });
      return { providerId: messageId };
    } catch (error) {
      throw failureOf(error, writtenWhole);
    }
  };
}

/** The same for each attempt to say the same, so that mailboxes can drop a double (RFC 5322, section 3.6.4). */
function messageIdOf(message: string, from: string): string {
  const left = createHash('sha256').update(message).digest('hex').slice(0, 32);
  const domain = /@([^\s@<>]+)>?\s*$/.exec(from)?.[1] ?? 'localhost';
  return `<${left}.email@${domain}>`;
}

/** What the server refuses at these is not the message but its sender, which a person can set right. */
const ABOUT_US = ['CONN', 'EHLO', 'HELO', 'STARTTLS', 'MAIL FROM'];

/** Nothing but codes of an SMTP error is passed on: its message repeats the recipient. */
function failureOf(error: unknown, writtenWhole: boolean): SendError {
  if (!isNodemailerError(error)) throw error;
  const { code, originalCode, responseCode, permanent, command } = error;
  if (responseCode !== undefined && permanent !== true) {
    return new SendError('Unavailable', `The mail server did not take the email for now (reply ${responseCode}).`);
  }
  const reason = responseCode === undefined ? (originalCode ?? code) : `reply ${responseCode}`;
  // 530: "authentication required" (RFC 4954, section 6).
  if (code === 'EAUTH' || responseCode === 530) {
    return new SendError('Unauthorized', `The mail server refused the user or password (${reason}): check SMTP_URL.`);
  }
  if (responseCode !== undefined && command !== undefined && ABOUT_US.includes(command)) {
    return new SendError('Unauthorized', `The mail server refused us (${reason}): check SMTP_URL and EMAIL_FROM.`);
  }
  if (permanent === true || code === 'EENVELOPE' || code === 'EMESSAGE') {
    return new SendError('Rejected', `The mail server rejected the email (${reason}).`);
  }
  const how = code === 'EABORT' ? 'in time' : `clearly (${reason})`;
  if (writtenWhole) {
    return new SendError('MaybeSent', `The mail server did not answer ${how}, so the email may have been sent.`);
  }
  return new SendError('Unavailable', `The mail server did not answer ${how}: check SMTP_URL.`);
}

function isNodemailerError(error: unknown): error is NodemailerError & { code: string } {
  return error instanceof Error && 'code' in error && typeof error.code === 'string';
}
