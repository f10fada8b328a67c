import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';
import { simpleParser, type ParsedMail } from 'mailparser';
import { SMTPServer, type SMTPServerOptions } from 'smtp-server';

export interface HoldingMailServer {
  port: number;
  /** How many emails it has read. */
  sent: number;
  /** Each accepts an email that was read, and is waited for. */
  held: (() => void)[];
  stop: () => Promise<void>;
}

/** A mail server that reads each email, and accepts it only when it is let go. */
export async function startHoldingMailServer(): Promise<HoldingMailServer> {
  const held: (() => void)[] = [];
  const server = new SMTPServer({
    authOptional: true,
    disabledCommands: ['STARTTLS'],
    onData: (stream, _session, accept) => {
      stream.resume().on('end', () => {
        mail.sent++;
        held.push(accept);
      });
    },
  });
  server.listen(0, '127.0.0.1');
  await once(server.server, 'listening');
  const stop = () =>
    new Promise<void>((resolve) => {
      server.close(resolve);
    });
  const { port } = server.server.address() as AddressInfo; // It listens on a port, not on a path.
  const mail = { port, sent: 0, held, stop };
  return mail;
}

export interface MailServer {
  url: string;
  /** Ends all connections. */
  hangUp: () => void;
  received: { from: string; to: string[]; mail: ParsedMail }[];
}

/** Starts a real SMTP server, until the test ends. */
export async function startMailServer(
  t: { after: (stop: () => void) => void },
  options: SMTPServerOptions = {},
): Promise<MailServer> {
  const received: MailServer['received'] = [];
  const server = new SMTPServer({
    hideSTARTTLS: true,
    authOptional: true,
    allowInsecureAuth: true,
    onAuth: ({ username }, _session, done) => {
      done(null, { user: username });
    },
    onData(stream, { envelope }, done) {
      void buffer(stream)
        .then((raw) => simpleParser(raw))
        .then((mail) => {
          const from = envelope.mailFrom === false ? '' : envelope.mailFrom.address;
          received.push({ from, to: envelope.rcptTo.map(({ address }) => address), mail });
          done();
        });
    },
    ...options,
  });
  server.on('error', () => undefined);
  const hangUp = () => {
    for (const connection of server.connections) connection.close();
  };
  t.after(() => {
    hangUp();
    server.close();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return { url: `smtp://127.0.0.1:${(server.server.address() as AddressInfo).port}`, hangUp, received };
}
