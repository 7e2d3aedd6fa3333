'use strict';
// Swagger UI on our own document; nothing is asked of anybody else (its validator would be).
window.ui = window.SwaggerUIBundle({
  url: '/api/openapi.json',
  dom_id: '#api',
  deepLinking: true,
  docExpansion: 'list',
  defaultModelsExpandDepth: 0,
  defaultModelExpandDepth: 2,
  displayRequestDuration: true,
  filter: true,
  showCommonExtensions: true,
  validatorUrl: null,
  persistAuthorization: false,
});
