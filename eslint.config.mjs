import js from '@eslint/js';
import { createNodeResolver, importX } from 'eslint-plugin-import-x';
import tseslint from 'typescript-eslint';

/** Forbids files below `target` to import from the folders `from`, except what is listed in `except`. */
const layer = (target, from, message) => ({ target, from, message });

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
            layer(
              './src/workflows',
              ['./src/api', './src/worker', './src/temporal', './src/config.ts', './src/main.ts', './src/outbox.ts'],
              'Workflows import only reminder.ts, asl/ and activity types.',
            ),
            layer(
              './src/activities',
              ['./src/api', './src/worker', './src/workflows', './src/main.ts'],
              'Activities know nothing of the API, nor of who calls them.',
            ),
            layer(
              './src/api',
              ['./src/activities', './src/worker', './src/main.ts'],
              'The API reaches activities only through workflows.',
            ),
            layer(
              './src/asl',
              './src/!(asl)/**',
              'The States Language engine is pure: it imports nothing of the project.',
            ),
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
