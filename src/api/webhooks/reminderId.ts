import { z } from 'zod';

/** The id of a reminder as it comes back from a provider. What no reminder can be called never reaches Temporal. */
export const reminderId = z.string().regex(/^[\w:.-]{1,255}$/);
