import { Router } from 'express';
import type { Reminders } from '../temporal/reminders';
import { methodNotAllowed } from './errors';

/** For how long an answer of Temporal is good for others who ask, in milliseconds. */
const FRESH_MS = 1_000;

/** `/healthz`: this process is alive. `/readyz`: it can do its work, because Temporal answers; 503 while it does not. */
export function healthRouter(reminders: Pick<Reminders, 'check'>): Router {
  const router = Router();
  let answer: Promise<void> | undefined;

  router.get('/healthz', (_request, response) => {
    response.json({ status: 'ok' });
  });
  // Anyone may ask as often as they like: Temporal is asked once at a time, and a second later at the earliest once more.
  router.get('/readyz', async (_request, response) => {
    answer ??= reminders.check().finally(() => setTimeout(() => (answer = undefined), FRESH_MS).unref());
    await answer;
    response.json({ status: 'ok' });
  });
  for (const path of ['/healthz', '/readyz']) router.all(path, methodNotAllowed('GET', 'HEAD'));
  return router;
}
