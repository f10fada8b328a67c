/** What the API refuses, and how it says so: RFC 9457 problem details, which name the fields that are wrong. */

/** One thing that is wrong with one field of the request. */
export interface FieldError {
  /** The name of the field, parameter or header. */
  field: string;
  /** What is wrong, in one sentence. */
  detail: string;
}

/** A problem details object (RFC 9457). */
export interface Problem {
  type: string;
  title: string;
  status: number;
  detail: string;
  errors?: FieldError[];
}

const titles: Record<number, string> = {
  400: 'Bad Request',
  401: 'Unauthorized',
  403: 'Forbidden',
  404: 'Not Found',
  405: 'Method Not Allowed',
  409: 'Conflict',
  412: 'Precondition Failed',
  413: 'Content Too Large',
  415: 'Unsupported Media Type',
  416: 'Range Not Satisfiable',
  421: 'Misdirected Request',
  422: 'Unprocessable Content',
  429: 'Too Many Requests',
  500: 'Internal Server Error',
  503: 'Service Unavailable',
};

/** A request that is refused. It is thrown, and the error handler answers it. */
export class Refusal extends Error {
  override name = 'Refusal';
  readonly problem: Problem;

  /**
   * @param status - the HTTP status.
   * @param detail - what is wrong and what to do, in one sentence for a person.
   */
  constructor(
    readonly status: number,
    detail: string,
    errors?: FieldError[],
    readonly headers: Record<string, string> = {},
  ) {
    super(detail);
    this.problem = { type: 'about:blank', title: titles[status] ?? 'Error', status, detail, ...(errors && { errors }) };
  }
}
