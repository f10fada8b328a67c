/** The remote codec that Temporal's Web UI and CLI ask: `POST /codec/<secret>/decode` and `…/encode`. */
import type { Payload } from '@temporalio/common';
import express, { Router, type RequestHandler } from 'express';
import { z } from 'zod';
import { UnreadablePayload } from '../temporal/codec';
import type { CodecEndpoint } from '../temporal/codecEndpoint';
import { methodNotAllowed } from './errors';
import { Refusal } from './problem';
import { equal } from './secrets';

/** Above the largest message of Temporal's, 4 MB, in base64. */
const BODY_LIMIT = '8mb';

/** Bytes as protobuf's JSON has them: base64 of either alphabet, padded or not. */
const bytes = z
  .string()
  .regex(/^[\w+/-]*={0,2}$/)
  .transform((text) => Buffer.from(text, 'base64'));

const payloads = z.object({
  payloads: z.array(z.object({ metadata: z.record(z.string(), bytes).default({}), data: bytes.optional() })),
});

/**
 * The endpoint, which stands before the guards of everything else: whoever knows its secret may ask, other than pages that
 * are not the Web UI's. At another secret there is nothing.
 */
export function codecRouter({ secret, codec, origins }: CodecEndpoint): Router {
  const router = Router();
  router.use('/codec/:secret', ({ params }, _response, next) => {
    next(equal(params.secret, secret) ? undefined : 'router');
  });
  router.use('/codec', forOrigins(origins), express.json({ limit: BODY_LIMIT }));
  for (const operation of ['encode', 'decode'] as const) {
    const path = `/codec/:secret/${operation}`;
    router.post(path, async (request, response) => {
      response.json(toJson(await codec[operation](fromJson(request.body)).catch(refuse)));
    });
    router.all(path, methodNotAllowed('POST'));
  }
  return router;
}

/** Lets pages of these origins ask and read (CORS), and no others. Programs other than browsers send no origin. */
function forOrigins(origins: ReadonlySet<string>): RequestHandler {
  return ({ method, headers: { origin } }, response, next) => {
    response.set({ Vary: 'Origin', 'Cache-Control': 'no-store' });
    if (origin !== undefined) {
      if (!origins.has(origin)) throw new Refusal(403, 'Only the Temporal Web UI may ask here.');
      response.set('Access-Control-Allow-Origin', origin);
    }
    if (method !== 'OPTIONS') {
      next();
      return;
    }
    response
      .set({
        'Access-Control-Allow-Methods': 'POST',
        'Access-Control-Allow-Headers': 'Authorization, Content-Type, X-Namespace',
      })
      .sendStatus(204);
  };
}

function fromJson(body: unknown): Payload[] {
  const parsed = payloads.safeParse(body);
  if (parsed.success) return parsed.data.payloads;
  throw new Refusal(400, 'The body must be JSON: {"payloads": [{"metadata": {…}, "data": "…"}]} with bytes in base64.');
}

function toJson(decoded: Payload[]) {
  const base64 = (bytes: Uint8Array | null | undefined) => Buffer.from(bytes ?? []).toString('base64');
  return {
    payloads: decoded.map(({ metadata, data }) => ({
      metadata: Object.fromEntries(Object.entries(metadata ?? {}).map(([name, value]) => [name, base64(value)])),
      data: base64(data),
    })),
  };
}

function refuse(error: unknown): never {
  throw error instanceof UnreadablePayload ? new Refusal(400, `${error.message}.`) : error;
}
