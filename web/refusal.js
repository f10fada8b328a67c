/** @typedef {{field: string, detail: string}} FieldError */

/** The API did not do what it was asked. `message` is a sentence for a person. */
export class Refusal extends Error {
  /**
   * @param {string} message
   * @param {{status?: number, errors?: FieldError[]}} [more] `status` is the HTTP status; without one, no answer came.
   */
  constructor(message, { status, errors = [] } = {}) {
    super(message);
    this.name = 'Refusal';
    this.status = status;
    this.errors = errors;
  }
}

/**
 * For what is refused where nobody sees all reminders.
 *
 * @param {unknown} error
 * @returns {undefined} When it is that; else the error is thrown again.
 */
export function noList(error) {
  if (error instanceof Refusal && error.status === 403) return undefined;
  throw error;
}
