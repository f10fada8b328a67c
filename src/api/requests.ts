/** How requests are read: every way in which one can be wrong ends in a `Refusal` that names the fields. */
import type { Request } from 'express';
import type { z } from 'zod';
import { idempotencyKey } from './schemas';
import { Refusal, type FieldError } from './problem';

/**
 * The body of a request, JSON or an HTML form, checked by a schema.
 *
 * @throws {Refusal} 415 for another media type, 422 with each wrong field.
 */
export function readBody<Schema extends z.ZodType>(request: Request, schema: Schema): z.infer<Schema> {
  if (request.is(['json', 'urlencoded']) === false) {
    throw new Refusal(
      415,
      'The body must be JSON (application/json) or an HTML form (application/x-www-form-urlencoded).',
    );
  }
  const parsed = schema.safeParse(request.body ?? {});
  if (!parsed.success) throw refusalOf(422, parsed.error);
  return parsed.data;
}

/** The query of a request, checked by a schema. @throws {Refusal} 400 with each wrong parameter. */
export function readQuery<Schema extends z.ZodType>(request: Request, schema: Schema): z.infer<Schema> {
  const parsed = schema.safeParse(request.query);
  if (!parsed.success) throw refusalOf(400, parsed.error);
  return parsed.data;
}

/** The `Idempotency-Key` header, if there is one. @throws {Refusal} 400 if it is empty or too long. */
export function readIdempotencyKey(request: Request): string | undefined {
  const header = request.get('Idempotency-Key');
  if (header === undefined) return undefined;
  const parsed = idempotencyKey.safeParse(header);
  if (parsed.success) return parsed.data;
  throw refusalOf(400, parsed.error, 'Idempotency-Key');
}

function refusalOf(status: number, error: z.ZodError, name?: string): Refusal {
  const errors = error.issues.flatMap((issue) => fieldErrorsOf(issue, name));
  return new Refusal(status, errors.map(({ field, detail }) => `${field} ${detail}`).join('; ') + '.', errors);
}

function fieldErrorsOf(issue: z.core.$ZodIssue, name = 'body'): FieldError[] {
  if (issue.code === 'unrecognized_keys') return issue.keys.map((field) => ({ field, detail: 'is not a known field' }));
  return [{ field: issue.path.length > 0 ? issue.path.join('.') : name, detail: issue.message }];
}
