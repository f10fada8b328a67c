import { Router } from 'express';
import type { Reminders } from '../temporal/reminders';
import { methodNotAllowed } from './errors';

/** `/healthz`: this process is alive. `/readyz`: it can do its work, because Temporal answers; 503 while it does not. */
export function healthRouter(reminders: Reminders): Router {
  const router = Router();
  router.get('/healthz', (_request, response) => {
    response.json({ status: 'ok' });
  });
  router.get('/readyz', async (_request, response) => {
    await reminders.check();
    response.json({ status: 'ok' });
  });
  for (const path of ['/healthz', '/readyz']) router.all(path, methodNotAllowed('GET', 'HEAD'));
  return router;
}
