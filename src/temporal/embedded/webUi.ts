/**
 * What stands before the server's Web UI, which would tell everything to whoever asks: a hostile page that rebinds a name of
 * its own to this machine could read all workflows.
 */
import { randomInt } from 'node:crypto';
import { createServer, request as httpRequest, type IncomingMessage, type ServerResponse } from 'node:http';
import { pipeline } from 'node:stream/promises';
import { hostnameOf, isUnrebindable } from '../../hostname';
import { holdPort, listen } from './ports';

/** Where the server's own Web UI listens, behind the door. */
export interface HiddenWebUi {
  ip: string;
  port: number;
}

export interface WebUiDoor {
  /** The port that people reach the Web UI at. */
  port: number;
  close: () => Promise<void>;
}

/**
 * Chooses where the Web UI itself shall listen, so that no page finds it beside its door. Linux answers at any of 16 million
 * loopback addresses; macOS answers at one, where only the number of the port is not known.
 */
export async function hideWebUi(): Promise<HiddenWebUi> {
  const { port, release } = await holdPort(0, 'TEMPORAL_UI_PORT');
  await release();
  const ip = `127.${randomInt(1, 255)}.${randomInt(1, 255)}.${randomInt(1, 255)}`;
  return { ip: process.platform === 'linux' ? ip : '127.0.0.1', port };
}

/**
 * Opens a door to the Web UI, for requests that call this machine `localhost` or by an IP address.
 *
 * @param port - 0 means any that is free.
 * @throws {StartError} when the port is taken.
 */
export async function openWebUiDoor(port: number, hidden: HiddenWebUi): Promise<WebUiDoor> {
  const server = createServer((request, response) => {
    if (isUnrebindable(hostnameOf(request.headers.host))) passOn(request, response, hidden);
    else answer(response, 421, 'The Temporal Web UI does not go by that name.');
  });
  return {
    port: await listen(server, port, 'TEMPORAL_UI_PORT'),
    close: () =>
      new Promise((resolve) => {
        server.close(() => {
          resolve();
        });
        server.closeAllConnections();
      }),
  };
}

function passOn(request: IncomingMessage, response: ServerResponse, { ip, port }: HiddenWebUi): void {
  const { method, url: path, headers } = request;
  const onward = httpRequest({ host: ip, port, method, path, headers });
  onward.on('response', (answered) => {
    response.writeHead(answered.statusCode ?? 502, answered.headers);
    // One of the two may be gone half-way: then so is the other.
    pipeline(answered, response).catch(() => undefined);
  });
  onward.on('error', () => {
    answer(response, 502, 'The Temporal Web UI does not answer.');
  });
  response.on('close', () => onward.destroy());
  request.pipe(onward);
}

function answer(response: ServerResponse, status: number, text: string): void {
  if (response.headersSent) return;
  response.writeHead(status, { 'Content-Type': 'text/plain; charset=utf-8' }).end(`${text}\n`);
}
