import { Router, type RequestHandler } from 'express';
import { collectDefaultMetrics, Histogram, Registry } from 'prom-client';
import { methodNotAllowed } from './errors';

/** Metrics for Prometheus: of this process, and of every request by method, route and status. */
export function createMetrics() {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  const duration = new Histogram({
    name: 'http_request_duration_seconds',
    help: 'Time from the request to the end of its answer, in seconds.',
    labelNames: ['method', 'route', 'status'],
    registers: [registry],
  });

  const measure: RequestHandler = (request, response, next) => {
    const stop = duration.startTimer();
    response.once('close', () => {
      // The route's pattern, never its address: an address holds the id of a reminder.
      const route = request.route as { path: string } | undefined;
      stop({
        method: request.method,
        route: route?.path ?? 'none',
        status: response.statusCode,
      });
    });
    next();
  };

  const router = Router();
  router.get('/metrics', async (_request, response) => {
    response.type(registry.contentType).send(await registry.metrics());
  });
  router.all('/metrics', methodNotAllowed('GET', 'HEAD'));

  return { measure, router };
}
