import { Router } from 'express';
import type { OutboxFilter } from '../outbox';
import type { OutboxMessage } from '../reminder';
import { methodNotAllowed } from './errors';
import { readQuery } from './requests';
import { outboxQuery } from './schemas';

/** `/api/outbox`: the messages that went nowhere else, because no provider is set up, newest first. */
export function outboxRouter(listOutbox: (filter: OutboxFilter) => Promise<OutboxMessage[]>): Router {
  const router = Router();
  router.get('/api/outbox', async (request, response) => {
    response.json(await listOutbox(readQuery(request, outboxQuery)));
  });
  router.all('/api/outbox', methodNotAllowed('GET', 'HEAD'));
  return router;
}
