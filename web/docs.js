/* global SwaggerUIBundle -- the library's own global, from swagger-ui-bundle.js */
SwaggerUIBundle({ url: '/api/openapi.json', dom_id: '#docs', deepLinking: true, validatorUrl: null });
