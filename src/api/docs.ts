import { dirname } from 'node:path';
import express, { Router } from 'express';
import { methodNotAllowed } from './errors';
import type { OpenApiDocument } from './openapi';
import { webDir } from './pages';

/** `/api/openapi.json`: the contract. `/api/docs`: the same, to read and to try. */
export function docsRouter(document: OpenApiDocument): Router {
  const router = Router();
  router.get('/api/openapi.json', (_request, response) => {
    response.json(document);
  });
  router.get('/api/docs', (_request, response) => {
    response.sendFile('docs.html', { root: webDir });
  });
  for (const path of ['/api/openapi.json', '/api/docs']) router.all(path, methodNotAllowed('GET', 'HEAD'));
  router.use('/api/docs', express.static(dirname(require.resolve('swagger-ui-dist/package.json')), { index: false }));
  return router;
}
