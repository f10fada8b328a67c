import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { SMTPServer } from 'smtp-server';

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
