import { Router } from 'express';
import type { OutboxFilter } from '../outbox';
import type { OutboxMessage } from '../reminder';
import type { Access } from './access';
import { methodNotAllowed } from './errors';
import { readQuery } from './requests';
import { outboxQuery } from './schemas';

/** `/api/outbox`: the messages that went nowhere else, because no provider is set up, newest first. */
export function outboxRouter(listOutbox: (filter: OutboxFilter) => Promise<OutboxMessage[]>, access: Access): Router {
  const router = Router();
  router.get('/api/outbox', async (request, response) => {
    const filter = readQuery(request, outboxQuery);
    if (filter.reminderId === undefined) access.toAll(request);
    else await access.toReminder(request, filter.reminderId);
    response.json(await listOutbox(filter));
  });
  router.all('/api/outbox', methodNotAllowed('GET', 'HEAD'));
  return router;
}
