'use strict';
// How the server reaches the sandbox in place of its partners.

/** The variables of each partner as the sandbox answers to them. */
function partners({ port, amqpPort }) {
  const url = `http://127.0.0.1:${port}`;
  const nav = (endpoint) => `${url}/nav/${endpoint}/WS/${endpoint.toUpperCase()}/Codeunit/OmsIntegration`;
  return [
    { SFCC_URL: `${url}/sfcc`, SFCC_CLIENT_ID: 'sandbox-client', SFCC_CLIENT_SECRET: 'sandbox-secret' },
    {
      NAV_URL_US: nav('us'),
      NAV_URL_EMEA: nav('emea'),
      NAV_URL_WRITEON: nav('writeon'),
      NAV_URL_JAPAN: nav('japan'),
      NAV_DOMAIN: 'PSCORP',
      NAV_USERNAME: 'oms',
      NAV_PASSWORD: 'sandbox-nav',
      NAV_USERNAME_EMEA: 'oms-emea',
      NAV_PASSWORD_EMEA: 'sandbox-nav-emea',
      NAV_USERNAME_WRITEON: 'oms-writeon',
      NAV_PASSWORD_WRITEON: 'sandbox-nav-writeon',
      NAV_DOMAIN_JAPAN: 'PSJAPAN',
      NAV_USERNAME_JAPAN: 'oms-japan',
      NAV_PASSWORD_JAPAN: 'sandbox-nav-japan',
    },
    { CAMEL_URL: `${url}/camel`, CAMEL_SUBSCRIPTION_KEY: 'sandbox-subscription-key', CAMEL_USERNAME: 'oms', CAMEL_PASSWORD: 'sandbox-camel' },
    {
      SERVICE_BUS_HOST: '',
      SERVICE_BUS_CONNECTION_STRING: `Endpoint=sb://127.0.0.1:${amqpPort};SharedAccessKeyName=oms;SharedAccessKey=sandbox-key;UseDevelopmentEmulator=true`,
      SERVICE_BUS_TOPIC: 'fulfillment-events',
      SERVICE_BUS_SUBSCRIPTION: 'oms',
      SERVICE_BUS_EVENTS_TOPIC: 'order-events',
      SERVICE_BUS_PRINT_TOPIC: 'int-prod-order-update-bs',
      SERVICE_BUS_BATCHING_TOPIC: 'int-prod-batching-update-oms',
      SERVICE_BUS_BATCHING_SUBSCRIPTION: 'oms',
    },
  ];
}

const isEndpoint = (variable) => /_(URL|URL_[A-Z]+|CONNECTION_STRING|HOST)$/.test(variable);

/** The variables of every partner that has no real endpoint. A partner is real or in the sandbox as a whole, never half of each. */
function sandboxVariables(ports, env = process.env) {
  const isReal = (variables) => Object.keys(variables).some((variable) => isEndpoint(variable) && env[variable]);
  return Object.assign({}, ...partners(ports).filter((variables) => !isReal(variables)));
}

module.exports = { sandboxVariables };
