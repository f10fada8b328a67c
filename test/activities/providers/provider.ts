/** A provider at the end of a real wire, whose answers a test writes; and what is expected of a failed attempt. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders, type ServerResponse } from 'node:http';
import { createServer as createTcpServer, type AddressInfo, type Server, type Socket } from 'node:net';
import type { TestContext } from 'node:test';
import { text } from 'node:stream/consumers';
import { inspect } from 'node:util';
import { gzipSync } from 'node:zlib';
import { ApplicationFailure } from '@temporalio/activity';
import { MockActivityEnvironment } from '@temporalio/testing';
import { DefaultLogger } from '@temporalio/worker';
import {
  createActivities,
  type Activities,
  type ActivityDependencies,
  type SendRequest,
} from '../../../src/activities';
import type { FailureDetails, FailureKind } from '../../../src/activities/failure';
import type { Acceptance } from '../../../src/reminder';

/** An answer, given once the whole request was read. */
export type Answer = (response: ServerResponse) => void;

export interface Received {
  method: string | undefined;
  path: string | undefined;
  headers: IncomingHttpHeaders;
  body: string;
}

export interface FakeProvider {
  url: string;
  /** How many there have been. */
  connections: number;
  received: Received[];
}

/** Starts a provider that gives one answer to everything, until the test ends. */
export async function startProvider(t: TestContext, answer: Answer): Promise<FakeProvider> {
  const received: Received[] = [];
  const server = createServer((request, response) => {
    void text(request).then((body) => {
      received.push({ method: request.method, path: request.url, headers: request.headers, body });
      answer(response);
    });
  });
  const provider = { url: '', connections: 0, received };
  server.on('connection', () => provider.connections++);
  t.after(() => {
    server.closeAllConnections();
    server.close();
  });
  provider.url = `http://127.0.0.1:${await listen(server)}`;
  return provider;
}

/** Starts a server below HTTP, until the test ends. */
export async function startTcpServer(t: TestContext, onConnection: (socket: Socket) => void): Promise<number> {
  const sockets = new Set<Socket>();
  const server = createTcpServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => undefined);
    onConnection(socket);
  });
  t.after(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return listen(server);
}

async function listen(server: Server): Promise<number> {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return (server.address() as AddressInfo).port;
}

/** A port of this machine that nobody listens on. */
export async function closedPort(): Promise<number> {
  const server = createTcpServer();
  const port = await listen(server);
  server.close();
  await once(server, 'close');
  return port;
}

export function json(status: number, body: unknown, headers: Record<string, string> = {}): Answer {
  return (response) => {
    response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(body));
  };
}

/** What can go wrong on a wire after the provider has read the request, and what is then known. */
export const brokenAnswers: Record<string, { answer: Answer; type: FailureKind; message: RegExp }> = {
  'no answer': {
    answer: () => undefined,
    type: 'MaybeSent',
    message: /did not answer in time, so .* may have been sent/,
  },
  'a reset': {
    answer: (response) => response.socket?.resetAndDestroy(),
    type: 'MaybeSent',
    message: /\(ECONNRESET\), so .* may have been sent/,
  },
  'an answer cut short': {
    answer: (response) => {
      response.writeHead(200, { 'content-length': '100' });
      response.write('{"sid": ', () => response.destroy());
    },
    type: 'MaybeSent',
    message: /may have been sent/,
  },
  'a refusal cut short': {
    answer: (response) => {
      response.writeHead(503, { 'content-length': '100' });
      response.write('{"errors": ', () => response.destroy());
    },
    type: 'Unavailable',
    message: /is out of order \(HTTP 503\)/,
  },
  'an answer that grows without end when it is unpacked': {
    answer: (response) => {
      const packed = gzipSync(Buffer.alloc(5_000_000));
      response.writeHead(200, { 'content-type': 'application/json', 'content-encoding': 'gzip' }).end(packed);
    },
    type: 'MaybeSent',
    message: /did not answer clearly \(ERR_BAD_RESPONSE\), so .* may have been sent/,
  },
  'an answer that never ends': {
    answer: (response) => {
      const drip = setInterval(() => response.write('.'), 10);
      response.on('close', () => {
        clearInterval(drip);
      });
    },
    type: 'MaybeSent',
    message: /did not answer in time, so .* may have been sent/,
  },
  'the page of a captive portal': {
    answer: (response) => {
      response.writeHead(200, { 'content-type': 'text/html' }).end('<!doctype html><title>Log in to Wi-Fi</title>');
    },
    type: 'Unavailable',
    message: /did not answer as it should \(HTTP 200\)/,
  },
  'a redirect to itself': {
    answer: (response) => {
      response.writeHead(307, { location: response.req.url }).end();
    },
    type: 'Unavailable',
    message: /did not answer as it should \(HTTP 307\)/,
  },
  'an internal error': { answer: json(500, {}), type: 'Unavailable', message: /is out of order \(HTTP 500\)/ },
  'a gateway that gave up': { answer: json(504, {}), type: 'Unavailable', message: /is out of order \(HTTP 504\)/ },
  'an answer that is no JSON': {
    answer: (response) => {
      response.writeHead(400, { 'content-type': 'application/json' }).end('<html>');
    },
    type: 'Rejected',
    message: /rejected .* \(HTTP 400\)/,
  },
};

const unused = () => Promise.reject(new Error('This transport is not under test.'));

/** The activities, for contacts that want everything, but for what is said otherwise. */
export function activitiesOver(dependencies: Partial<ActivityDependencies>): Activities {
  return createActivities({
    email: unused,
    sms: unused,
    receiptsForMs: { email: undefined, sms: undefined },
    admit: () => Promise.resolve(),
    admitQuestion: () => Promise.resolve(),
    stopPage: () => Promise.resolve(undefined),
    confirmPage: (contactId, secret) => `/confirm/${contactId}?key=${secret}`,
    optOut: () => Promise.resolve(),
    ...dependencies,
  });
}

/** Sends through one transport, as an activity does. */
export function send(dependencies: Partial<ActivityDependencies>, request: SendRequest): Promise<Acceptance> {
  const activities = activitiesOver(dependencies);
  const environment = new MockActivityEnvironment({}, { logger: new DefaultLogger('ERROR') });
  return environment.run(dependencies.email ? activities.sendEmail : activities.sendSms, request);
}

/** Waits for an attempt to fail, and makes sure that its failure tells nothing that must stay private. */
export async function failureOf(attempt: Promise<unknown>, secrets: string[]): Promise<ApplicationFailure> {
  const failure = await attempt.then(
    () => assert.fail('The attempt succeeded.'),
    (error: unknown) => error,
  );
  assert(failure instanceof ApplicationFailure, inspect(failure));
  const told = inspect(failure, { depth: Infinity, showHidden: true }) + (failure.stack ?? '');
  for (const secret of secrets) assert(!told.includes(secret), `The failure tells ${secret}: ${told}`);
  assert.equal(failure.cause, undefined);
  assert.equal(failure.nonRetryable, true, 'the workflow tries again, not Temporal');
  assert.match(failure.message, /^[A-Z][^\n]*\.$/);
  return failure;
}

/** How long the provider wants us to wait at least, in milliseconds. */
export function retryAfterMs({ details }: ApplicationFailure): number | undefined {
  const [detail] = (details ?? []) as [FailureDetails?]; // What the activities put there.
  return detail?.retryAfterMs;
}
