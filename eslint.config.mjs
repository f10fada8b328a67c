import js from '@eslint/js';
import { createNodeResolver, importX } from 'eslint-plugin-import-x';
import tseslint from 'typescript-eslint';

/** Lets the files of a folder of `src` import only what is named, beside what is in the folder itself. */
const layer = (folder, ...except) => ({
  target: `./src/${folder}`,
  from: './src',
  except: [folder, ...except].map((path) => `./${path}`),
  message: `What src/${folder} may import is listed in eslint.config.mjs.`,
});

/** The words of the domain, and what every program is made of. */
const words = ['reminder.ts', 'contact.ts'];
const programs = ['config.ts', 'program.ts', 'startError.ts', 'hostname.ts', 'loopback.ts'];

export default tseslint.config(
  { ignores: ['dist/', '.data/', 'node_modules/'] },
  js.configs.recommended,
  {
    files: ['src/**/*.ts', 'test/**/*.ts'],
    extends: [...tseslint.configs.strictTypeChecked, ...tseslint.configs.stylisticTypeChecked],
    languageOptions: { parserOptions: { projectService: true } },
    plugins: { 'import-x': importX },
    settings: {
      'import-x/resolver-next': [createNodeResolver({ extensions: ['.ts', '.js', '.json'] })],
      'import-x/parsers': { '@typescript-eslint/parser': ['.ts'] },
    },
    rules: {
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true }],
      'import-x/no-cycle': 'error',
      'import-x/no-restricted-paths': [
        'error',
        {
          zones: [
            layer('asl'),
            layer('workflows', ...words, 'asl', 'activities'),
            layer('activities', ...words, 'config.ts', 'outbox.ts', 'html.ts', 'smsDestination.ts'),
            layer('temporal', ...words, ...programs, 'workflows'),
            layer('api', ...words, ...programs, 'temporal', 'address.ts', 'outbox.ts', 'html.ts', 'smsDestination.ts'),
            layer('forget', ...words, ...programs, 'temporal', 'address.ts', 'outbox.ts'),
            layer('worker', ...words, ...programs, 'temporal', 'activities', 'workflows'),
          ],
        },
      ],
    },
  },
  {
    files: ['src/workflows/**/*.ts'],
    rules: {
      '@typescript-eslint/no-restricted-imports': [
        'error',
        {
          patterns: [
            {
              regex: '^(?!\\.|@temporalio/(workflow|common)$)',
              message: 'Workflows run in a sandbox: only @temporalio/workflow and @temporalio/common.',
            },
            {
              regex: '/activities',
              allowTypeImports: true,
              message: 'Workflows import the types of activities, never the activities.',
            },
          ],
        },
      ],
    },
  },
  {
    files: ['web/**/*.js'],
    languageOptions: {
      sourceType: 'module',
      globals: Object.fromEntries(
        [
          'document',
          'window',
          'location',
          'history',
          'navigator',
          'fetch',
          'console',
          'crypto',
          'CSS',
          'URL',
          'URLSearchParams',
          'Intl',
          'FormData',
          'AbortController',
          'setTimeout',
          'clearTimeout',
          'setInterval',
          'clearInterval',
          'matchMedia',
          'requestAnimationFrame',
          'cancelAnimationFrame',
          'HTMLElement',
          'customElements',
          'DOMParser',
          'localStorage',
          'sessionStorage',
        ].map((name) => [name, 'readonly']),
      ),
    },
  },
  {
    files: ['test/**/*.ts'],
    rules: {
      // node:test collects the promises of `test` and `describe` itself.
      '@typescript-eslint/no-floating-promises': [
        'error',
        {
          allowForKnownSafeCalls: [
            {
              from: 'package',
              name: ['test', 'it', 'describe', 'suite', 'before', 'after', 'beforeEach', 'afterEach'],
              package: 'node:test',
            },
          ],
        },
      ],
    },
  },
);
