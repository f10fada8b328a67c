import { once } from 'node:events';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';

export const twilioAccount = {
  accountSid: 'AC00000000000000000000000000000001',
  authToken: 'a-token-that-nobody-may-see',
};

/** Settings with which text messages stay on their way: at their provider nobody answers. */
export const unreachableTwilio = {
  TWILIO_ACCOUNT_SID: `AC${'0'.repeat(32)}`,
  TWILIO_AUTH_TOKEN: 'secret',
  TWILIO_FROM: '+15005550006',
  TWILIO_BASE_URL: 'http://127.0.0.1:1',
};

/** A message as Twilio's list shows it, as far as anyone here looks at it. */
export interface TwilioMessage {
  sid: string;
  to: string;
  body: string | null;
  status: string;
  direction: string;
  date_created: string | null;
  /** Null while it is queued. */
  date_sent: string | null;
  error_code: number | null;
}

export interface FakeTwilio {
  url: string;
  /** Every message that was created, oldest first. */
  messages: TwilioMessage[];
  /** What was asked for, each time that messages were listed. */
  asked: URLSearchParams[];
  /** Answers that a message was created, which it is by then. */
  confirm: (response: ServerResponse, message: TwilioMessage) => void;
  /** Answers a question for messages: with a list, if this is not set. */
  list: ((response: ServerResponse) => void) | undefined;
  stop: () => Promise<void>;
}

/** Twilio, with messages that can be created and listed as its documentation has it: newest first, in pages. */
export async function startTwilio(): Promise<FakeTwilio> {
  const { accountSid, authToken } = twilioAccount;
  const path = `/2010-04-01/Accounts/${accountSid}/Messages.json`;
  const authorization = `Basic ${Buffer.from(`${accountSid}:${authToken}`).toString('base64')}`;

  const server = createServer((request, response) => {
    void text(request).then((body) => {
      const { pathname, searchParams } = new URL(request.url ?? '', twilio.url);
      if (request.headers.authorization !== authorization) answer(response, 401, { code: 20003, status: 401 });
      else if (pathname !== path) answer(response, 404, { code: 20404, status: 404 });
      else if (request.method === 'POST') create(new URLSearchParams(body), response);
      else listed(searchParams, response);
    });
  });

  function create(fields: URLSearchParams, response: ServerResponse): void {
    const message = twilioMessage(twilio.messages.length, fields.get('To') ?? '', fields.get('Body') ?? '');
    twilio.messages.push(message);
    twilio.confirm(response, message);
  }

  function listed(query: URLSearchParams, response: ServerResponse): void {
    twilio.asked.push(query);
    if (twilio.list) {
      twilio.list(response);
      return;
    }
    const size = Number(query.get('PageSize') ?? 50);
    const page = Number(query.get('Page') ?? 0);
    const sentOn = query.get('DateSent') ?? query.get('DateSent>') ?? query.get('DateSent<');
    const found = twilio.messages
      .filter(({ to, date_sent }) => to === query.get('To') && (sentOn === null || date_sent !== null))
      .reverse();
    const uri = (number: number) => {
      const at = new URLSearchParams(query);
      at.set('Page', String(number));
      if (number > 0) at.set('PageToken', `PA${found[number * size - 1]?.sid ?? ''}`);
      return `${path}?${at.toString()}`;
    };
    answer(response, 200, {
      first_page_uri: uri(0),
      next_page_uri: (page + 1) * size < found.length ? uri(page + 1) : null,
      previous_page_uri: page > 0 ? uri(page - 1) : null,
      uri: uri(page),
      page,
      page_size: size,
      start: page * size,
      end: Math.min((page + 1) * size, found.length) - 1,
      messages: found.slice(page * size, (page + 1) * size),
    });
  }

  const twilio: FakeTwilio = {
    url: '',
    messages: [],
    asked: [],
    confirm: (response, message) => {
      answer(response, 201, message);
    },
    list: undefined,
    stop: async () => {
      server.close();
      server.closeAllConnections();
      await once(server, 'close');
    },
  };
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo; // It listens on a port, not on a path.
  twilio.url = `http://127.0.0.1:${port}`;
  return twilio;
}

/** A message that has just been queued, with all that Twilio documents of one. */
export function twilioMessage(number: number, to: string, body: string): TwilioMessage {
  const sid = `SM${number.toString(16).padStart(32, '0')}`;
  const uri = `/2010-04-01/Accounts/${twilioAccount.accountSid}/Messages/${sid}`;
  const now = new Date().toUTCString().replace('GMT', '+0000');
  return Object.assign(
    {
      account_sid: twilioAccount.accountSid,
      api_version: '2010-04-01',
      date_updated: now,
      error_message: null,
      from: '+15555550199',
      messaging_service_sid: null,
      num_media: '0',
      num_segments: '1',
      price: null,
      price_unit: 'USD',
      subresource_uris: { media: `${uri}/Media.json` },
      uri: `${uri}.json`,
    },
    {
      sid,
      to,
      body,
      status: 'queued',
      direction: 'outbound-api',
      date_created: now,
      date_sent: null,
      error_code: null,
    },
  );
}

/** In ASCII alone, which makes an answer as long as it can be. */
function answer(response: ServerResponse, status: number, body: unknown): void {
  const escape = (unit: string) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`;
  const json = JSON.stringify(body).replace(/[\u0080-\uffff]/g, escape);
  response.writeHead(status, { 'content-type': 'application/json' }).end(json);
}
